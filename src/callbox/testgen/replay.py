"""Functions that answer in a test as they did when the call was recorded: mocks, put in by `monkeypatch`."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callbox.errors import CallboxError, GenerateError
from callbox.testgen.call_form import CallForm, passed_by_name, snake, variable_of
from callbox.testgen.case import place
from callbox.testgen.model import MAIN, Call, Effect, InnerCall, Kind, Outcome
from callbox.testgen.resolve import Access, is_named, resolve
from callbox.testgen.surroundings import Surroundings
from callbox.values.exact import decode, encode

_ALLOW = ("*",)
_MAX_IN_LINE = 2
_MAX_REPLAYED = 50


def without_replayed(call: Call, globs: Sequence[str]) -> Call:
    """Return a call as it is where some functions only answer: without what those printed and touched.

    Effects of functions that run in the test as they did are the call's own.
    """
    effects: dict[tuple[str, str], Effect] = {(e.kind, e.detail): e for e in call.effects}
    texts = {1: call.stdout, 2: call.stderr}
    cuts: list[tuple[int, int, int]] = []
    replayed = [inner for inner in call.inner if is_named(inner.target, globs)]
    for inner in call.inner:
        if inner in replayed:
            cuts.extend(inner.printed)
        else:
            effects.update({(e.kind, e.detail): e for e in inner.effects})
    for stream, start, end in sorted(cuts, reverse=True):
        texts[stream] = texts[stream][:start] + texts[stream][end:]
    return dataclasses.replace(
        call, effects=tuple(effects.values()), inner=tuple(replayed), stdout=texts[1], stderr=texts[2]
    )


@dataclass(slots=True)
class _Mock:
    """One function that is replaced, and what it is called in the test."""

    name: str
    access: Access
    calls: list[InnerCall]

    @property
    def maker(self) -> str:
        """The class of the mock."""
        if self.access.form == "getter":
            return "PropertyMock"
        return "AsyncMock" if self.calls[0].target.kind is Kind.COROUTINE else "Mock"

    def label(self, word: str, index: int) -> str:
        """Name a value of one of its calls."""
        return f"{self.name}_{word}" if len(self.calls) == 1 else f"{self.name}_{word}_{index + 1}"


@dataclass(frozen=True, slots=True)
class _Setting:
    """The call that mocks stand around.

    Attributes:
        module: where its function is defined, as a test imports it.
        form: how the test makes it.
        around: what the test has around it.
    """

    module: str
    form: CallForm
    around: Surroundings


def add_replay(call: Call, form: CallForm, around: Surroundings, taken: Container[str], *, has_arguments: bool) -> str:
    """Put mocks around a call, for the calls that it made to functions that are to be replaced.

    Args:
        call: from `without_replayed`.
        form: how the test makes it.
        around: what the test has around the call already.
        taken: names that mean something else in the test.
        has_arguments: assert what the mocks were called with; else how often.

    Returns:
        Words for the name of the test: what went wrong in a mock; empty if nothing did.

    Raises:
        GenerateError: one of the calls cannot be replayed; says why.
    """
    if len(call.inner) > _MAX_REPLAYED:
        raise GenerateError(f"it makes more than {_MAX_REPLAYED} calls that would have to be replayed")
    by_function: dict[str, list[InnerCall]] = {}
    for inner in call.inner:
        if inner.refusal:
            raise GenerateError(f"it calls {inner.target.full_name}, which cannot be replayed: {inner.refusal}")
        by_function.setdefault(inner.target.full_name, []).append(inner)
    words = []
    setting = _Setting(call.target.import_module, form, around)
    names: set[str] = set()
    for calls in by_function.values():
        access = resolve(calls[0].target)
        mock = _Mock(_free_name(access, taken, names), access, calls)
        names.add(mock.name)
        words.extend(_add_mock(mock, setting, has_arguments=has_arguments))
    if by_function:
        around.fixtures += ("monkeypatch",)
    return "_and_".join(words)


def _free_name(access: Access, taken: Container[str], used: Container[str]) -> str:
    """Name a mock as the function, or as the function and its class, where that means nothing else."""
    own = access.name.strip("_")
    owner = snake(access.owner.__name__) if access.owner is not None else access.module.rpartition(".")[2]
    candidates = (own, f"{owner}_{own}", f"mock_{own}", f"mock_{owner}_{own}")
    return next((name for name in candidates if name not in taken and name not in used), f"other_{own}")


def _add_mock(mock: _Mock, setting: _Setting, *, has_arguments: bool) -> list[str]:
    """Add one mock: what it answers, where it stands, what it was asked. Return what it raises."""
    around = setting.around
    answers, raised = [], []
    for index, inner in enumerate(mock.calls):
        value = decode(inner.end, allow=_ALLOW)
        has_raised = inner.outcome is Outcome.RAISED
        is_error = isinstance(value, (BaseException, type))
        if is_error and not has_raised and len(mock.calls) > 1:
            raise GenerateError(f"it calls {inner.target.full_name}, which returns a class or an exception")
        if has_raised:
            raised.append(f"{mock.name}_raises_{snake(type(value).__name__)}")
        name = mock.label("error" if has_raised else "result", index)
        around.values[name] = value
        answers.append(f"iter({place(name)})" if mock.calls[0].target.kind is Kind.GENERATOR else place(name))
    around.mocks += (mock.name,)
    around.before += (f"{mock.name} = {mock.maker}({_answer(mock, answers)})",)
    around.before += tuple(f'monkeypatch.setattr("{where}", {mock.name})' for where in _places(mock, setting.module))
    around.imports += (f"from unittest.mock import {mock.maker}",)
    around.after += _expect_calls(mock, setting, has_arguments=has_arguments)
    return list(dict.fromkeys(raised))


def _answer(mock: _Mock, answers: Sequence[str]) -> str:
    if len(answers) == 1:
        word = "side_effect" if mock.calls[0].outcome is Outcome.RAISED else "return_value"
        return f"{word}={answers[0]}"
    return f"side_effect={_listed(answers)}"


def _listed(parts: Sequence[str]) -> str:
    if len(parts) <= _MAX_IN_LINE:
        return f"[{', '.join(parts)}]"
    return "[\n" + "".join(f"    {part},\n" for part in parts) + "]"


def _places(mock: _Mock, main: str) -> list[str]:
    """Return where the function must be replaced so that those who called it find the mock.

    Who calls a coroutine cannot be told when it runs: the module of the tested function is looked at too.
    """
    access = mock.access
    own = f"{access.module}.{access.path}"
    if access.owner is not None:
        return [own]
    found = getattr(importlib.import_module(access.module), access.path)
    places: dict[str, None] = {}
    for caller in dict.fromkeys((*(inner.caller for inner in mock.calls), main)):
        module = main if caller == MAIN else caller
        try:
            held = vars(importlib.import_module(module))
        except ImportError:
            held = {}
        names = [name for name, value in held.items() if value is found]
        is_elsewhere = not names and caller != main and module.partition(".")[0] not in sys.stdlib_module_names
        places.update(dict.fromkeys([own] if is_elsewhere else [f"{module}.{name}" for name in names]))
    return list(places) or [own]


def _expect_calls(mock: _Mock, setting: _Setting, *, has_arguments: bool) -> tuple[str, ...]:
    n_calls, around = len(mock.calls), setting.around
    if not has_arguments:
        return (f"assert {mock.name}.call_count == {n_calls}",)
    asked = [_asked(mock, index, setting) for index in range(n_calls)]
    if n_calls == 1:
        return (f"{mock.name}.assert_called_once_with({asked[0]})",)
    around.imports += ("from unittest.mock import call",)
    return (f"assert {mock.name}.mock_calls == {_listed([f'call({part})' for part in asked])}",)


def _asked(mock: _Mock, index: int, setting: _Setting) -> str:
    """Return the arguments of one call, as they stood in it."""
    inner = mock.calls[index]

    def write(word: str, value: Any) -> str:
        if word in setting.form.indexes and _is_equal(value, setting.form.values[word]):
            return place(word)
        if not _has_equality(value):
            setting.around.imports += ("from unittest.mock import ANY",)
            return "ANY"
        name = mock.label(variable_of(word), index)
        setting.around.values[name] = value
        return place(name)

    positional, named = _split(inner, mock.access, write)
    return ", ".join([*positional, *passed_by_name(named)])


def _split(
    inner: InnerCall, access: Access, write: Callable[[str, Any], str]
) -> tuple[Sequence[str], Mapping[str, str]]:
    """Write the arguments of a call, by position and by name."""
    target = inner.target
    first = 1 if access.is_bound else 0
    n_named = target.n_positional + target.n_keyword_only
    values = [decode(data, allow=_ALLOW) if data else _UNKNOWN for data in inner.arguments]
    if inner.passed is not None and _fits(inner, access, values):
        by_position, by_name = inner.passed
    else:
        by_position, by_name = _usual(inner, access, values)
    positional = [
        write(target.parameters[i], values[i]) for i in range(first, min(first + by_position, target.n_positional))
    ]
    if target.has_varargs:
        extra = values[n_named]
        stem = target.parameters[n_named].rstrip("s")
        items = extra if type(extra) is tuple else ()
        positional += [write(f"{stem}_{n}", item) for n, item in enumerate(items, start=1)]
    named = {name: write(name, values[i]) for i, name in enumerate(target.parameters[:n_named]) if name in by_name}
    if target.has_varkwargs and type(values[-1]) is dict:
        named |= {name: write(name, value) for name, value in values[-1].items()}
    return positional, named


def _fits(inner: InnerCall, access: Access, values: Sequence[Any]) -> bool:
    """Say whether what stood in the source of the caller can have been this call, and not that of a wrapper."""
    target, (by_position, by_name) = inner.target, inner.passed or (0, ())
    first = 1 if access.is_bound else 0
    names = target.parameters[: target.n_positional + target.n_keyword_only]
    n_extra = len(values[len(names)]) if target.has_varargs and type(values[len(names)]) is tuple else 0
    extra = values[-1] if target.has_varkwargs and type(values[-1]) is dict else {}
    if by_position + first > target.n_positional + n_extra or (n_extra and by_position + first <= target.n_positional):
        return False
    by_either = {*names[: first + by_position], *by_name}
    return by_either <= {*names, *extra} and all(name in access.defaults for name in names if name not in by_either)


def _usual(inner: InnerCall, access: Access, values: Sequence[Any]) -> tuple[int, tuple[str, ...]]:
    """Guess how arguments stood in a call: those without a default by position, others by name if they differ."""
    target = inner.target
    first = 1 if access.is_bound else 0
    names = target.parameters[: target.n_positional + target.n_keyword_only]
    n_required = sum(1 for name in names[first : target.n_positional] if name not in access.defaults)
    if target.has_varargs and values[len(names)]:
        n_required = target.n_positional - first
    others = [i for i in range(first + n_required, len(names)) if not _is_same(values[i], access.defaults, names[i])]
    return n_required, tuple(names[i] for i in others)


def _is_same(value: Any, defaults: Mapping[str, Any], name: str) -> bool:
    return name in defaults and _is_equal(value, defaults[name])


def _is_equal(value: Any, other: Any) -> bool:
    """Say whether two values are the same to the byte; one that is not known is like no other."""
    if value is _UNKNOWN:
        return False
    try:
        return value is other or encode(value) == encode(other)
    except CallboxError:
        return False


_UNKNOWN = object()


def _has_equality(value: Any) -> bool:
    """Say whether a copy of a value equals it."""
    if value is _UNKNOWN:
        return False
    try:
        return bool(decode(encode(value), allow=_ALLOW) == value)
    except Exception:
        return False
