"""From steps to a value: no constructor, no `__setstate__`, no import that was not allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.allow import Allow
from callbox.values.exact.hashing import HashGuard
from callbox.values.exact.kinds import Deferred, Eager, Kind, Row, kind_with_tag, library_of_tag, load_family
from callbox.values.exact.scalars import ATOMS, SCALARS, build_scalar
from callbox.values.exact.wire import FillTag, unseal

_unpack = msgspec.msgpack.Decoder(ext_hook=build_scalar).decode
_IN_ROWS = SCALARS | {list}
_MAX_NESTING = 32


def decode(data: bytes | bytearray | memoryview, *, allow: Iterable[str] = ()) -> Any:
    """Decode what `encode` made.

    Nothing of the value's own code runs: objects come to be by `object.__new__` and get
    their state past `__init__`, `__setattr__` and `__setstate__`. Names are looked up in
    modules that are loaded already.

    Args:
        data: what `encode` returned.
        allow: globs of modules that may be imported, and whose classes' own `__hash__` and
            `__eq__` may run where instances are keys; `pickle:module.Class` of pickles to load.

    Raises:
        FormatError: the data is damaged, of an unknown version, or needs what is not allowed.
    """
    body = unseal(data)
    try:
        return Decoder(Allow.of(allow), len(body)).decode(body)
    except FormatError:
        raise
    except MemoryError:
        raise FormatError("encoded value asks for more memory than there is") from None
    except Exception as error:
        raise FormatError(f"encoded value is malformed: {type(error).__name__}: {error}") from error


class Decoder:
    """One value being decoded.

    Attributes:
        allow: what may be imported, hashed and unpickled.
        n_bytes: length of the data; nothing it asks for may be out of proportion to it.
    """

    def __init__(self, allow: Allow, n_bytes: int) -> None:
        self.allow = allow
        self.n_bytes = n_bytes
        self._names: list[Any] = []
        self._found: dict[int, Any] = {}
        self._shells: list[Any] = []
        self._shell_kinds: list[Deferred] = []
        self._values: list[Any] = []
        self._kinds: dict[Any, Kind] = {}
        self._nesting: dict[int, int] = {}
        self._guard = HashGuard(allow)

    def decode(self, body: memoryview) -> Any:
        """Decode a body."""
        self._names, shells, steps, root = _unpack(body)
        for shell in shells:
            self._open(shell)
        for step in steps:
            self._take(step)
        return self.value(root)

    def value(self, part: Any) -> Any:
        """Return what an element of a row stands for."""
        return self.values([part])[0]

    def values(self, row: Row) -> Row:
        """Return what the elements of a row stand for."""
        types = set(map(type, row))
        if not types <= _IN_ROWS:
            raise FormatError(f"encoded value has a strange type inside a row: {types - _IN_ROWS}")
        if list not in types:
            return row
        values, shells = self._values, self._shells
        return [
            part if type(part) is not list else values[part[0]] if part[0] >= 0 else shells[~part[0]] for part in row
        ]

    def hashable(self, row: Row) -> Row:
        """Return keys or elements, once it is sure that hashing them is cheap and runs no code that is not allowed."""
        if set(map(type, row)) <= ATOMS:
            return row
        keys = self.values(row)
        for key in keys:
            self._guard.check(key)
        return keys

    def attributes(self, row: Row) -> dict[str, Any]:
        """Return names and values that alternate in a row."""
        names = row[::2]
        if not set(map(type, names)) <= {str}:
            raise FormatError("encoded value has an attribute whose name is no text")
        found = dict(zip(names, self.values(row[1::2]), strict=True))
        if len(found) != len(names):
            raise FormatError("encoded value has the same attribute twice")
        return found

    def name_at(self, index: int) -> tuple[str, str]:
        """Return the module and qualified name at an index of the table."""
        module, qualname = self._names[index]
        if index < 0 or type(module) is not str or type(qualname) is not str:
            raise FormatError("encoded value has a broken table of names")
        return module, qualname

    def find(self, index: int) -> Any:
        """Return what the name at an index stands for."""
        if index not in self._found:
            self._found[index] = self.allow.find(*self.name_at(index))
        return self._found[index]

    def class_at(self, index: int) -> type:
        """Return the class whose name is at an index."""
        found = self.find(index)
        if not statics.derives(type(found), type):
            raise FormatError(f"encoded value needs class {'.'.join(self.name_at(index))}, which is no class")
        cls: type = found
        return cls

    def write_state(self, value: Any, row: Row) -> None:
        """Set attributes of an object, past any code of its class."""
        state = self.attributes(row)
        if state:
            statics.layout_of(type(value)).write(value, state)

    def nested(self, value: Any, *parts: Any) -> Any:
        """Count how deep values of kinds that CPython frees by recursion hold one another; return the value.

        Raises:
            FormatError: so deep that freeing them could exhaust the C stack.
        """
        depth = 1 + max((self._nesting.get(id(part), 0) for part in parts), default=0)
        if depth > _MAX_NESTING:
            raise FormatError(f"encoded value nests {type(value).__name__} objects more than {_MAX_NESTING} deep")
        self._nesting[id(value)] = depth
        return value

    def _open(self, shell: Any) -> None:
        tag, name, *more = shell if type(shell) is list else (shell, None)
        kind = self._kind(tag)
        if not isinstance(kind, Deferred):
            raise FormatError(f"encoded value has a shell of tag {tag}, which is none")
        cls = None if name is None else self.class_at(name)
        if cls is not None and kind.types:
            self._check_class(cls, kind.types[0])
        self._shells.append(kind.create(self, cls, more))
        self._shell_kinds.append(kind)

    def _check_class(self, cls: type, base: type) -> None:
        layout = statics.layout_of(cls)
        if layout.problem is not None or layout.base is not base:
            raise FormatError(
                f"encoded value needs {statics.type_name(cls)} to be an ordinary subclass of {statics.type_name(base)}"
            )

    def _take(self, row: Row) -> None:
        tag = row[0]
        if tag > FillTag.LAST:
            kind = self._kind(tag)
            if not isinstance(kind, Eager):
                raise FormatError(f"encoded value has a step of tag {tag}, which is a shell's")
            self._values.append(kind.build(self, row[1:]))
            return
        _, index, parts = row
        if index < 0:
            raise FormatError(f"encoded value fills shell {index}")
        shell, kind = self._shells[index], self._shell_kinds[index]
        self._guard.check_unhashed(shell)
        if tag == FillTag.ITEMS:
            kind.restore(self, shell, parts)
        elif tag == FillTag.STATE:
            self.write_state(shell, parts)
        elif kind.write_fields is not None:
            kind.write_fields(shell, self.attributes(parts))
        else:
            raise FormatError(f"encoded value sets fields of a {statics.type_name(type(shell))}, which has none")

    def _kind(self, tag: Any) -> Kind:
        kind = self._kinds.get(tag)
        if kind is None:
            library = library_of_tag(tag)
            if library is not None:
                self.allow.find(library, "")
                load_family(library)
            kind = self._kinds[tag] = kind_with_tag(tag)
        return kind
