"""Cases as a test module: grouped into parametrised tests, laid out, with its imports."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callbox.testgen import plain_data
from callbox.testgen.case import Case, fill, names_in

WIDTH = 88
_MARK = "# Made by `callbox gen` from recorded calls"
_SUM = re.compile(rf"^{re.escape(_MARK)} \((\w+)\); [^\n]*\n", re.MULTILINE)
_AUTO_ID = re.compile(r"-?\d+(\.\d+)?|True|False|None|'[\w .-]{1,20}'|\"[\w .-]{1,20}\"")
_INLINE_CHARS = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands: its test function, and the row of it."""

    test_name: str
    row: int


@dataclass(frozen=True, slots=True)
class Module:
    """A test module.

    Attributes:
        text: its source.
        places: where each case stands, by id.
        side_files: contents by name, for a folder `data` beside the module.
    """

    text: str
    places: Mapping[int, Place]
    side_files: Mapping[str, bytes]


def write_module(title: str, cases: Sequence[Case], path_lines: Sequence[str] = ()) -> Module:
    """Write a test module.

    Args:
        title: what is tested.
        cases: in any order; the text depends on what they are alone.
        path_lines: statements that let the project's modules be imported.
    """
    cases = _apart(cases)
    groups = _grouped(cases)
    places: dict[int, Place] = {}
    tests = []
    for name, rows in groups:
        tests.append(_write_test(name, rows))
        places.update((case.id, Place(name, index if _is_table(rows) else 0)) for index, case in enumerate(rows))
    imports = {line for case in cases for line in case.imports}
    needs_data = any(case.needs_data for case in cases)
    if needs_data:
        imports |= set(plain_data.IMPORTS)
    if any(_is_table(rows) for _, rows in groups):
        imports.add("import pytest")
    side_files = {name: data for case in cases for name, data in case.side_files.items()}
    if side_files:
        imports.add("from pathlib import Path")
    own = frozenset(case.function.partition(".")[0] for case in cases)
    head = [f'"""{title}"""', *_import_blocks(imports, own, path_lines)]
    if side_files:
        head.append('DATA = Path(__file__).parent / "data"')
    if needs_data:
        head.append("\n" + plain_data.source())
    body = "\n\n".join(head) + "\n\n\n" + "\n\n\n".join(tests) + "\n"
    return Module(body, places, side_files)


def title_of(functions: set[str]) -> str:
    """Return what is tested, in words, by the full names of the functions."""
    return f"Calls of {functions.pop()}, as they were recorded." if len(functions) == 1 else "Recorded calls."


def sign(text: str) -> str:
    """Put a line before a module that tells whether it was edited since."""
    digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    return f"{_MARK} ({digest}); a run of it replaces this file unless it was edited.\n{text}"


def is_ours(text: str) -> bool:
    """Say whether a file's text was made here and not edited since."""
    found = _SUM.match(text)
    return found is not None and sign(_SUM.sub("", text, count=1)).startswith(found[0])


def is_made_here(text: str) -> bool:
    """Say whether a file's text was made here, whoever edited it since."""
    return text.startswith(_MARK)


def _apart(cases: Sequence[Case]) -> list[Case]:
    """Let cases import for themselves what has the name of something else that the module imports.

    So do those of what pytest would collect as a test if the module had it.
    """
    counts: dict[str, Counter[str]] = {}
    for case in cases:
        for name, what in map(_bound_by, _single_imports(case)):
            counts.setdefault(name, Counter())[what] += 1
    shared = {
        name: max(sorted(whats), key=whats.__getitem__)
        for name, whats in counts.items()
        if not name.lower().startswith("test")
    }
    return [_importing(case, shared) for case in cases]


def _importing(case: Case, shared: Mapping[str, str]) -> Case:
    """Put imports into a test that the module cannot have; above its values where those use them."""
    bound = {line: _bound_by(line) for line in _single_imports(case)}
    own = {line: name for line, (name, what) in bound.items() if shared.get(name) != what}
    if not own:
        return case
    imports = tuple(line for line in bound if line not in own)
    used = re.compile(rf"\b(?:{'|'.join(map(re.escape, own.values()))})\b")
    if any(map(used.search, (*case.setup, *case.sources.values()))):
        return dataclasses.replace(case, imports=imports, setup=(*own, *case.setup))
    return dataclasses.replace(case, imports=imports, before=(*own, *case.before))


def _single_imports(case: Case) -> list[str]:
    """Return the imports of a case, one name in each."""
    split = [line.rpartition("import ") for line in case.imports]
    return [f"{head}{word}{name}" for head, word, names in split for name in names.split(", ")]


def _bound_by(line: str) -> tuple[str, str]:
    """Return the name that an import binds, and what to: of `import a.b` the package."""
    head, _, what = line.rpartition("import ")
    path, _, alias = what.partition(" as ")
    if not head and not alias:
        return path.partition(".")[0], f"package {path.partition('.')[0]}"
    return alias or path, line


