"""How a test sets variables of the project's modules to what they held: by a call that does it, or by `monkeypatch`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from callbox.errors import CallboxError, GenerateError
from callbox.testgen.ambient import held_by, last_word, set_by
from callbox.testgen.call_form import CallForm, form_call
from callbox.testgen.case import literal, place
from callbox.testgen.model import Call, Kind, Outcome, Target
from callbox.testgen.resolve import Access, resolve
from callbox.testgen.surroundings import Surroundings
from callbox.values.exact import decode

_ALLOW = ("*",)
_CALLABLE = ("function", "static", "class")


class Settings:
    """Recorded calls that set variables."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = sorted((call for call in calls if _is_setter(call)), key=lambda call: len(call.arguments))

    def bring_about(self, call: Call, around: Surroundings, taken: Collection[str]) -> str:
        """Set what a call found in variables before it, and set it back at the end of the test.

        Args:
            call: the recorded call.
            around: what the test has around it.
            taken: names that mean something else in the test.

        Returns:
            Words for the name of the test; empty if there is nothing to set.

        Raises:
            GenerateError: nothing in a test can set it.
        """
        wanted = _without_absent(held_by(call))
        if not wanted:
            return ""
        found = self._find(wanted, taken)
        if found is None:
            for name, value in wanted.items():
                spot = f"{_word(name)}_held" if _word(name) in taken else _word(name)
                around.values[spot] = value
                _patch(name, place(spot), around)
            return "with_" + "_and_".join(map(_word, wanted))
        access, form = found
        self._put_back(wanted, around, taken)
        around.before += (form.expression,)
        around.values |= form.values
        around.imports += (_import_of(access),)
        return f"after_{access.name.strip('_')}"

    def undo(self, call: Call, around: Surroundings, taken: Collection[str]) -> None:
        """Set back at the end of the test what the call itself sets.

        Raises:
            GenerateError: nothing in a test can set it back.
        """
        left = {name for name, value in set_by(call).items() if value is not None and value != _at_first(name)}
        if left:
            self._put_back(left, around, taken)

    def _put_back(self, names: Collection[str], around: Surroundings, taken: Collection[str]) -> None:
        if not self._find_undo(names, around, taken):
            for name in names:
                _patch(name, literal(_at_first(name)), around)

    def _find(self, wanted: Mapping[str, Any], taken: Collection[str]) -> tuple[Access, CallForm] | None:
        """Find a call that sets just this: one that was recorded, else one like it with another argument."""
        for arguments_of in (_as_recorded, _with_another):
            for call in self._calls:
                arguments = arguments_of(call, wanted)
                if arguments is not None and (found := _form(call.target, arguments, taken)) is not None:
                    return found
        return None

    def _find_undo(self, names: Collection[str], around: Surroundings, taken: Collection[str]) -> bool:
        """Let a call without arguments that sets the variables back run at the end of the test, if there is one."""
        for call in self._calls:
            if set_by(call) == {name: _at_first(name) for name in names}:
                found = _form(call.target, decode(call.arguments, allow=_ALLOW), taken)
                if found is not None and not found[1].values:
                    around.before += (f"request.addfinalizer({found[0].path})",)
                    around.fixtures += ("request",) if "request" not in around.fixtures else ()
                    around.imports += (_import_of(found[0]),)
                    return True
        return False


def _is_setter(call: Call) -> bool:
    is_plain = call.outcome is Outcome.RETURNED and call.target.kind is Kind.FUNCTION and bool(call.arguments)
    return is_plain and bool(set_by(call))


def _as_recorded(call: Call, wanted: Mapping[str, Any]) -> tuple[Any, ...] | None:
    left = _without_absent({**held_by(call), **set_by(call)})
    arguments: tuple[Any, ...] | None = decode(call.arguments, allow=_ALLOW) if left == wanted else None
    return arguments


def _with_another(call: Call, wanted: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Replace the one argument that a call has put into the one variable."""
    left = set_by(call)
    if left.keys() != wanted.keys() or len(wanted) != 1:
        return None
    [(name, value)] = left.items()
    arguments = list(decode(call.arguments, allow=_ALLOW))
    places = [i for i, part in enumerate(arguments) if type(part) is type(value) and part == value]
    if len(places) != 1:
        return None
    arguments[places[0]] = wanted[name]
    return tuple(arguments)


def _form(target: Target, arguments: tuple[Any, ...], taken: Collection[str]) -> tuple[Access, CallForm] | None:
    """Return how a test makes a call of a function; None if it would not be plain to read."""
    try:
        access = resolve(target)
        form = form_call(target, access, arguments, None, taken)
    except CallboxError:
        return None
    is_readable = access.form in _CALLABLE and access.path.partition(".")[0] not in taken
    return (access, form) if is_readable else None


def _patch(name: str, source: str, around: Surroundings) -> None:
    """Set a variable for the time of the test."""
    if name.endswith("()"):
        raise GenerateError(f"it needs the context variable {name[:-2]}, which no recorded call sets as it must be")
    may_be_absent = ", raising=False" if _is_attribute(name) else ""
    around.before += (f'monkeypatch.setattr("{name.replace(":", ".")}", {source}{may_be_absent})',)
    if "monkeypatch" not in around.fixtures:
        around.fixtures += ("monkeypatch",)


def expect_set(call: Call, around: Surroundings, taken: Collection[str]) -> None:
    """Assert what a call leaves in variables."""
    for name, value in set_by(call).items():
        module, _, path = name.partition(":")
        if module.partition(".")[0] in taken:
            continue
        spot = f"{_word(name)}_after"
        around.values[spot] = value
        is_constant = value is None or type(value) is bool
        actual = f"{module}.{path.removesuffix('()') + '.get()' if path.endswith('()') else path}"
        around.after += (f"assert {actual} {'is' if is_constant else '=='} {place(spot)}",)
        around.imports += (f"import {module}",)


def _at_first(name: str) -> Any:
    """Return what a variable holds in this process, where nothing has set it; None for an attribute that is absent."""
    module, _, path = name.removesuffix("()").partition(":")
    return functools.reduce(lambda found, word: getattr(found, word, None), path.split("."), sys.modules.get(module))


def _without_absent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out attributes that hold None, which a thread that never set them does not have."""
    return {name: value for name, value in values.items() if value is not None or not _is_attribute(name)}


def _is_attribute(name: str) -> bool:
    return "." in name.partition(":")[2]


def _word(name: str) -> str:
    return last_word(name).strip("_").lower()


def _import_of(access: Access) -> str:
    return f"from {access.module} import {access.path.partition('.')[0]}"
