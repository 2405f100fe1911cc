"""What a module defines, read from its source: nothing is imported."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from callbox.errors import ConfigError
from callbox.folders import working_folder
from callbox.testgen.model import MAIN
from callbox.testgen.targets import nearest

UNTOUCHABLE = ("builtins", "sys")
"""Modules of C that callbox and pytest stand on with every step."""
_BUILTIN_TYPES = frozenset({"builtin_function_or_method", "cython_function_or_method", "fused_cython_function"})
_GLOB_SIGNS = frozenset("*?[")
_ROUTINES = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (ast.If, ast.Try, ast.With, ast.For, ast.While)


def check_targets(targets: Sequence[str], script: str | None) -> None:
    """See whether functions that are named in full are there, as far as sources tell.

    Args:
        targets: names and globs; globs are not looked at.
        script: file of the program's main module, whose folder is imported from.

    Raises:
        ConfigError: a module's source has no such function; names the nearest ones.
    """
    here = working_folder()
    path = [str((here / script).parent if script else here), str(here), *sys.path]
    for target in targets:
        if _GLOB_SIGNS.isdisjoint(target) and not target.startswith("!"):
            _check_target(target, tuple(path), script)


def _check_target(target: str, path: tuple[str, ...], script: str | None) -> None:
    module, name = split_target(target, path)
    if not module and script and target.partition(".")[0] in (MAIN, Path(script).stem):
        module, name = target.partition(".")[0], target.partition(".")[2]
        file: str | None = script
    elif target.partition(".")[0] == MAIN:
        return  # of a module that `-m` runs, or of `-c`: the run will tell
    elif not module:
        raise ConfigError(f"target {target}: there is no module {target.partition('.')[0]} to import{_path_hint()}")
    else:
        file = source_file(module, path)
    if file is None:
        _check_builtin(target, module, name)
        return
    known = set(defined_names(file))
    if name and name not in known and not _is_import(name, file):
        hint = nearest(name, known)
        raise ConfigError(f"target {target}: {file} defines no {name}{hint or f': it defines {_some(known)}'}")


def _check_builtin(target: str, module: str, name: str) -> None:
    """See whether a function written in C is there, and can be replaced in its module."""
    why = f"target {target}: {module} is not written in Python"
    instead = "record the functions of yours that call it"
    if not name:
        raise ConfigError(f"{why}: name one of its functions, or {instead}")
    try:
        held = vars(importlib.import_module(module))
    except Exception as error:
        raise ConfigError(f"{why}, and cannot be imported: {type(error).__name__}: {error}") from error
    first = name.partition(".")[0]
    if first not in held:
        raise ConfigError(f"target {target}: {module} has no {first}{nearest(first, held)}")
    if first != name or not is_builtin(held[first]) or module in UNTOUCHABLE:
        raise ConfigError(f"{why}, and {name} is none of its functions that something can stand in for: {instead}")


def split_target(target: str, path: tuple[str, ...]) -> tuple[str, str]:
    """Split a full name into the longest module that is there, and the name inside it; no module: two empty texts."""
    words = target.split(".")
    for n in range(len(words), 0, -1):
        if find_spec(".".join(words[:n]), path) is not None:
            return ".".join(words[:n]), ".".join(words[n:])
    return "", ""


@cache
def find_spec(module: str, path: tuple[str, ...]) -> ModuleSpec | None:
    """Find a module on a path without importing its parents."""
    parent, _, name = module.rpartition(".")
    if not parent:
        if name in sys.builtin_module_names:
            return ModuleSpec(name, None, origin="built-in")
        return PathFinder.find_spec(name, list(path))
    package = find_spec(parent, path)
    if package is None or package.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(module, list(package.submodule_search_locations))


def source_file(module: str, path: tuple[str, ...]) -> str | None:
    """Return the file of a module's source; None if it has none."""
    spec = find_spec(module, path)
    origin = spec.origin if spec is not None else None
    return origin if origin is not None and origin.endswith(".py") else None


def is_builtin(value: Any) -> bool:
    """Say whether a value is a function of a module that is written in C."""
    return type(value).__name__ in _BUILTIN_TYPES and isinstance(getattr(value, "__self__", None), ModuleType | None)


@cache
def defined_names(file: str) -> tuple[str, ...]:
    """Return the qualified names of a source file's functions and classes, those inside functions too.

    Raises:
        ConfigError: the file cannot be read or parsed.
    """
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError(f"cannot read {file}: {error}") from error
    return tuple(_iter_names(tree.body, ""))


def _iter_names(body: Sequence[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, (*_ROUTINES, ast.ClassDef)):
            yield prefix + node.name
            inner = f"{prefix}{node.name}."
            if isinstance(node, _ROUTINES):
                yield from (name.replace(inner, f"{inner}<locals>.", 1) for name in _iter_names(node.body, inner))
            yield from _iter_names(node.body, inner)
        elif isinstance(node, _BRANCHES):
            for part in ("body", "orelse", "finalbody", "handlers"):
                for child in getattr(node, part, ()):
                    statements = child.body if isinstance(child, ast.ExceptHandler) else [child]
                    yield from _iter_names(statements, prefix)


def _is_import(name: str, file: str) -> bool:
    """Say whether a name is bound by other means than a definition: then the run will tell."""
    tree = ast.parse(Path(file).read_bytes())
    first = name.partition(".")[0]
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.bases}
    bound = {alias.asname or alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names}
    assigned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return first in classes | bound | assigned


def _some(known: set[str]) -> str:
    names = sorted(name for name in known if "<" not in name)
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "no functions"


def _path_hint() -> str:
    return "; run callbox where the program runs, or set PYTHONPATH"