def _grouped(cases: Iterable[Case]) -> list[tuple[str, list[Case]]]:
    """Gather the cases that can be rows of one test, under names of their own."""
    groups: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        # What needs statements before it is no row of a table.
        alone = (case.setup, tuple(case.sources.values())) if case.setup else ()
        groups.setdefault((*case.form, alone), []).append(case)
    ordered = sorted(groups.values(), key=lambda rows: (rows[0].test_name, repr(rows[0].form), repr(rows[0].setup)))
    counts = Counter(rows[0].test_name for rows in ordered)
    used: set[str] = set()
    named = []
    for rows in ordered:
        name = rows[0].test_name
        if counts[name] > 1:
            name = f"{name}_{_digest(rows[0])}" if rows[0].setup else name
        base, n = name, 1
        while name in used:
            n += 1
            name = f"{base}_{n}"
        used.add(name)
        named.append((name, sorted(rows, key=lambda case: case.order)))
    return named


def _is_table(rows: Sequence[Case]) -> bool:
    """Say whether cases are rows of one test; else they are one and the same."""
    return len(rows) > 1 and not rows[0].setup and bool(rows[0].sources)


def _digest(case: Case) -> str:
    """Return a few digits that its content gives, the same in every run."""
    content = repr((case.setup, dict(case.sources), case.before, case.body))
    return hashlib.blake2b(content.encode(), digest_size=3).hexdigest()


def _write_test(name: str, rows: list[Case]) -> str:
    first = rows[0]
    is_table = _is_table(rows)
    lines = [*_table(rows), *first.decorators] if is_table else list(first.decorators)
    parameters = ", ".join([*(first.sources if is_table else ()), *first.fixtures])
    lines.append(f"{'async ' if first.is_async else ''}def {name}({parameters}):")
    if is_table:
        values, assigned = {name: name for name in first.sources}, list[str]()
    else:
        values, assigned = _inlined(first)
    blocks = [
        [*first.setup, *assigned, *(fill(t, values) for t in first.before)],
        [fill(t, values) for t in first.body],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return "\n".join(lines) + "\n" + _indented(text, 4)


def _table(rows: list[Case]) -> list[str]:
    """Write the decorator that gives a test its rows."""
    names = list(rows[0].sources)
    is_plain = all(_AUTO_ID.fullmatch(source) for case in rows for source in case.sources.values())
    quoted = ", ".join(f'"{name}"' for name in names)
    heading = quoted if len(names) == 1 else f"({quoted})"
    used: dict[str, int] = {}
    written = [_row(case, names, is_plain, used) for case in rows]
    return ["@pytest.mark.parametrize(", f"    {heading},", "    [", *written, "    ],", ")"]


def _row(case: Case, names: list[str], is_plain: bool, used: dict[str, int]) -> str:
    sources = [case.sources[name] for name in names]
    if is_plain:
        return f"        {sources[0]}," if len(sources) == 1 else f"        ({', '.join(sources)}),"
    n = used[case.label] = used.get(case.label, 0) + 1
    label = case.label if n == 1 else f"{case.label}-{n}"
    parts = [*sources, f'id="{label}"'.replace("\\", "_") if '"' not in label else f"id={label!r}"]
    line = f"        pytest.param({', '.join(parts)}),"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    return "\n".join(["        pytest.param(", *(_indented(f"{part},", 12) for part in parts), "        ),"])


def _inlined(case: Case) -> tuple[dict[str, str], list[str]]:
    """Put short values where they are used, and give variables to the others."""
    counts = names_in([*case.before, *case.body])
    values: dict[str, str] = {}
    assigned = []
    for name, source in case.sources.items():
        is_short = len(source) <= _INLINE_CHARS and "\n" not in source
        if is_short and counts.count(name) == 1 and name not in case.pinned:
            values[name] = source
        else:
            values[name] = name
            if source != name:
                assigned.append(f"{name} = {source}")
    return values, assigned


def _indented(text: str, n: int) -> str:
    """Indent the lines of statements; literals that go over lines are in brackets, so that this changes none."""
    return "\n".join(" " * n + line if line else line for line in text.split("\n"))


def _import_blocks(imports: Iterable[str], own: frozenset[str], path_lines: Sequence[str]) -> list[str]:
    """Order imports as isort does: the standard library, other libraries, the project's own modules."""
    blocks: list[list[str]] = [[], [], []]
    for line in _merged(imports):
        root = line.split()[1].partition(".")[0]
        blocks[0 if root in sys.stdlib_module_names else 2 if root in own else 1].append(line)
    ordered = ["\n".join(sorted(block, key=_import_key)) for block in blocks if block]
    return [*path_lines, *ordered]


def _merged(imports: Iterable[str]) -> list[str]:
    names: dict[str, set[str]] = {}
    plain = set()
    for line in imports:
        if line.startswith("from "):
            module, _, what = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).update(what.split(", "))
        else:
            plain.add(line)
    return [*plain, *(f"from {module} import {', '.join(sorted(what))}" for module, what in names.items())]


def _import_key(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line.split()[1].lower()
