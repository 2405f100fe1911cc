"""Values as source, in one test module: its imports, its side files, constructors that were tried out."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from callbox.errors import CallboxError, GenerateError
from callbox.testgen.call_form import snake
from callbox.testgen.constants import Constants
from callbox.testgen.resolve import Access
from callbox.testgen.roots import Reference, find_repairs, find_root, guess_constructor, is_ordinary
from callbox.values import statics
from callbox.values.exact import encode
from callbox.values.literals import Literal, Style, literals

WIDTH = 88
_INDENT = 8
_RESERVED = frozenset({"pytest", "time_machine", "as_data", "Path", "pathlib"}) | frozenset(
    {"import re", "import random", "import math", "import asyncio", "import enum", "import types"}
)
_MAX_SETUP_LINES = 500


@dataclass(frozen=True, slots=True)
class Written:
    """Values as source.

    Attributes:
        sources: by name.
        imports: import statements, that of the called function among them.
        setup: statements before them.
        side_files: contents by name.
    """

    sources: Mapping[str, str]
    imports: tuple[str, ...]
    setup: tuple[str, ...]
    side_files: Mapping[str, bytes] = field(default_factory=dict)


class Vocabulary:
    """Writes the values of one test module."""

    def __init__(self, constants: Constants, main_module: str | None = None) -> None:
        """Prepare.

        Args:
            constants: what is named rather than written.
            main_module: name by which the program's main module is imported.
        """
        self._constants = constants
        self._modules = {"__main__": main_module} if main_module else {}
        self._constructors: dict[type, tuple[tuple[str, str], ...] | None] = {}

    def write(self, values: Mapping[str, Any], access: Access, stem: str, variables: Iterable[str] = ()) -> Written:
        """Write the values of a case.

        Args:
            values: by the name that a variable for them would have.
            access: the function that the test calls.
            stem: what names of side files begin with.
            variables: names that the test gives to other things.

        Raises:
            GenerateError: one of them has no source.
        """
        first, statement = _import_of(access)
        if not values:
            return Written({}, (statement,), ())
        style = Style(
            width=WIDTH - _INDENT,
            file_stem=stem,
            modules=self._modules,
            constants=self._constants.refresh(),
            reserved=_RESERVED | self._clashes(access, first) | frozenset(variables),
        )
        written = self._write_proven(values, style)
        if _hides(written, values):
            style = dataclasses.replace(style, reserved=style.reserved | frozenset(values))
            written = self._write_proven(values, style)
        own = f"from {access.module} import "
        if any(_binds(line, first) and not line.startswith(own) for line in written[0].imports):
            style = dataclasses.replace(style, reserved=style.reserved | {first})
            written = self._write_proven(values, style)
        head = written[0]
        if sum(text.count("\n") + 1 for text in head.setup) > _MAX_SETUP_LINES:
            raise GenerateError(f"to build its arguments takes more than {_MAX_SETUP_LINES} lines")
        sources = {name: text.source for name, text in zip(values, written, strict=True)}
        return Written(sources, (statement, *head.imports), head.setup, head.side_files)

    def write_one(self, value: Any, name: str) -> Literal:
        """Write a value that stands by itself, such as a class."""
        return literals({name: value}, style=Style(modules=self._modules, reserved=_RESERVED))[0]

    def _write_proven(self, values: Mapping[str, Any], style: Style) -> list[Literal]:
        """Write values by constructors where that provably gives the same, else by state."""
        plain = literals(values, style=style)
        if not plain[0].setup:
            return plain
        constructors = {cls: pairs for cls in _classes_in(values) if (pairs := self._constructor(cls)) is not None}
        if not constructors:
            return plain
        telling = {cls: pairs for cls, pairs in constructors.items() if pairs}
        for chosen in (constructors, telling) if telling and telling != constructors else (constructors,):
            for attempt in (self._try_constructors, self._try_roots):
                try:
                    tried = attempt(values, dataclasses.replace(style, constructors=chosen))
                except CallboxError:
                    continue
                if tried is not None and _gives(tried, values, self._constants.table):
                    return tried
        return plain

    def _try_constructors(self, values: Mapping[str, Any], style: Style) -> list[Literal]:
        return literals(values, style=style)

    def _try_roots(self, values: Mapping[str, Any], style: Style) -> list[Literal] | None:
        """Write objects as variables: the outermost that each stands in, the way in, what must be set besides."""
        found = {name: find_root(value) if is_ordinary(type(value)) else (value, "") for name, value in values.items()}
        taken = frozenset(values)
        roots: dict[int, tuple[str, Any]] = {}
        for name, (root, path) in found.items():
            own = _free_name(snake(type(root).__name__), taken) if path else name
            if path or id(root) not in roots:
                roots[id(root)] = own, root
        named = dict(roots.values())
        written = literals(named, style=dataclasses.replace(style, reserved=style.reserved | taken))
        sources = {name: text.source for name, text in zip(named, written, strict=True)}
        objects = [name for name, root in named.items() if is_ordinary(type(root))]
        if not objects:
            return None
        head = written[0]
        setup = (*head.setup, *(f"{name} = {sources[name]}" for name in objects if sources[name] != name))
        repairs = self._repairs((*head.imports, *setup), {name: named[name] for name in objects}, style)
        made = [
            Literal(f"{own}{path}" if own in objects else sources[own])
            for own, path in ((roots[id(root)][0], path) for root, path in found.values())
        ]
        return [
            dataclasses.replace(made[0], imports=head.imports, setup=(*setup, *repairs), side_files=head.side_files),
            *made[1:],
        ]

    def _repairs(self, lines: tuple[str, ...], wanted: Mapping[str, Any], style: Style) -> list[str]:
        """Return statements that set what constructors set otherwise."""
        scope: dict[str, Any] = {}
        try:
            for line in lines:
                exec(line, scope)
        except Exception:
            return []
        repairs: list[str] = []
        for name, value in wanted.items():
            found = find_repairs(scope[name], value, name, self._constants.table) or []
            for place, part in sorted(found, key=lambda repair: repair[0]):
                source = str(part) if type(part) is Reference else literals({"part": part}, style=style)[0].source
                repairs.append(f"{place} = {source}")
        return repairs

    def _constructor(self, cls: type) -> tuple[tuple[str, str], ...] | None:
        """Return which attributes a constructor's parameters seem to be; remembered."""
        if cls not in self._constructors:
            self._constructors[cls] = guess_constructor(cls)
        return self._constructors[cls]

    def _clashes(self, access: Access, first: str) -> frozenset[str]:
        """Names that the module's own import would hide."""
        return frozenset({snake(first)}) if access.form == "function" and snake(first) == first else frozenset()


