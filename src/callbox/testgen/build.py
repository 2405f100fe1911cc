"""From a recorded call to a case: what is passed, what is asserted, what the test needs around it."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callbox.errors import GenerateError
from callbox.testgen.ambient import set_by
from callbox.testgen.call_form import TAKEN_NAMES, CallForm, form_call, snake
from callbox.testgen.call_store import StoredCall
from callbox.testgen.case import Case, label_of, place, slug
from callbox.testgen.constants import Constants
from callbox.testgen.equality import Check, check_for, check_for_change, keeps_identity
from callbox.testgen.model import Call, Kind, Outcome
from callbox.testgen.plain_data import data_of
from callbox.testgen.replay import add_replay, without_replayed
from callbox.testgen.resolve import NO_NAME, Access, resolve
from callbox.testgen.setting import Settings, expect_set
from callbox.testgen.shapes import shape_of
from callbox.testgen.surroundings import Surroundings, surround
from callbox.testgen.vocabulary import Vocabulary
from callbox.values.exact import decode, encode

_ALLOW = ("*",)
_DIGEST_CHARS = 8
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to write a case; the first that passes its verification is taken.

    Attributes:
        is_close: floats may differ in their last bits.
        has_frozen_time: the clock stands still at the moment of the recording.
        has_time_zone: and in the time zone of the recording.
        has_message: what an exception says is asserted.
        has_inner_arguments: what replayed functions were called with is asserted.
        has_setting: variables of the project's modules are set to what they held.
    """

    is_close: bool = False
    has_frozen_time: bool = False
    has_time_zone: bool = False
    has_message: bool = True
    has_inner_arguments: bool = True
    has_setting: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """What was held before the call and after it, the latter decoded twice."""

    arguments: tuple[Any, ...]
    after: tuple[Any, ...]
    result: Any
    twin_after: tuple[Any, ...]
    twin: Any


@dataclass(slots=True)
class _Parts:
    """What a case is made of, while it is made."""

    values: dict[str, Any]
    body: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    pinned: set[str] = field(default_factory=set)
    changed: list[str] = field(default_factory=list)
    circumstances: str = ""
    setting: str = ""
    needs_data: bool = False


