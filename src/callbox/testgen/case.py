"""One recorded call as a test would make it: names, sources, assertions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callbox.testgen.shapes import Shape

_PLACE = re.compile("«(\\w+)»")


@dataclass(frozen=True, slots=True)
class Case:
    """A test of one call. In templates `«name»` stands for a value's source or for the variable that holds it.

    Attributes:
        id: of the call in its store.
        function: full name of the recorded function.
        test_name: what the test function is called, if there is one such test only.
        sources: the values by name, in the order in which they appear.
        pinned: names of values that need a variable, as the call changes them.
        setup: statements before everything.
        before: templates of statements before the call.
        body: templates of the call and the assertions.
        fixtures: pytest fixtures that the test takes.
        decorators: of the test function.
        imports: import statements.
        side_files: contents of files, by name.
        is_async: whether it awaits.
        needs_data: whether it calls `as_data`.
        label: a readable id from the data.
        behaviour: what the call does, for choosing between calls: shape of arguments, outcome.
    """

    id: int
    function: str
    test_name: str
    sources: Mapping[str, str]
    pinned: frozenset[str]
    body: tuple[str, ...]
    setup: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    side_files: Mapping[str, bytes] = field(default_factory=dict)
    is_async: bool = False
    needs_data: bool = False
    label: str = ""
    behaviour: tuple[Shape, ...] = ()

    @property
    def form(self) -> tuple[object, ...]:
        """What cases must have in common to be rows of one test."""
        return self.test_name, tuple(self.sources), self.before, self.body, self.fixtures, self.decorators

    @property
    def text(self) -> tuple[object, ...]:
        """What it comes to: cases that have it in common are one test."""
        return self.form, tuple(self.sources.values()), self.setup, tuple(self.side_files.values()), self.imports

    @property
    def order(self) -> tuple[int, str, tuple[str, ...]]:
        """Where it stands among others of its test: short ones first, whatever the order of recording."""
        text = ", ".join(self.sources.values())
        return len(text), text, self.setup

    def texts(self) -> Iterator[str]:
        """Give the texts that a test would hold, whole where literals are in parts; of bytes, each as a character."""
        for source in (*self.setup, *self.before, *self.sources.values(), *self.body):
            for node in ast.walk(ast.parse(_PLACE.sub("_", source))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                    yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        yield from (content.decode("latin-1") for content in self.side_files.values())


def names_in(templates: Iterable[str]) -> list[str]:
    """Return the names that templates mention, each as often as it occurs."""
    return [name for template in templates for name in _PLACE.findall(template)]


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put sources or variables in their places."""
    return _PLACE.sub(lambda match: values[match[1]], template)


def place(name: str) -> str:
    """Return what stands for a value in a template."""
    return f"«{name}»"


def literal(value: object) -> str:
    """Write a plain value in a template; a quotation mark in it begins no place."""
    return repr(value).replace("«", "\\xab")


def slug(text: str, max_chars: int) -> str:
    """Return words of a text that can be part of a name; whole ones, unless the first is too long."""
    words = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")
    if len(words) <= max_chars:
        return words
    return words[: max_chars + 1].rpartition("_")[0] or words[:max_chars]


def label_of(sources: Sequence[str], max_chars: int = 80) -> str:
    """Return a readable id from the sources of the arguments; empty if they are too long."""
    parts = [_label_part(source) for source in sources]
    label = "-".join(part for part in parts if part)
    return label if len(label) <= max_chars else ""


def _label_part(source: str) -> str:
    """Return what of a source can stand in an id: letters, digits and a few signs."""
    if source in ('""', "''", "[]", "{}", "()"):
        return "empty"
    words = re.sub(r"[^\w.,=+*/<>!?-]+", " ", re.sub(r"\\.", " ", source), flags=re.ASCII)
    return words.strip()[:40].strip()