def _import_of(access: Access) -> tuple[str, str]:
    """Return the name that the called function's import binds, and the import."""
    first = access.path.partition(".")[0]
    return first, f"from {access.module} import {first}"


def _free_name(name: str, taken: frozenset[str]) -> str:
    return f"whole_{name}" if name in taken else name


def _hides(written: list[Literal], values: Mapping[str, Any]) -> bool:
    """Say whether a name of the setup or of an import is that of a value, and means something else."""
    head = written[0]
    bound = {line.partition(" = ")[0] for line in head.setup if " = " in line}
    taken = {name for name, text in zip(values, written, strict=True) if text.source != name}
    return bool(taken & bound) or any(_binds(line, name) for line in head.imports for name in values)


def _binds(statement: str, name: str) -> bool:
    names = statement.rpartition("import ")[2].split(", ")
    return any(part.rpartition(" as ")[2] == name for part in names)


def _classes_in(values: Mapping[str, Any]) -> set[type]:
    """Return the classes of ordinary objects among values and what they hold."""
    return {type(part) for part in _iter_parts(list(values.values())) if is_ordinary(type(part))}


def _iter_parts(root: Any) -> Iterator[Any]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, (str, bytes, int, float, type, types.FunctionType, types.ModuleType)):
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            waiting.extend([*part.keys(), *part.values()])
        elif isinstance(part, (list, tuple, set, frozenset)):
            waiting.extend(part)
        elif is_ordinary(type(part)):
            waiting.extend(value for _, value in statics.layout_of(type(part)).read(part))


def _gives(written: list[Literal], values: Mapping[str, Any], constants: Mapping[int, tuple[str, str]]) -> bool:
    """Evaluate what was written, and compare it with the values to the byte."""
    scope: dict[str, Any] = {}
    try:
        for line in (*written[0].imports, *written[0].setup):
            exec(line, scope)
        made = [eval(text.source, scope) for text in written]
        return encode(made, constants=constants) == encode(list(values.values()), constants=constants)
    except Exception:
        return False
