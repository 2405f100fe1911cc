"""The call that would fail again, as source: what a test of a failure is made of.

Looked for when something fails, from the outside in: the outermost frame whose
function can be imported and whose arguments can be written, whole and without a
secret. Arguments are as they were when it failed.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

from callbox.errors import CaptureError, GenerateError
from callbox.failures import source
from callbox.failures.frames import walk
from callbox.failures.model import Reproduction
from callbox.failures.redaction import project_rules
from callbox.secrets import Hit
from callbox.values import statics
from callbox.values.freeze import FreezeLimits, Freezer
from callbox.values.literals import Style, literals
from callbox.values.literals.layout import is_name
from callbox.values.redact import Redactor
from callbox.values.thawed import Cut, FrozenDict, FrozenInt, FrozenItems, FrozenObject, FrozenText

_MAX_FRAMES = 10
_LIMITS = FreezeLimits(max_depth=12, max_items=200, max_chars=2_000, max_nodes=2_000, max_all_nodes=2_000)
_MAX_WRAPPERS = 10
_WIDTH = 100


def reproductions_of(
    traceback: types.TracebackType | None, skipped: types.CodeType | None = None
) -> tuple[Reproduction, ...]:
    """Say of frames, outermost first, why their call cannot be written; the last one can, if any.

    Args:
        traceback: of what was raised.
        skipped: code of a test, which calling again would not tell more than it does.
    """
    found: list[Reproduction] = []
    for frame, _ in walk(traceback):
        code = frame.f_code
        if source.is_own(code.co_filename) or source.is_library(code.co_filename):
            continue
        if code is skipped:
            found.append(Reproduction(code.co_qualname, reason="it is the test itself: run it again"))
            continue
        found.append(_reproduction_of(frame))
        if not found[-1].reason or len(found) == _MAX_FRAMES:
            break
    return tuple(found)


def _reproduction_of(frame: types.FrameType) -> Reproduction:
    code = frame.f_code
    module = dict.get(frame.f_globals, "__name__")
    name = f"{module}.{code.co_qualname}"
    reason = _problem_of(code, module)
    if reason:
        return Reproduction(name, reason=reason)
    try:
        positional, named = _arguments_of(frame)
        _check(code, positional, named)
        return _write(code, str(module), positional, named)
    except (CaptureError, GenerateError) as error:
        return Reproduction(name, reason=str(error))


def _problem_of(code: types.CodeType, module: object) -> str:
    if code.co_name == "<module>":
        return "it is the code of a module"
    if type(module) is not str or module == "__main__":
        return "it is defined in the program's main file, which cannot be imported without running it"
    if code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return "it is an asynchronous generator, which fails when it goes on, not when it is called"
    if not all(map(is_name, module.split("."))):
        return f"no import statement can name its module {module!r}"
    try:
        found = statics.find_loaded(module, statics.reachable_name(code.co_qualname))
    except LookupError as error:
        return f"it cannot be imported: {error}"
    for _ in range(_MAX_WRAPPERS):
        if type(found) is types.FunctionType and found.__code__ is code:
            return ""
        found = _wrapped_by(found)
    return "its name stands for something else"


def _is_class_method(module: str, qualname: str) -> bool:
    owner, _, name = qualname.rpartition(".")
    found = statics.find_loaded(module, owner)
    return statics.derives(type(found), type) and type(statics.own(found)[name]) is classmethod


def _wrapped_by(found: Any) -> Any:
    """Return what a decorator's function or object stands for; None if it stands for nothing."""
    is_function = type(found) is types.FunctionType
    namespace = found.__dict__ if is_function else statics.layout_of(type(found)).namespace_of(found)
    return (namespace or {}).get("__wrapped__")


