"""Writing values: what is shared or cyclic gets a name, everything else stands where it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from callbox.values import statics
from callbox.values.literals import atoms, families
from callbox.values.literals.families import Built, Writing
from callbox.values.literals.layout import Labelled, Layout, Node
from callbox.values.literals.model import Literal, Style
from callbox.values.literals.names import Names
from callbox.values.literals.objects import find_by_class
from callbox.values.paths import Link
from callbox.values.refusal import RefusedPartError, UnwritableError

_DIGEST_CHARS = 12
_MAX_PARTS = 1_000_000


def literal(value: Any, *, name: str = "value", style: Style | None = None) -> Literal:
    """Write a value as Python source that gives an equal value.

    No code of the value's own runs while it is written. Constructors are called where the
    source shows that they do nothing but store their arguments, otherwise `object.__new__`
    and the state are written.

    Args:
        value: what to write.
        name: what paths in errors begin with.
        style: width, side files and names.

    Raises:
        UnwritableError: a part has no source; a `GenerateError` with its path and the reason.
    """
    return literals({name: value}, style=style)[0]


def literals(values: Mapping[str, Any], *, style: Style | None = None) -> list[Literal]:
    """Write several values that are evaluated together; what they share is one object in the source too.

    Args:
        values: what to write, by what paths in errors begin with.
        style: width, side files and names.

    Returns:
        One literal for each; imports, setup and side files of all of them are those of the first.

    Raises:
        UnwritableError: a part has no source; a `GenerateError` with its path and the reason.
    """
    style = style or Style()
    draft = Writer(style)
    _write_all(draft, values)
    writer = Writer(style, draft.shared)
    return writer.finish(_write_all(writer, values))


def _write_all(writer: Writer, values: Mapping[str, Any]) -> list[Node]:
    nodes = []
    for name, value in values.items():
        try:
            nodes.append(writer.write(value, None))
        except RefusedPartError as refused:
            raise refused.as_unwritable(name) from None
        except RecursionError:
            raise UnwritableError(name, "it is nested too deeply") from None
    return nodes


class Writer:
    """One value being written.

    It is written twice: a draft finds out what occurs more than once.

    Attributes:
        style: width, side files and names.
        names: imports and variables.
        shared: identities of mutable values that occur more than once.
        is_draft: whether this only finds these out.
    """

    def __init__(self, style: Style, shared: set[int] | None = None) -> None:
        self.style = style
        self.names = Names(style.reserved | {style.data_name}, style.modules)
        self.shared = set() if shared is None else shared
        self.is_draft = shared is None
        self._n_parts = 0
        self._layout = Layout(style.width)
        self._setup: list[str] = []
        self._side_files: dict[str, bytes] = {}
        self._variables: dict[int, str] = {}
        self._open: dict[int, tuple[Writing, Link]] = {}
        self._met: dict[int, Any] = {}

    def write(self, value: Any, link: Link) -> Node:
        """Return the source of a value."""
        self._n_parts += 1
        if self._n_parts > _MAX_PARTS:
            raise RefusedPartError(None, f"it has more than {_MAX_PARTS:,} parts")
        node = atoms.write_atom(self, value)
        if node is not None:
            return node
        if id(value) in self.style.constants:
            return self.names.refer(*self.style.constants[id(value)])
        writing = families.find_writing(type(value)) or find_by_class(type(value), link)
        if not writing.has_identity:
            return self._write_content(value, writing, link)
        if id(value) in self._open:
            return self._name_open(value, link)
        if id(value) in self._variables:
            return self._variables[id(value)]
        if id(value) in self._met:
            self.shared.add(id(value))
            if self.is_draft:
                return ""
        self._met[id(value)] = value
        return self._write_identity(value, writing, link)

    def items(self, values: Any, link: Link) -> tuple[Node, ...]:
        """Return the sources of a sequence's items."""
        return tuple(self.write(value, (link, "index", index)) for index, value in enumerate(values))

    def state(self, attributes: dict[str, Any], link: Link) -> list[tuple[str, Node]]:
        """Return the sources of attributes, by name."""
        return [(name, self.write(value, (link, "attribute", name))) for name, value in attributes.items()]

    def class_name(self, cls: type, link: Link) -> str:
        """Return how the source names a class."""
        module, qualname = statics.reference_of_class(cls)
        return self.reference(cls, module, qualname, link)

    def reference(self, found: Any, module: str, qualname: str, link: Link) -> str:
        """Return how the source names what a module holds; refuses what no import finds."""
        problem = statics.reference_problem(found, module, qualname)
        if problem is not None:
            raise RefusedPartError(link, problem)
        if module == "__main__" and "__main__" not in self.style.modules:
            raise RefusedPartError(link, f"{qualname} is defined in the program's main file, which no import finds")
        return self.names.refer(module, qualname)

    def name_it(self, value: Any, node: Node) -> str:
        """Give a value a name, and return that."""
        name = self.names.variable(type(value))
        self._variables[id(value)] = name
        self.add_statement(Labelled(name, " = ", node))
        return name

    def add_statement(self, node: Node) -> None:
        """Add a statement before the expression."""
        self._setup.append(self._layout.write(node))

    def is_too_long(self, node: Node) -> bool:
        """Say whether source is so long that its data belongs into a side file."""
        limit = self.style.max_inline_chars
        return limit is not None and self._layout.size(node) > limit

    def side_file(self, extension: str, data: bytes) -> Node:
        """Keep data in a side file, and return the expression of its path."""
        digest = hashlib.blake2b(data).hexdigest()[:_DIGEST_CHARS]
        name = f"{self.style.file_stem}-{digest}.{extension}"
        self._side_files[name] = data
        return f'{self.style.data_name} / "{name}"'

    def finish(self, nodes: Sequence[Node]) -> list[Literal]:
        """Return what was written; the first literal has what all of them need."""
        sources = [self._layout.write(node) for node in nodes]
        first = [Literal(source, self.names.imports(), tuple(self._setup), self._side_files) for source in sources[:1]]
        return first + [Literal(source) for source in sources[1:]]

    def _write_content(self, value: Any, writing: Writing, link: Link) -> Node:
        built = writing.write(self, value, link)
        if not isinstance(built, Built):
            return built
        assert built.call is not None
        assert built.rest is None
        return built.call

    def _write_identity(self, value: Any, writing: Writing, link: Link) -> Node:
        self._open[id(value)] = writing, link
        built = writing.write(self, value, link)
        del self._open[id(value)]
        name = self._variables.get(id(value))
        if isinstance(built, Built):
            return self._write_built(value, built, name, link)
        if name is not None:
            # its own parts lead back to it: a shell was written before them
            if writing.fill is not None:
                writing.fill(self, name, built)
            return name
        return self.name_it(value, built) if id(value) in self.shared else built

    def _write_built(self, value: Any, built: Built, name: str | None, link: Link) -> Node:
        if name is not None:
            built.whole(name)
            return name
        if built.call is not None and built.rest is None:
            return self.name_it(value, built.call) if id(value) in self.shared else built.call
        if built.call is None:
            writing = families.find_writing(type(value)) or find_by_class(type(value), link)
            name = self.name_it(value, writing.shell(self, value, link)) if writing.shell else ""
            built.whole(name)
        else:
            name = self.name_it(value, built.call)
            if built.rest is not None:
                built.rest(name)
        return name

    def _name_open(self, value: Any, link: Link) -> Node:
        """Return the name of a value whose own parts are being written; a shell of it stands before them."""
        writing, outer = self._open[id(value)]
        if _is_hashed(link, outer) and not statics.is_hashed_by_identity(type(value)):
            raise RefusedPartError(link, f"a {statics.type_name(type(value))} is part of its own key or element")
        if id(value) in self._variables:
            return self._variables[id(value)]
        if writing.shell is None:
            raise RefusedPartError(link, f"a {statics.type_name(type(value))} contains itself")
        return self.name_it(value, writing.shell(self, value, link))


def _is_hashed(link: Link, outer: Link) -> bool:
    """Say whether a place is inside a key or a set's element that another place holds."""
    while link is not None and link is not outer:
        link, step, _ = link
        if step in ("key of", "element"):
            return True
    return False
