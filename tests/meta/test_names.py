"""Names that say something, no unfinished work, no trace of one machine, no test that asserts nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

VAGUE = {"utils", "util", "misc", "common", "helpers", "helper", "manager", "managers"}
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|not (?:yet )?implemented")
PRIVATE_FOLDER = re.compile(r"(?<![\w./-])/(?:home|Users|root)/\w")
CLAIMS = ("assert", "check", "expect")
PYTEST_CLAIMS = {"raises", "warns", "deprecated_call", "fail", "match_lines", "fnmatch_lines", "re_match_lines"}


def places(source, pattern: re.Pattern[str]) -> Iterator[str]:
    for match in pattern.finditer(source.text):
        yield f"{source.path}:{source.text.count(chr(10), 0, match.start()) + 1}: {match[0]}"


def claims(function: ast.AST) -> Iterator[ast.AST]:
    """Find what can fail a test on purpose."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            yield node
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in PYTEST_CLAIMS or name.lstrip("_").startswith(CLAIMS):
                yield node


def test_modules_and_folders_have_telling_names(tree) -> None:
    parts = {(str(s.path), part.partition(".")[0].strip("_")) for s in tree.code for part in s.path.parts}

    assert [path for path, part in parts if part in VAGUE] == []


def test_code_carries_no_unfinished_work(tree) -> None:
    unfinished = [place for source in tree.code for place in places(source, UNFINISHED)]

    assert not unfinished, "\n".join(unfinished)


def test_files_name_no_folder_of_one_machine(tree) -> None:
    checkout = re.compile(rf"(?<![\w./-]){re.escape(str(tree.root))}/")

    named = [place for s in tree.sources for p in (PRIVATE_FOLDER, checkout) for place in places(s, p)]

    assert not named, "\n".join(named)


def test_every_test_asserts_something(tree) -> None:
    modules = [s for s in tree.of({".py"}, "tests") if s.path.name.startswith("test_")]
    nodes = [(s.path, node) for s in modules for node in ast.walk(ast.parse(s.text))]
    functions = [(path, n) for path, n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    tests = [(path, f) for path, f in functions if f.name.startswith("test_")]

    idle = [f"{path}:{f.lineno}: {f.name}" for path, f in tests if not any(claims(f))]

    assert not idle, "\n".join(idle)