class CaseBuilder:
    """Builds cases of one function."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        constants: Constants,
        async_style: str,
        settings: Settings,
        replayed: Sequence[str] = (),
    ) -> None:
        """Prepare.

        Args:
            vocabulary: writes values, with the imports of the test module.
            constants: what is named rather than copied.
            async_style: "asyncio" or "anyio", the plugin's mark; empty where there is no plugin.
            settings: calls that set variables.
            replayed: globs of functions that only answer, as they did when the call was recorded.
        """
        self._vocabulary = vocabulary
        self._constants = constants
        self._async_style = async_style
        self._settings = settings
        self._replayed = replayed

    def build(self, stored: StoredCall, variant: Variant) -> Case:
        """Build the case of a call.

        Raises:
            GenerateError: no test can be made of it; says why.
            FormatError: what is stored cannot be read any more, as the code has changed.
        """
        call = without_replayed(stored.call, self._replayed)
        if call.refusal:
            raise GenerateError(call.refusal)
        access = resolve(call.target)
        self._constants.add_package(access.module)
        arguments = decode(call.arguments, allow=_ALLOW)
        held = _Held(arguments, *decode(call.end, allow=_ALLOW), *decode(call.end, allow=_ALLOW))
        form = form_call(call.target, access, arguments, held.result)
        surroundings = surround(call, form, is_frozen=variant.has_frozen_time, is_zoned=variant.has_time_zone)
        taken = TAKEN_NAMES | {*form.values, access.path.partition(".")[0]}
        parts = _Parts(dict(form.values))
        parts.circumstances = add_replay(call, form, surroundings, taken, has_arguments=variant.has_inner_arguments)
        self._settings.undo(call, surroundings, taken)
        expect_set(call, surroundings, taken)
        if variant.has_setting:
            parts.setting = self._settings.bring_about(call, surroundings, taken)
        if access.form == "constructor" and 0 not in form.indexes.values():
            self._expect_made(call, form, parts, held, variant)
            changes: Mapping[str, Check] = {}
        else:
            changes = self._changes(call, form, held)
            self._expect_end(call, form, parts, held, variant, has_changes=bool(changes or set_by(call)))
        for path, check in changes.items():
            name, _, attribute = path.partition(".")
            parts.pinned.add(name)
            parts.changed.extend({name} - set(parts.changed))
            actual = f"{place(name)}.{attribute}" if attribute else place(name)
            self._add_check(parts, check, actual, f"{path.replace('.', '_')}_after")
        return self._finish(StoredCall(stored.id, call), access, form, parts, surroundings)

    def _changes(self, call: Call, form: CallForm, held: _Held) -> dict[str, Check]:
        """Find the arguments that the call changed, and how to assert it."""
        table = self._constants.refresh(is_forced=True)
        if encode(held.after, constants=table) == call.arguments:
            return {}
        changes: dict[str, Check] = {}
        for name, index in form.indexes.items():
            before, after = (encode(part[index], constants=table) for part in (held.arguments, held.after))
            if before != after:
                check = check_for_change(held.arguments[index], held.after[index], held.twin_after[index])
                if check is None:
                    changes.update(self._changed_attributes(name, index, held))
                else:
                    changes[name] = check
        return changes

    def _changed_attributes(self, name: str, index: int, held: _Held) -> dict[str, Check]:
        """Find the attributes that the call set anew of an argument that is too large to be compared whole."""
        table = self._constants.table
        before, after, twin = (
            getattr(part[index], "__dict__", {}) for part in (held.arguments, held.after, held.twin_after)
        )
        changed = {key: after[key] for key in after if key not in before}
        changed |= {key: after[key] for key in before if key in after and _differ(before[key], after[key], table)}
        checks = {f"{name}.{key}": check_for(value, twin[key]) for key, value in changed.items()}
        found = {path: check for path, check in checks.items() if check is not None}
        if not found or len(found) < len(checks):
            raise GenerateError(f"what it does to {name} cannot be compared: no equality and no plain data")
        return found

    def _expect_error(self, call: Call, form: CallForm, parts: _Parts, held: _Held, variant: Variant) -> None:
        error, message = held.result
        name = self._vocabulary.write_one(error, "exception")
        parts.imports |= {"import pytest", *name.imports}
        match = ""
        if message and variant.has_message:
            parts.values["message"] = message
            parts.imports.add("import re")
            match = f", match=re.escape({place('message')})"
        parts.body.append(f"with pytest.raises({name.source}{match}):\n    {self._whole(call, form, parts)}")

    def _expect_end(
        self, call: Call, form: CallForm, parts: _Parts, held: _Held, variant: Variant, *, has_changes: bool
    ) -> None:
        """Assert how a call ended that is no constructor's."""
        if call.outcome is Outcome.RAISED:
            self._expect_error(call, form, parts, held, variant)
            return
        if form.is_context:
            self._expect_entered(call, form, parts, held)
            return
        whole = self._whole(call, form, parts)
        result, twin = held.result, held.twin
        if call.target.kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
            result, twin = result[0], twin[0]
        elif form.is_statement or (result is None and (has_changes or call.stdout or call.stderr)):
            parts.body.append(whole)
            return
        alias = _alias(form, held) if keeps_identity(result) else None
        if alias is not None:
            parts.pinned.add(alias)
            parts.body.append(f"assert {whole} is {place(alias)}")
            return
        check = check_for(result, twin, is_close=variant.is_close)
        if check is None:
            raise GenerateError(f"its result, a {type(result).__qualname__}, has no equality and no plain data")
        self._add_check(parts, check, whole, "expected")

    def _expect_entered(self, call: Call, form: CallForm, parts: _Parts, held: _Held) -> None:
        """Assert what a `with` gets."""
        if call.target.kind is not Kind.GENERATOR or len(held.result[0]) != 1:
            raise GenerateError("it is a context manager that is asynchronous, or was not entered")
        [given], [twin] = held.result[0], held.twin[0]
        if given is None:
            parts.body.append(f"with {form.expression}:\n    pass")
            return
        check = check_for(given, twin)
        if check is None:
            raise GenerateError(f"what it gives to a with, a {type(given).__qualname__}, has no equality")
        inner = _Parts(parts.values)
        self._add_check(inner, check, "given", "expected")
        parts.body.append(f"with {form.expression} as given:\n    {inner.body[0]}")
        parts.imports |= inner.imports
        parts.needs_data = parts.needs_data or inner.needs_data

    def _expect_made(self, call: Call, form: CallForm, parts: _Parts, held: _Held, variant: Variant) -> None:
        """Assert how a constructor ended."""
        if call.outcome is Outcome.RAISED:
            self._expect_error(call, form, parts, held, variant)
        else:
            parts.body.append(self._check_made(parts, form.expression, held.after[0], held.twin_after[0]))

    def _check_made(self, parts: _Parts, whole: str, made: Any, twin: Any) -> str:
        """Assert what a constructor made: by its attributes, as its equality could call the constructor again."""
        state = getattr(made, "__dict__", None)
        is_whole = state is not None and not any(getattr(cls, "__slots__", ()) for cls in type(made).__mro__)
        check = check_for(state, vars(twin)) if is_whole and state else None
        if check is not None and not check.needs_data:
            parts.values["expected"] = state
            return f"assert vars({whole}) == {place('expected')}"
        data = data_of(made)
        if data is None or data != data_of(twin):
            raise GenerateError(f"what it makes, a {type(made).__qualname__}, has no plain data to compare")
        parts.needs_data = True
        parts.values["expected"] = data
        return f"assert as_data({whole}) == {place('expected')}"

    def _add_check(self, parts: _Parts, check: Check, actual: str, name: str) -> None:
        statement = check.template.replace(place("actual"), actual)
        if check.has_expected:
            parts.values[name] = check.expected
            statement = statement.replace(place("expected"), place(name))
        parts.body.append(statement)
        parts.imports |= set(check.imports)
        parts.needs_data = parts.needs_data or check.needs_data

    def _whole(self, call: Call, form: CallForm, parts: _Parts) -> str:
        """Return the expression that calls, runs and collects."""
        kind = call.target.kind
        if kind is Kind.FUNCTION:
            return form.expression
        if kind is Kind.GENERATOR:
            return f"{form.expression}.__enter__()" if form.is_context else f"list({form.expression})"
        if self._async_style:
            parts.imports.add("import pytest")
            is_stream = kind is Kind.ASYNC_GENERATOR
            return f"[item async for item in {form.expression}]" if is_stream else f"await {form.expression}"
        parts.imports.add("import asyncio")
        if kind is Kind.ASYNC_GENERATOR:
            parts.body.append(f"async def collect():\n    return [item async for item in {form.expression}]\n")
            return "asyncio.run(collect())"
        return f"asyncio.run({form.expression})"

    def _finish(
        self, stored: StoredCall, access: Access, form: CallForm, parts: _Parts, surroundings: Surroundings
    ) -> Case:
        call = stored.call
        _rename_hiding(parts, surroundings, access.path.partition(".")[0])
        values: Mapping[str, Any] = {n: v for n, v in parts.values.items() if n not in surroundings.variables}
        first = {name: values[name] for name in values if name in form.values}
        values = {**first, **surroundings.values, **values}
        digest = hashlib.blake2b(call.arguments + call.end).hexdigest()[:_DIGEST_CHARS]
        written = self._vocabulary.write(values, access, digest, (*surroundings.variables, *surroundings.mocks))
        is_async = bool(self._async_style) and call.target.kind in (Kind.COROUTINE, Kind.ASYNC_GENERATOR)
        decorators = (f"@pytest.mark.{self._async_style}",) if is_async else ()
        label = label_of([written.sources[name] for name in form.values if name in written.sources])
        name = _test_name(call, access, form, parts)
        told = [source for spot, source in written.sources.items() if spot != source and "DATA" not in source]
        if written.setup and (words := slug(" ".join(label_of([source]) for source in told), 30)):
            name = f"{name}__{words}"
        return Case(
            id=stored.id,
            function=call.target.full_name,
            test_name=name,
            sources=written.sources,
            pinned=frozenset(parts.pinned),
            body=(*(surroundings.with_variables(template) for template in parts.body), *surroundings.after),
            setup=written.setup,
            before=surroundings.before,
            fixtures=surroundings.fixtures,
            decorators=(*decorators, *surroundings.decorators),
            imports=tuple(sorted(parts.imports | set(written.imports) | set(surroundings.imports))),
            side_files=written.side_files,
            is_async=is_async,
            needs_data=parts.needs_data,
            label=label or digest,
            behaviour=(
                shape_of(tuple(form.values.values())),
                (call.outcome, bool(call.stdout), *parts.changed),
                ("gives", *shape_of((parts.values.get("expected", parts.values.get("expected_value")),))),
            ),
        )


