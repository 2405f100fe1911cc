"""Comparing what has no parts: numbers, text, bytes, dates and what the standard library compares well itself."""

from __future__ import annotations

import array
import collections.abc
import datetime as dt
import functools
import ipaddress
import pathlib
import re
import types
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from callbox.values.compare import numbers, texts
from callbox.values.compare.families import Family, register, register_lenient
from callbox.values.exact.locks import LOCKS
from callbox.values.exact.references import METHOD_OF_HEAP_TYPE, reference_of
from callbox.values.exact.streams import STREAMS, state_of

if TYPE_CHECKING:
    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link


def compare_numbers(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    """Compare two real numbers."""
    if not numbers.are_close(actual, expected, rules):
        comparer.add_numbers(link, actual, expected)


def _compare_complex(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if not numbers.are_close_complex(complex(actual), complex(expected), rules):
        comparer.add_numbers(link, actual, expected)


def _compare_decimals(comparer: Comparer, actual: Decimal, expected: Decimal, link: Link, rules: Rules) -> None:
    if not (actual.is_finite() and expected.is_finite()):
        if str(actual) != str(expected) and not (rules.equal_nan and actual.is_nan() and expected.is_nan()):
            comparer.add_values(link, actual, expected)
    else:
        compare_numbers(comparer, actual, expected, link, rules)


def _compare_texts(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual == expected:
        return
    place = texts.first_difference(actual, expected)
    shown = texts.excerpt(actual, place), texts.excerpt(expected, place)
    comparer.add("value", link, *shown, texts.describe_place(expected, place))


def _compare_buffers(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    _compare_texts(comparer, bytes(actual), bytes(expected), link, rules)


def _compare_views(comparer: Comparer, actual: memoryview, expected: memoryview, link: Link, rules: Rules) -> None:
    shapes = (actual.format, actual.shape), (expected.format, expected.shape)
    if shapes[0] != shapes[1]:
        comparer.add("shape", link, f"{shapes[0][0]!r} {shapes[0][1]}", f"{shapes[1][0]!r} {shapes[1][1]}")
    else:
        _compare_texts(comparer, actual.tobytes(), expected.tobytes(), link, rules)


def _compare_arrays(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.typecode != expected.typecode:
        comparer.add("dtype", link, repr(actual.typecode), repr(expected.typecode))
    else:
        comparer.push(actual.tolist(), expected.tolist(), link, rules)


def _compare_plainly(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual != expected:
        comparer.add_values(link, actual, expected)


def _compare_zones(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual != expected or actual.tzname(None) != expected.tzname(None):
        comparer.add_values(link, actual, expected)


def _compare_zoned(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    if actual.replace(tzinfo=None) != expected.replace(tzinfo=None) or actual.fold != expected.fold:
        comparer.add_values(link, actual, expected)
    comparer.push(actual.tzinfo, expected.tzinfo, (link, "attribute", "tzinfo"), rules)


def _compare_identity(comparer: Comparer, actual: Any, expected: Any, link: Link, _rules: Rules) -> None:
    if actual is not expected:
        comparer.add_values(link, actual, expected)


def _compare_c_functions(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    """Compare functions by identity, and methods that C binds to a value by name and value."""
    if reference_of(actual) is None and reference_of(expected) is None and actual.__name__ == expected.__name__:
        comparer.push(actual.__self__, expected.__self__, (link, "attribute", "__self__"), rules)
    else:
        _compare_identity(comparer, actual, expected, link, rules)


def _compare_locks(_comparer: Comparer, _actual: Any, _expected: Any, _link: Link, _rules: Rules) -> None:
    """One lock that nobody holds is as good as another."""


def _compare_streams(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    """Compare what streams in memory hold, and where they stand."""
    mine, theirs = state_of(actual), state_of(expected)
    if mine is not None and theirs is not None:
        comparer.push(mine.content, theirs.content, (link, "attribute", "getvalue()"), rules)
        comparer.push(mine.position, theirs.position, (link, "attribute", "tell()"), rules)


def _compare_members(*names: str) -> Family:
    """Return a family whose values are compared by attributes that C keeps."""

    def run(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
        for name in names:
            comparer.push(getattr(actual, name), getattr(expected, name), (link, "attribute", name), rules)

    return Family(run, can_hold=True)


NUMBERS = Family(compare_numbers)
IDENTITY = Family(_compare_identity)
TEXTS = Family(_compare_texts)

register(NUMBERS, int, bool, float, Fraction)
register(Family(_compare_complex), complex)
register(Family(_compare_decimals), Decimal)
register(TEXTS, str, bytes)
register(Family(_compare_buffers), bytearray)
register(Family(_compare_views), memoryview)
register(Family(_compare_streams, can_hold=True), *STREAMS)
register(Family(_compare_locks), *LOCKS)
register(Family(_compare_arrays), array.array)
register(Family(_compare_plainly), dt.date, dt.timedelta, uuid.UUID, range, re.Pattern)
register(Family(_compare_plainly), ipaddress.IPv4Address, ipaddress.IPv6Address)
register(Family(_compare_plainly), ipaddress.IPv4Network, ipaddress.IPv6Network)
register(Family(_compare_plainly), ipaddress.IPv4Interface, ipaddress.IPv6Interface)
register(Family(_compare_plainly), pathlib.PosixPath, pathlib.WindowsPath)
register(Family(_compare_plainly), pathlib.PurePosixPath, pathlib.PureWindowsPath)
register(Family(_compare_zones), dt.timezone)
register(Family(_compare_zoned), dt.datetime, dt.time)
register(_compare_members("key"), zoneinfo.ZoneInfo)
register(_compare_members("start", "stop", "step"), slice)
register(_compare_members("func", "args", "keywords"), functools.partial)
register(_compare_members("__func__", "__self__"), types.MethodType)
register(IDENTITY, type(None), type(Ellipsis), type(NotImplemented), types.FunctionType, types.ModuleType)
register(IDENTITY, types.MethodDescriptorType, types.WrapperDescriptorType, functools._lru_cache_wrapper)
register(Family(_compare_c_functions, can_hold=True), types.BuiltinFunctionType, METHOD_OF_HEAP_TYPE)
register(_compare_members("__origin__", "__args__"), types.GenericAlias, type(collections.abc.Callable[[], None]))
register(_compare_members("__args__"), types.UnionType)

register_lenient(NUMBERS, int, float, Fraction)
register_lenient(Family(_compare_complex), int, float, complex)
register_lenient(TEXTS, str)
register_lenient(Family(_compare_buffers), bytes, bytearray)
