"""Comparing instances of classes that callbox does not know: by class and state, never by their `==`."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.compare.families import Family
from callbox.values.compare.leaves import IDENTITY
from callbox.values.compare.report import brief
from callbox.values.exact.exceptions import read_fields
from callbox.values.exact.objects import has_plain_base, plain_base_value

if TYPE_CHECKING:
    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link


def push_state(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    """Compare what two instances of one class hold in slots and dictionary."""
    layout = statics.layout_of(type(actual))
    if layout.slots or layout.namespace is not None:
        _push_named(comparer, dict(layout.read(actual)), dict(layout.read(expected)), link, rules)


def _push_named(comparer: Comparer, found: dict[str, Any], wanted: dict[str, Any], link: Link, rules: Rules) -> None:
    for name, value in wanted.items():
        if name in found:
            comparer.push(found[name], value, (link, "attribute", name), rules)
        else:
            comparer.add("missing", (link, "attribute", name), "", brief(value))
    for name, value in found.items():
        if name not in wanted:
            comparer.add("extra", (link, "attribute", name), brief(value), "")


def _compare_derived(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    comparer.push(plain_base_value(actual), plain_base_value(expected), link, rules)
    push_state(comparer, actual, expected, link, rules)


def _compare_exceptions(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    found, wanted = dict(read_fields(actual)), dict(read_fields(expected))
    if statics.derives(type(actual), BaseExceptionGroup):
        for name in ("message", "exceptions"):
            found[name], wanted[name] = (BaseExceptionGroup.__dict__[name].__get__(e) for e in (actual, expected))
    _push_named(comparer, found, wanted, link, rules)
    push_state(comparer, actual, expected, link, rules)


EXCEPTIONS = Family(_compare_exceptions, can_hold=True)
OBJECTS = Family(push_state, can_hold=True)
DERIVED = Family(_compare_derived, can_hold=True)


def find_by_state(cls: type) -> Family | None:
    """Return how instances of an ordinary class are compared; None if C keeps some of their state."""
    if statics.derives(type(cls), enum.EnumType) or statics.derives(cls, type):
        return IDENTITY
    layout = statics.layout_of(cls)
    if layout.problem is not None:
        return None
    if layout.base is object:
        return OBJECTS
    if has_plain_base(cls):
        return DERIVED
    return EXCEPTIONS if statics.derives(layout.base, BaseException) else None
