"""Which functions to record: names and globs, matched against code as it is met."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import CodeType

from callbox.engine.observe import parameters_of
from callbox.errors import ConfigError
from callbox.testgen.model import MAIN, Kind, Target

_MAINS = frozenset({MAIN, "__mp_main__"})
_OWN = "callbox"
_LOCALS = ".<locals>"
_GLOB_SIGNS = frozenset("*?[")
_FUNCTION_FLAGS = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS
_KINDS = (
    (inspect.CO_ASYNC_GENERATOR, Kind.ASYNC_GENERATOR),
    (inspect.CO_COROUTINE, Kind.COROUTINE),
    (inspect.CO_GENERATOR, Kind.GENERATOR),
)


class Targets:
    """Names such as `shop.pricing.discount`, `shop.models.Order.total`, `shop.*`; `!shop.vendor.*` excludes.

    A class or module stands for all that is in it. Functions that are defined inside
    others are meant only by their whole name: a test has no way to call them.

    Attributes:
        patterns: as they were given.
        met: those that some function matched.
        script: file of the program's main module, if it has one.
    """

    def __init__(self, patterns: Sequence[str], script: str | None = None) -> None:
        """Read patterns.

        Args:
            patterns: the last one that matches a function decides.
            script: file of the program's main module, whose functions are known by its name too.

        Raises:
            ConfigError: there is none, or one that cannot name a function.
        """
        if not patterns:
            raise ConfigError(
                "there is no target: name a function, like myapp.prices.discount, or a glob, like 'myapp.*'"
            )
        for pattern in patterns:
            if not pattern.lstrip("!").replace(".", "").strip():
                raise ConfigError(f"target {pattern!r} names no function: write one like myapp.prices.discount")
        self.patterns = tuple(patterns)
        self.met: set[str] = set()
        self.script = script
        self._main = Path(script).stem if script else None

    def find(self, code: CodeType, module: object) -> Target | None:
        """Describe the function of a code object, if it is a target."""
        if not isinstance(module, str) or module.partition(".")[0] == _OWN:
            return None
        if code.co_flags & _FUNCTION_FLAGS != _FUNCTION_FLAGS or code.co_filename[:1] == "<" or _is_made_up(code):
            return None
        target = describe(code, MAIN if module in _MAINS else module)
        return target if self._selects(self._names_of(target)) else None

    def meet(self, target: Target) -> None:
        """Take note of a function that another process has met."""
        self._selects(self._names_of(target))

    def unmet(self) -> list[str]:
        """Return the patterns that no function matched."""
        return [p for p in self.patterns if not p.startswith("!") and p not in self.met]

    def _names_of(self, target: Target) -> list[str]:
        """Return the names of a function; one of the main module goes by that of its file or module too."""
        mains = filter(None, (target.main, self._main)) if target.module == MAIN else ()
        return [target.full_name, *(f"{main}.{target.qualname}" for main in mains)]

    def _selects(self, names: list[str]) -> bool:
        is_selected = False
        for pattern in self.patterns:
            bare = pattern.removeprefix("!")
            if any(_matches(name, bare) for name in names):
                is_selected = bare is pattern
                self.met.add(pattern)
        return is_selected


def _is_made_up(code: CodeType) -> bool:
    """Say whether the compiler named it: a comprehension, annotations, the bound of a type (PEP 649, 695)."""
    return "<" in code.co_name or code.co_name == "__annotate__" or code.co_varnames[:1] == (".format",)


def _matches(name: str, pattern: str) -> bool:
    is_glob = not _GLOB_SIGNS.isdisjoint(pattern)
    if _LOCALS in name:
        return not is_glob and (name == pattern or name.replace(_LOCALS, "") == pattern)
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def describe(code: CodeType, module: str) -> Target:
    """Describe the function of a code object."""
    return Target(
        module=module,
        qualname=code.co_qualname,
        filename=code.co_filename,
        line=code.co_firstlineno,
        kind=next((kind for flag, kind in _KINDS if code.co_flags & flag), Kind.FUNCTION),
        parameters=parameters_of(code),
        n_positional=code.co_argcount,
        n_positional_only=code.co_posonlyargcount,
        n_keyword_only=code.co_kwonlyargcount,
        has_varargs=bool(code.co_flags & inspect.CO_VARARGS),
        has_varkwargs=bool(code.co_flags & inspect.CO_VARKEYWORDS),
        main=_module_run() if module == MAIN else "",
    )


def _module_run() -> str:
    """Return the name of the module that `-m` runs in this process; empty for a script."""
    spec = getattr(sys.modules.get(MAIN), "__spec__", None)
    return spec.name if spec is not None and spec.name != MAIN else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names what is nearest to a name, to be put behind a message."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f": did you mean {' or '.join(near)}?" if near else ""
