"""Source code of frames: the lines around a place, whole functions, whole classes.

Files are read once, by `linecache`; loaders of modules are not asked, as they may
run anything. A class is found by its line, not by a parser: a failure must not wait
for the parsing of a large file.
"""

from __future__ import annotations

import functools
import linecache
import os
import re
import sysconfig
import types
from pathlib import Path

from callbox.failures.long_literals import LongLiteral, clean_lines, find_long_literals

_CLASS_LINE = r"(?P<indent>[ \t]*)class[ \t]+{name}\b"
_MAX_FILE_LINES = 200_000


@functools.lru_cache(maxsize=2048)
def context_of(filename: str, line: int, n_lines: int) -> tuple[int, tuple[str, ...]]:
    """Return the number of the first line and the lines around a place; none where there is no source."""
    lines = _lines(filename)
    if not 0 < line <= len(lines):
        return 0, ()
    first = max(1, line - n_lines)
    return first, tuple(_clean(filename, first - 1, min(line + n_lines, len(lines))))


@functools.lru_cache(maxsize=4096)
def line_of(filename: str, line: int) -> str:
    """Return a source line without the space around it; empty where there is none."""
    lines = _lines(filename)
    return _clean(filename, line - 1, line)[0].strip() if 0 < line <= len(lines) else ""


@functools.lru_cache(maxsize=1024)
def source_of(code: types.CodeType, max_lines: int) -> str:
    """Return a function's source, or as much of it as is asked for; empty where there is none."""
    lines = _lines(code.co_filename)
    if code.co_name == "<module>" or not 0 < code.co_firstlineno <= len(lines):
        return ""
    return _clip(code.co_filename, code.co_firstlineno - 1, _last_line(code), max_lines)


def class_source_of(code: types.CodeType, max_lines: int) -> str:
    """Return the source of the class that a method is defined in; empty if it is no method."""
    owner, dot, _ = code.co_qualname.rpartition(".")
    if not dot or owner.endswith("<locals>"):
        return ""
    return _class_source(code.co_filename, owner.rpartition("<locals>.")[2], code.co_firstlineno, max_lines)


@functools.lru_cache(maxsize=1024)
def _class_source(filename: str, owner: str, method_line: int, max_lines: int) -> str:
    lines = _lines(filename)
    pattern = re.compile(_CLASS_LINE.format(name=re.escape(owner.rpartition(".")[2])))
    for index in range(min(method_line, len(lines)) - 1, -1, -1):
        match = pattern.match(lines[index])
        if match is None:
            continue
        end = index + 1
        while end < len(lines) and _is_inside(lines[end], len(match["indent"])):
            end += 1
        while not lines[end - 1].strip():
            end -= 1
        return _clip(filename, index, end, max_lines)
    return ""


def _is_inside(line: str, indent: int) -> bool:
    stripped = line.lstrip(" \t")
    return not stripped.strip() or len(line) - len(stripped) > indent or stripped[0] in ")]}#"


@functools.lru_cache(maxsize=4096)
def _last_line(code: types.CodeType) -> int:
    inner = (_last_line(const) for const in code.co_consts if isinstance(const, types.CodeType))
    return max((*(line for *_, line in code.co_lines() if line is not None), *inner), default=0)


def _clip(filename: str, first: int, end: int, max_lines: int) -> str:
    end = min(end, len(_lines(filename)))
    text = "\n".join(_clean(filename, first, min(end, first + max_lines))).rstrip("\n")
    n_more = end - first - max_lines
    return text if n_more <= 0 else f"{text}\n… {n_more:,} more line{'s' if n_more > 1 else ''}"


def _clean(filename: str, first: int, end: int) -> list[str]:
    return clean_lines(_lines(filename), _long_literals(filename), first, end)


@functools.lru_cache(maxsize=512)
def _long_literals(filename: str) -> tuple[LongLiteral, ...]:
    return find_long_literals(_lines(filename))


def _lines(filename: str) -> list[str]:
    try:
        lines = linecache.getlines(filename)
    except (OSError, MemoryError, UnicodeError, SyntaxError):
        return []
    return lines if len(lines) <= _MAX_FILE_LINES else []


@functools.cache
def _stdlib_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(
        {_inside(folder) for folder in (paths["stdlib"], paths["platstdlib"], Path(functools.__file__).parent)}
    )


def _inside(folder: str | Path) -> str:
    """Return what paths of files in a folder begin with, and no others."""
    return f"{folder}{os.sep}"


@functools.lru_cache(maxsize=4096)
def is_stdlib(filename: str) -> bool:
    """Say whether a file belongs to the standard library."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(_stdlib_folders()) and "site-packages" not in filename


@functools.lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Say whether a file belongs to something installed, and not to the program itself."""
    return is_stdlib(filename) or "site-packages" in filename or "dist-packages" in filename


_OWN_FOLDER = _inside(Path(__file__).parents[1])


@functools.lru_cache(maxsize=4096)
def is_own(filename: str) -> bool:
    """Say whether a file is callbox's."""
    return filename.startswith(_OWN_FOLDER)