def _rename_hiding(parts: _Parts, surroundings: Surroundings, called: str) -> None:
    """Give another name to a value that has that of the called function, and so would hide it."""
    for held in (parts.values, surroundings.values):
        if called in held:
            held[f"{called}_value"] = held.pop(called)
            parts.body = [text.replace(place(called), place(f"{called}_value")) for text in parts.body]
            surroundings.before, surroundings.after = (
                tuple(text.replace(place(called), place(f"{called}_value")) for text in texts)
                for texts in (surroundings.before, surroundings.after)
            )


def _differ(value: Any, other: Any, constants: Mapping[int, tuple[str, str]]) -> bool:
    return encode(value, constants=constants) != encode(other, constants=constants)


def _alias(form: CallForm, held: _Held) -> str | None:
    """Return the name of the argument that a call returned, if it returned one."""
    return next((name for name, index in form.indexes.items() if held.result is held.after[index]), None)


def _test_name(call: Call, access: Access, form: CallForm, parts: _Parts) -> str:
    """Name the test by what the call does."""
    own = call.target.qualname.split(".")
    words = [snake(part) for part in (*own[:-1], access.name if own[-1] == NO_NAME else own[-1])]
    if access.form == "constructor":
        words = [*words[:-1], "init"]
    name = "test_" + "_".join(word.strip("_") for word in words)
    if form.extras:
        is_long = len(form.extras) > _MAX_NAMED
        name += f"_with_{len(form.extras)}_options" if is_long else "_with_" + "_and_".join(map(snake, form.extras))
    if parts.changed:
        name += "_changes_" + "_and_".join(parts.changed)
    if call.stdout or call.stderr:
        name += "_prints"
    if call.outcome is Outcome.RAISED:
        raises = next((line for line in parts.body if "pytest.raises(" in line), "")
        error = re.search(r"pytest\.raises\(([\w.]+)", raises)
        name += f"_raises_{snake(error[1].rpartition('.')[2])}" if error else "_raises"
    if parts.setting:
        name += f"_{parts.setting}"
    if parts.circumstances:
        name += f"_when_{parts.circumstances}"
    return name if len(name) <= 100 else name[:100].rstrip("_")


def async_style() -> str:
    """Name the mark of the plugin for asynchronous tests that is here; empty if there is none."""
    names = (("pytest_asyncio", "asyncio"), ("anyio", "anyio"))
    return next((mark for module, mark in names if importlib.util.find_spec(module) is not None), "")
