"""Mutation testing: which small faults in the recorded functions the tests notice.

The mutants are cosmic-ray's; each is tried in a copy of the project.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callbox.errors import GenerateError
from callbox.testgen.model import Target

_IGNORED = shutil.ignore_patterns(
    ".git", "__pycache__", ".venv", "venv", "node_modules", "call_logs", "*.egg-info", ".tox"
)
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small fault.

    Attributes:
        file: the source file, below the project's folder.
        operator: cosmic-ray's name of what was changed.
        occurrence: which of the places in the file.
        line: where it is.
    """

    file: str
    operator: str
    occurrence: int
    line: int


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants tests noticed.

    Attributes:
        n_killed: those that made a test fail.
        survivors: the others.
    """

    n_killed: int
    survivors: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        """Killed mutants, of all."""
        n_all = self.n_killed + len(self.survivors)
        return self.n_killed / n_all if n_all else 0.0


def find_mutants(root: Path, spans: Iterable[tuple[str, int, int]], limit: int) -> list[Mutant]:
    """Find the mutants of some functions.

    Args:
        root: the project's folder.
        spans: source file, below it, first and last line of each function.
        limit: how many to return; a larger number is thinned out evenly, the same way in every run.

    Raises:
        GenerateError: the library of mutants is not here.
    """
    try:
        from cosmic_ray.ast import ast_nodes, get_ast
        from cosmic_ray.plugins import get_operator, operator_names
    except ImportError as error:
        raise GenerateError("mutation testing needs cosmic-ray: install callbox[testgen]") from error
    by_file: dict[str, list[tuple[int, int]]] = {}
    for file, first, last in spans:
        by_file.setdefault(file, []).append((first, last))
    found = []
    for file, ranges in by_file.items():
        nodes = list(ast_nodes(get_ast(_read(root / file)[0])))
        for name in sorted(operator_names()):
            operator = _operator(get_operator(name))
            if operator is None:
                continue
            places = [place for node in nodes for place in operator.mutation_positions(node)]
            for occurrence, ((line, _), _) in enumerate(places):
                if any(first <= line <= last for first, last in ranges):
                    found.append(Mutant(file, name, occurrence, line))
    found.sort(key=lambda m: hashlib.blake2b(repr(m).encode()).digest())
    return found[:limit]


def _read(path: Path) -> tuple[str, str]:
    """Return a source, and the encoding that it says."""
    with tokenize.open(path) as file:
        return file.read(), file.encoding


def _operator(make: Callable[[], Any]) -> Any:
    """Make an operator; None of one that needs settings."""
    try:
        return make()
    except TypeError:
        return None


def span_of(file: Path, line: int) -> tuple[int, int]:
    """Return the first and the last line of the function that begins at a line of a file, decorators included."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if line in (first, node.lineno):
                return first, node.end_lineno or first
    return line, line


def mutate_functions(
    root: Path, targets: Iterable[Target], tests: Sequence[str], limit: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Try mutants of functions against tests; return the result as plain data.

    Args:
        root: the project's folder; functions of files elsewhere are left out.
        targets: the functions.
        tests: what to give to pytest, below the folder.
        limit: how many mutants at most.
        say: told what is being done, now and then.
    """
    files = {target: Path(target.filename).resolve() for target in targets if target.filename.endswith(".py")}
    inside = {t: str(f.relative_to(root.resolve())) for t, f in files.items() if f.is_relative_to(root.resolve())}
    mutants = find_mutants(root, sorted({(f, *span_of(files[t], t.line)) for t, f in inside.items()}), limit)
    found = score(root, mutants, tests, say)
    survivors = [f"{m.file}:{m.line}: {m.operator.rpartition('/')[2]}" for m in found.survivors]
    return {"mutants": len(mutants), "killed": found.n_killed, "score": round(found.share, 3), "survivors": survivors}


def score(root: Path, mutants: Sequence[Mutant], tests: Sequence[str], say: Callable[[str], None]) -> Score:
    """Try mutants against tests.

    Args:
        root: the project's folder; a copy of it is changed.
        mutants: from `find_mutants`.
        tests: what to give to pytest, below the folder.
        say: told what is being done, now and then.

    Raises:
        GenerateError: the tests fail without any mutant.
    """
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, ignore=_IGNORED, symlinks=True)
        if not _passes(copy, tests):
            raise GenerateError("the tests fail in a copy of the project, before anything is changed")
        survivors = []
        for index, mutant in enumerate(mutants):
            if index % 20 == 0:
                say(f"mutant {index + 1} of {len(mutants)}")
            path = copy / mutant.file
            text, encoding = _read(path)
            changed = mutate_code(text, get_operator(mutant.operator)(), mutant.occurrence)
            path.write_text(changed, encoding=encoding)
            if _passes(copy, tests):
                survivors.append(mutant)
            path.write_text(text, encoding=encoding)
    return Score(len(mutants) - len(survivors), tuple(survivors))


def _passes(root: Path, tests: Sequence[str]) -> bool:
    environ = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "",
        "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)]),
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "-W", "ignore"]
    try:
        done = subprocess.run(
            [*command, *tests], cwd=root, env=environ, capture_output=True, check=False, timeout=_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
