"""From a value to steps: a graph walked once, breadth first, running no code of the value's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from callbox.values import statics
from callbox.values.exact.allow import Allow
from callbox.values.exact.kinds import Deferred, Eager, Kind, Row, kind_of
from callbox.values.exact.objects import find_object_kind
from callbox.values.exact.order import sort_key
from callbox.values.exact.references import CONSTANT
from callbox.values.exact.scalars import ATOM_IDS, FLOAT_ID, SCALAR_PACKERS, are_plain_atoms, careful_atom, quick_atom
from callbox.values.exact.wire import FillTag, Limits, Raw, Ref, pack, seal
from callbox.values.paths import Link
from callbox.values.refusal import RefusalError, RefusedPartError
from callbox.values.statics import identity

Constants: TypeAlias = Mapping[int, tuple[str, str]]
_FINGERPRINT_BYTES = 16
_FEW = 16
"""Up to so many parts, looking at each beats asking first whether all are atoms."""
_WAITS, _IS_OPEN, _IS_FILLED, _IS_WHOLE = range(4)
"""What is filled may hold what still waits; what is whole does not."""


def encode(
    value: Any,
    *,
    allow: Iterable[str] = (),
    name: str = "value",
    limits: Limits | None = None,
    constants: Constants | None = None,
) -> bytes:
    """Encode a value exactly: types, aliasing, cycles and order kept.

    Args:
        value: anything; `docs/values.md` lists what can be encoded.
        allow: `pickle:module.Class` globs of classes whose instances may be pickled.
        name: what paths in errors begin with, e.g. `args`.
        limits: how large it may be.
        constants: module and qualified name, by identity, of what is named rather than copied.

    Returns:
        Bytes for `decode`; equal values give equal bytes.

    Raises:
        RefusalError: the value has a part that cannot be encoded; a `CaptureError` with its path and the reason.
    """
    return seal(_encode_body(value, Allow.of(allow), name, limits or Limits(), constants or {}))


def fingerprint(value: Any, *, allow: Iterable[str] = (), name: str = "value") -> str:
    """Return a hash of a value's exact content, 32 hex digits, the same in every process.

    Raises:
        RefusalError: the value cannot be encoded.
    """
    body = _encode_body(value, Allow.of(allow), name, Limits(), {})
    return hashlib.blake2b(body, digest_size=_FINGERPRINT_BYTES).hexdigest()


def _encode_body(value: Any, allow: Allow, name: str, limits: Limits, constants: Constants) -> bytes:
    try:
        try:
            return Encoder(allow, limits, constants).encode(value)
        except (OverflowError, UnicodeEncodeError):
            return Encoder(allow, limits, constants, is_careful=True).encode(value)
    except RefusedPartError as refused:
        raise refused.as_refusal(name) from None
    except RecursionError:
        raise RefusalError(name, "its tuples are nested too deeply") from None
    except OverflowError:
        raise RefusalError(name, "one of its strings or arrays is larger than 4 GiB") from None
    except RuntimeError as error:
        raise RefusalError(name, f"it changed while it was read: {error}") from None


class Encoder:
    """One value being encoded.

    Eager values are numbered as they are completed, deferred ones as they are met.
    A deferred value waits for its turn, so nesting costs no recursion.

    Attributes:
        allow: what may be pickled.
        constants: what is named rather than copied.
        names: modules and qualified names that classes, functions and enums refer to.
        shells: the tag of each deferred value, in a list with its class and more where it has such.
        steps: rows of eager values, and rows that fill shells, in an order that decoding can follow.
    """

    def __init__(self, allow: Allow, limits: Limits, constants: Constants, *, is_careful: bool = False) -> None:
        self.allow = allow
        self.constants = constants
        self.names: list[tuple[str, str]] = []
        self.shells: list[Any] = []
        self.steps: list[Any] = []
        self._limits = limits
        self._is_careful = is_careful
        self._atom = careful_atom if is_careful else quick_atom
        self._n_values = 0
        self._name_index: dict[tuple[str, str], int] = {}
        self._class_names: dict[int, int] = {}
        self._kinds: dict[int, Kind] = {}
        self._refs: dict[int, Ref] = {}
        self._kept: list[Any] = []
        """Eager values and classes whose identity is a key here: no other object may get it meanwhile."""
        self._by_content: dict[bytes, Ref] = {}
        self._open: set[int] = set()
        self._deferred: list[tuple[Any, Deferred, Link]] = []
        self._states = bytearray()
        self._is_walking = False
        self._closure: _Closure | None = None

    def encode(self, value: Any) -> bytes:
        """Encode the root and return the body."""
        root = self.put(value, None)
        shell = 0
        while shell < len(self._deferred):
            self._fill(shell)
            shell += 1
        body = pack([self.names, self.shells, self.steps, root])
        if len(body) > self._limits.max_bytes:
            raise RefusedPartError(
                None, f"it takes {len(body):,} bytes, more than the limit of {self._limits.max_bytes:,}"
            )
        return body

    def put(self, value: Any, link: Link) -> Any:
        """Return an atom, an extension or a reference that stands for a value."""
        cls_id = identity(type(value))
        if cls_id in ATOM_IDS:
            return self._atom(value)
        if cls_id in SCALAR_PACKERS:
            scalar = SCALAR_PACKERS[cls_id](value)
            if scalar is not None:
                return scalar
        ref = self._refs.get(identity(value))
        if ref is not None and (self._closure is None or not self._must_revisit(value, ref, link)):
            return ref
        if self.constants and id(value) in self.constants:
            return self._put_eager(value, CONSTANT, link)
        kind = self._kinds.get(cls_id)
        if kind is None:
            kind = self._kinds[cls_id] = kind_of(type(value)) or find_object_kind(self, value, link)
            self._kept.append(type(value))
        if isinstance(kind, Deferred):
            return self._put_shell(value, kind, link)
        return self._put_eager(value, kind, link)

    def items(self, values: Sequence[Any], link: Link) -> Row:
        """Return what stands for each of a sequence's items."""
        if not self._is_careful and are_plain_atoms(values):
            return list(values)
        put, refs = self.put, self._refs if self._closure is None else {}
        return [refs.get(identity(value)) or put(value, (link, "index", index)) for index, value in enumerate(values)]

    def pairs(self, items: Iterable[tuple[Any, Any]], link: Link) -> Row:
        """Return what stands for keys and values, alternating."""
        flat = list(chain.from_iterable(items))
        if not self._is_careful and len(flat) > _FEW and are_plain_atoms(flat):
            return flat
        put, atom = self.put, self._atom
        row: Row = []
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            row.append(atom(key) if type(key) is str else self.put_hashed(key, (link, "key of", key)))
            row.append(atom(value) if identity(type(value)) in ATOM_IDS else put(value, (link, "key", key)))
        return row

    def attributes(self, items: Iterable[tuple[str, Any]], link: Link) -> Row:
        """Return names and what stands for their values, alternating."""
        row: Row = []
        atom, is_quick = self._atom, not self._is_careful
        refs = self._refs if self._closure is None else {}
        for name, value in items:
            if type(name) is not str:
                raise RefusedPartError(link, f"it has an attribute whose name is no text but {type(name).__name__}")
            row.append(name if is_quick else atom(name))
            cls_id = identity(type(value))
            if cls_id in ATOM_IDS:
                row.append(value if is_quick and cls_id != FLOAT_ID else atom(value))
            else:
                row.append(refs.get(identity(value)) or self.put(value, (link, "attribute", name)))
        return row

    def elements(self, values: list[Any], link: Link) -> Row:
        """Return what stands for a set's elements, in an order that depends on their content alone."""
        types = {identity(type(value)) for value in values}
        if types <= {identity(str)} or types <= {identity(int)}:
            return [self._atom(value) for value in sorted(values)]
        ordered = sorted(values, key=sort_key)
        return [self.put_hashed(value, (link, "element", value)) for value in ordered]

    def put_hashed(self, value: Any, link: Link) -> Any:
        """Put a key or an element, and all that it consists of before whatever hashes it.

        Decoding hashes it when it fills the container. So the contents of objects
        inside it cannot wait for their turn, which may come after that container's.
        """
        if identity(type(value)) in ATOM_IDS:
            return self._atom(value)
        if type(value) is tuple and are_plain_atoms(value):
            return self.put(value, link)
        outer = self._closure
        self._closure = _Closure(set() if outer is None else outer.seen)
        try:
            ref = self.put(value, link)
            while self._closure.shells:
                self._bring_forward(self._closure.shells.pop())
            for shell in self._closure.met:
                self._states[shell] = _IS_WHOLE
        finally:
            self._closure = outer
        return ref

    def put_state(self, value: Any, shell: int, link: Link) -> None:
        """Write what an instance's slots and dictionary hold."""
        row = self.attributes(statics.layout_of(type(value)).read(value), link)
        if row:
            self.fill(shell, FillTag.STATE, row)

    def name(self, module: str, qualname: str) -> int:
        """Return the index of a name in the table of names."""
        key = module, qualname
        index = self._name_index.setdefault(key, len(self.names))
        if index == len(self.names):
            self.names.append(key)
        return index

    def class_name(self, cls: type, link: Link) -> int:
        """Return the index of a class's name; refuses a class that no import finds."""
        index = self._class_names.get(identity(cls))
        if index is None:
            module, qualname = statics.reference_of_class(cls)
            problem = statics.reference_problem(cls, module, qualname)
            if problem is not None:
                raise RefusedPartError(link, f"its class {problem}")
            index = self._class_names[identity(cls)] = self.name(module, qualname)
            self._kept.append(cls)
        return index

    def fill(self, shell: int, tag: int, row: Row) -> None:
        """Add a step that completes a shell."""
        if not self._is_walking:
            self._add_step((tag, shell, row))

    def _must_revisit(self, value: Any, ref: Ref, link: Link) -> bool:
        """Bring what a known value consists of forward, inside a key; say whether to walk it again."""
        closure = self._closure
        assert closure is not None
        shell = ~ref[0]
        if shell >= 0:
            state = self._states[shell]
            if state in (_WAITS, _IS_FILLED):
                closure.add(shell)
            elif state == _IS_OPEN and not self._is_walking and not statics.is_hashed_by_identity(type(value)):
                raise RefusedPartError(link, "it is inside a key or set element whose hash depends on it")
            return False
        if identity(value) in closure.seen:
            return False
        closure.seen.add(identity(value))
        kind = kind_of(type(value))
        return not isinstance(kind, Eager) or kind.is_shared_by_content

    def _put_shell(self, value: Any, kind: Deferred, link: Link) -> Ref:
        shell = len(self.shells)
        ref = (~shell,)
        self._refs[identity(value)] = ref
        self._deferred.append((value, kind, link))
        self._states.append(_WAITS)
        self.shells.append(kind.tag)
        is_exact = type(value) is kind.types[0] if kind.types else False
        if not is_exact or kind.open is not None:
            name = None if is_exact else self.class_name(type(value), link)
            self.shells[shell] = [kind.tag, name, *(kind.open(value) if kind.open is not None else ())]
        if self._closure is not None:
            self._closure.add(shell)
        return ref

    def _put_eager(self, value: Any, kind: Eager, link: Link) -> Ref:
        if identity(value) in self._open:
            raise RefusedPartError(link, "it contains itself, which an immutable value cannot when it is built")
        self._open.add(identity(value))
        try:
            row = [kind.tag, *kind.pack(self, value, link)]
        finally:
            self._open.discard(identity(value))
        if not kind.is_shared_by_content:
            ref = self._number(row)
        else:
            content = pack(row)
            known = self._by_content.get(content)
            ref = self._by_content[content] = known if known is not None else self._number(Raw(content))
        self._refs[identity(value)] = ref
        self._kept.append(value)
        return ref

    def _number(self, row: Any) -> Ref:
        ref = (self._n_values,)
        self._n_values += 1
        self._add_step(row)
        return ref

    def _add_step(self, row: Any) -> None:
        if len(self.steps) >= self._limits.max_steps:
            raise RefusedPartError(None, f"it has more than {self._limits.max_steps:,} parts")
        self.steps.append(row)

    def _fill(self, shell: int) -> None:
        if self._states[shell] == _WAITS:
            self._states[shell] = _IS_OPEN
            self._visit(shell, is_walking=False)
            self._states[shell] = _IS_FILLED

    def _bring_forward(self, shell: int) -> None:
        """Fill a shell inside a key, or find what still waits in one that was filled before."""
        if self._states[shell] == _IS_FILLED:
            self._visit(shell, is_walking=True)
        else:
            self._fill(shell)

    def _visit(self, shell: int, *, is_walking: bool) -> None:
        value, kind, link = self._deferred[shell]
        before, self._is_walking = self._is_walking, is_walking
        kind.fill(self, value, shell, link)
        self._is_walking = before


class _Closure:
    """What a key consists of, to be written before the container that the key is in.

    Attributes:
        seen: identities of eager values that were walked for it.
        shells: those that are still to be brought forward.
        met: all that were.
    """

    __slots__ = ("met", "seen", "shells")

    def __init__(self, seen: set[int]) -> None:
        self.seen = seen
        self.shells: list[int] = []
        self.met: set[int] = set()

    def add(self, shell: int) -> None:
        """Take note of a shell, once."""
        if shell not in self.met:
            self.met.add(shell)
            self.shells.append(shell)