def _arguments_of(frame: types.FrameType) -> tuple[list[Any], dict[str, Any]]:
    """Return what must be given by position, and the rest by name."""
    code, variables = frame.f_code, frame.f_locals
    names = code.co_varnames
    n_positional, n_named = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    missing = [name for name in names[:n_named] if name not in variables]
    if missing:
        raise CaptureError(f"its argument {missing[0]!r} was deleted meanwhile")
    star = variables.get(names[n_named]) if code.co_flags & inspect.CO_VARARGS else ()
    # what a class holds is found there, and is given what it would be bound to
    n_first = n_positional if star else max(code.co_posonlyargcount, int(n_positional > 0 and "." in code.co_qualname))
    positional = [variables[name] for name in names[:n_first]] + list(star or ())
    named = {name: variables[name] for name in names[n_first:n_named]}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        named |= variables.get(names[n_named + bool(code.co_flags & inspect.CO_VARARGS)]) or {}
    return positional, named


def _check(code: types.CodeType, positional: list[Any], named: Mapping[str, Any]) -> None:
    """Refuse what is too large for a test, and what holds a secret."""
    hits: list[Hit] = []
    redactor = Redactor(dataclasses.replace(project_rules(), callback=hits.append))
    freezer = Freezer(redactor, _LIMITS)
    names = [*code.co_varnames[: code.co_argcount], *("*args" for _ in positional[code.co_argcount :])]
    values = [*zip(names, positional, strict=False), *named.items()]
    for name, value in values:
        frozen = freezer.freeze_named(name, value)
        if hits:
            where = f", under {hits[0].key!r}: if it is none, except it under [redact]" if hits[0].key else ""
            raise CaptureError(f"its argument {name!r} holds a secret: {hits[0].rule}{where}")
        if any(_is_cut(part) for part in _parts(frozen)):
            raise CaptureError(f"its argument {name!r} is too large for a test")


def _is_cut(part: Any) -> bool:
    return (
        isinstance(part, Cut | FrozenText | FrozenInt)
        or (isinstance(part, FrozenItems | FrozenDict) and len(part.items) < part.n_items)
        or (isinstance(part, FrozenObject) and len(part.attributes) < part.n_attributes)
    )


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner: tuple[Any, ...] = ()
    if isinstance(value, FrozenItems):
        inner = value.items
    elif isinstance(value, FrozenDict):
        inner = tuple(part for pair in value.items for part in pair)
    elif isinstance(value, FrozenObject):
        inner = (value.content, *(part for _, part in value.attributes))
    for part in inner:
        yield from _parts(part)


def _write(code: types.CodeType, module: str, positional: list[Any], named: Mapping[str, Any]) -> Reproduction:
    values = {f"argument {number}": value for number, value in enumerate(positional)} | dict(named)
    outer = code.co_qualname.partition(".")[0]
    style = Style(width=_WIDTH, max_inline_chars=None, reserved=frozenset({outer, "asyncio", "list"}))
    written = literals(values, style=style)
    texts = [each.source for each in written]
    given = texts[: len(positional)]
    by_name = dict(zip(named, texts[len(positional) :], strict=True))
    given += [f"{name}={text}" for name, text in by_name.items() if is_name(name)]
    others = ", ".join(f"{name!r}: {text}" for name, text in by_name.items() if not is_name(name))
    given += [f"**{{{others}}}"] if others else []
    called = statics.reachable_name(code.co_qualname)
    if positional and _is_class_method(module, called):
        called = f"{given.pop(0)}.{called.rpartition('.')[2]}"  # which gives the class itself
    call = f"{called}({', '.join(given)})"
    imports = {*(written[0].imports if written else ()), f"from {module} import {outer}"}
    is_coroutine = bool(code.co_flags & inspect.CO_COROUTINE)
    if code.co_flags & inspect.CO_GENERATOR:
        call = f"list({call})"  # it fails when it goes on
    return Reproduction(
        function=f"{module}.{code.co_qualname}",
        imports=tuple(sorted(imports | ({"import asyncio"} if is_coroutine else set()))),
        setup=written[0].setup if written else (),
        call=f"asyncio.run({call})" if is_coroutine else call,
    )
