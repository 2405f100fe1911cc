"""Files, functions and parameter lists stay small: 400 lines, 60 lines, 6 parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 6

PUBLIC_SIGNATURES = {"FunctionTracer.__init__", "extract_on_failure", "install"}
"""Signatures promised to users, whose options are keyword-only; they pass a dataclass on."""


@dataclass(frozen=True)
class Routine:
    """A function in any of the project's languages."""

    place: str
    name: str
    n_lines: int
    n_parameters: int

    def __str__(self) -> str:
        return f"{self.place}: {self.name}: {self.n_lines} lines, {self.n_parameters} parameters"


# Python


def python_routines(source) -> Iterator[Routine]:
    yield from routines_in(ast.parse(source.text), str(source.path), owner="")


def routines_in(node: ast.AST, path: str, owner: str) -> Iterator[Routine]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            n_lines = (child.end_lineno or child.lineno) - child.lineno + 1
            yield Routine(f"{path}:{child.lineno}", owner + child.name, n_lines, n_python_parameters(child))
            yield from routines_in(child, path, owner="")
        elif isinstance(child, ast.ClassDef):
            yield from routines_in(child, path, owner=f"{child.name}.")
        else:
            yield from routines_in(child, path, owner)


def n_python_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if any("option(" in ast.unparse(decorator) for decorator in function.decorator_list):
        return 0  # click hands a command one parameter for each option
    arguments = function.args
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    starred = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return len(named) + len(starred) - (named[:1] in (["self"], ["cls"]))


# Cython

CYTHON_HEAD = re.compile(r"^( *)(?:def|cp?def)\b(?! class| extern| enum| struct)[^\n(=]*\b(\w+)\(", re.MULTILINE)


def cython_routines(source) -> Iterator[Routine]:
    lines = source.text.splitlines()
    for match in re.finditer(
        r"^( *)(?:def|cp?def)\b(?! class| extern| enum| struct)[^\n(=]*\b(\w+)\(", source.text, re.M
    ):
        first = source.text.count("\n", 0, match.start())
        end = closing(source.text, match.end() - 1)
        body = source.text.count("\n", 0, end) + 1
        indented = re.compile(rf"\s*$|{match[1]}\s")
        last = next((i for i in range(body, len(lines)) if not indented.match(lines[i])), len(lines))
        n_lines = len("\n".join(lines[first:last]).rstrip().splitlines())
        names = parameters(source.text[match.end() : end])
        n_parameters = len([n for n in names if n not in {"*", "/"}]) - (names[:1] in (["self"], ["cls"]))
        yield Routine(f"{source.path}:{first + 1}", match[2], n_lines, n_parameters)


# C


def c_routines(source) -> Iterator[Routine]:
    """Find definitions: a parenthesis and a brace at the outermost level, up to the brace that closes it."""
    text = blank_out(source.text)
    depth = 0
    start = 0
    for match in re.finditer(r"[{};]", text):
        if match[0] == "{":
            if depth == 0:
                head, head_end = text[start : match.start()], match.start()
            depth += 1
        elif match[0] == "}":
            depth -= 1
        if depth == 0:
            if match[0] == "}" and (signature := re.search(r"(\w+)\s*(\([^{]*\))\s*$", head)):
                first = text.count("\n", 0, head_end - len(head.lstrip()))
                last = text.count("\n", 0, match.start())
                names = [n for n in parameters(signature[2][1:-1]) if n != "void"]
                yield Routine(f"{source.path}:{first + 1}", signature[1], last - first + 1, len(names))
            start = match.end()


def blank_out(text: str) -> str:
    """Replace comments, strings and preprocessor lines by as many blank lines."""
    noise = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*"
    return re.sub(noise, lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)


def closing(text: str, opening: int) -> int:
    depth = 0
    for match in re.compile(r"[(){}\[\]]").finditer(text, opening):
        depth += 1 if match[0] in "([{" else -1
        if depth == 0:
            return match.start()
    raise AssertionError(f"parenthesis never closed: {text[opening : opening + 60]!r}")


def parameters(text: str) -> list[str]:
    """Split a parameter list at its outermost commas."""
    flat = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", text)
    return [part.strip() for part in flat.split(",") if part.strip()]


@pytest.fixture(scope="module")
def routines(tree) -> list[Routine]:
    finders = ((tree.python, python_routines), (tree.cython, cython_routines), (tree.c, c_routines))
    return [routine for sources, find in finders for source in sources for routine in find(source)]


def test_files_stay_within_400_lines(tree) -> None:
    long = [f"{s.path}: {s.n_lines} lines" for s in tree.code if s.n_lines > MAX_FILE_LINES]

    assert not long, "\n".join(long)


def test_functions_stay_within_60_lines(routines) -> None:
    long = [str(r) for r in routines if r.n_lines > MAX_FUNCTION_LINES]

    assert not long, "\n".join(long)


def test_functions_take_at_most_6_parameters(routines) -> None:
    crowded = [str(r) for r in routines if r.n_parameters > MAX_PARAMETERS and r.name not in PUBLIC_SIGNATURES]

    assert not crowded, "\n".join(crowded)


def test_c_scanner_sees_functions_and_not_tables(tree) -> None:
    text = """
    struct pair { int a, b; };
    static int table[] = {1, 2, 3};
    #define LOOP(x) \\
        do { x } while (0)
    /* not_this(int a) { } */
    static int add(int a, int (*f)(int, int),
                   const char *text)
    {
        if (a) { return f(a, '{'); }
        return 0; /* } */
    }

    int
    none(void)
    {
    }
    """
    source = type(tree.c[0])("x.c", text)

    assert [(r.name, r.n_lines, r.n_parameters) for r in c_routines(source)] == [("add", 6, 3), ("none", 4, 0)]


def test_cython_scanner_sees_functions_and_not_classes(tree) -> None:
    text = """
cdef class Recorder:
    def __init__(self, engine, *, int depth=(1, 2)[0],
                 bint memory):
        self.engine = engine

        self.depth = depth

    cdef int _start(self) except -1:
        return 0

cdef extern from "ring.h":
    void f(int a)

cpdef object read(const char[::1] view, int n):
    return None
"""
    source = type(tree.c[0])("x.pyx", text)

    found = [(r.name, r.n_lines, r.n_parameters) for r in cython_routines(source)]
    assert found == [("__init__", 5, 3), ("_start", 2, 0), ("read", 2, 2)]
