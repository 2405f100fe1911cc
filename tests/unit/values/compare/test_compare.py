"""Comparing values: every difference, with place and size, and no code of the values."""

from __future__ import annotations

import collections
import copy
import datetime as dt
import math
import re
import types
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import value_kinds as kinds
from tests.support.value_strategies import cyclic_values, values

from callbox.errors import ConfigError
from callbox.values.compare import Rules, compare
from callbox.values.compare.numbers import ulps_between


def differences(actual, expected, **rules) -> list[str]:
    return str(compare(actual, expected, rules=Rules(**rules))).splitlines()


@settings(max_examples=200)
@given(values | cyclic_values())
def test_value_equals_itself(value) -> None:
    assert compare(value, value).is_equal
    assert compare([value], [value]).is_equal


@settings(max_examples=100)
@given(values)
def test_value_in_a_list_differs_from_one_more(value) -> None:
    assert not compare([value], [value, None]).is_equal


def test_difference_reads_well() -> None:
    actual = {"a": [0, 0, 0, kinds.Point(1.0)]}
    expected = {"a": [0, 0, 0, kinds.Point(1.0000000000000004)]}

    comparison = compare(actual, expected)

    assert str(comparison) == 'result["a"][3].x: 1.0 != 1.0000000000000004 (2 ulp)'
    assert comparison.differences[0].magnitude == pytest.approx(4.4e-16, rel=0.1)
    assert comparison.differences[0].path == 'result["a"][3].x'


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (1, 2, "result: 1 != 2 (off by 1)"),
        (1, True, "result: 1 (int) != True (bool)"),
        ([1], (1,), "result: [1] (list) != (1,) (tuple)"),
        (1.5, 3.0, "result: 1.5 != 3.0 (off by 1.5, relative 0.5)"),
        (math.inf, 1.0, "result: inf != 1.0"),
        (1j, 2j, "result: 1j != 2j (off by 1, relative 0.5)"),
        (Decimal("1.1"), Decimal("1.2"), "result: Decimal('1.1') != Decimal('1.2') (off by 0.1, relative 0.0833)"),
        (Decimal("NaN"), Decimal("sNaN1"), "equal"),
        (Decimal("Infinity"), Decimal(1), "result: Decimal('Infinity') != Decimal('1')"),
        (Fraction(1, 3), Fraction(2, 3), "result: Fraction(1, 3) != Fraction(2, 3) (off by 0.333, relative 0.5)"),
        (b"abc", b"abd", "result: b'abc' != b'abd' (from byte 2)"),
        ("a\nbc", "a\nbd", "result: 'a\\nbc' != 'a\\nbd' (from line 2, column 2)"),
        (bytearray(b"a"), bytearray(b"b"), "result: b'a' != b'b' (from byte 0)"),
        (None, 0, "result: None (NoneType) != 0 (int)"),
        (dt.date(2020, 1, 1), dt.date(2020, 1, 2), "result: datetime.date(2020, 1, 1) != datetime.date(2020, 1, 2)"),
        (re.compile("a"), re.compile("a", re.I), "result: re.compile('a') != re.compile('a', re.IGNORECASE)"),
        (kinds.Colour.RED, kinds.Colour.GREEN, "result: Colour.RED != Colour.GREEN"),
        (kinds.function, len, f"result: <function {kinds.__name__}.function> (function) != <function builtins.len> "),
        (int, str, "result: <class int> != <class str>"),
        (slice(1, 2), slice(1, 3), "result.stop: 2 != 3 (off by 1)"),
        (types.MappingProxyType({1: 2}), types.MappingProxyType({1: 3}), "result[1]: 2 != 3 (off by 1)"),
        (ValueError("a", 1), ValueError("a", 2), "result.args[1]: 1 != 2 (off by 1)"),
        (kinds.Pair(1, 2), kinds.Pair(1, 3), "result[1]: 2 != 3 (off by 1)"),
        (kinds.MyInt(1), kinds.MyInt(2), "result: 1 != 2 (off by 1)"),
        (kinds.Plain(a=1), kinds.Plain(b=1), "result.b: missing 1\nresult.a: extra 1"),
    ],
)
def test_differences_of_every_kind_are_described(actual, expected, text) -> None:
    assert str(compare(actual, expected)).startswith(text)


def test_datetimes_differ_by_zone_and_fold() -> None:
    moment = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

    assert differences(moment, moment.replace(fold=1))
    assert differences(moment, moment.astimezone(dt.timezone(dt.timedelta(0), "X")))[0].startswith("result.tzinfo")


# Numbers


def test_ulps_are_counted_across_zero() -> None:
    assert ulps_between(5e-324, -5e-324) == 2
    assert ulps_between(0.0, -0.0) == 0
    assert ulps_between(1.0, math.nextafter(1.0, 2)) == 1


@pytest.mark.parametrize(
    ("actual", "expected", "rules", "is_equal"),
    [
        (1.0, 1.1, {"rtol": 0.1}, True),
        (1.0, 1.2, {"rtol": 0.1}, False),
        (100, 101, {"atol": 1}, True),
        (10**400, 10**400 + 1, {"rtol": 1e-9}, True),
        (10**400, 1.0, {"rtol": 1e-9, "strict_types": False}, False),
        (1e308, -1e308, {"rtol": 1.0}, False),
        (math.inf, 1e308, {"rtol": 1.0}, False),
        (math.nan, math.nan, {}, True),
        (math.nan, math.nan, {"equal_nan": False}, False),
        (math.nan, 1.0, {"rtol": 1}, False),
        (0.0, -0.0, {}, True),
        (0.0, -0.0, {"signed_zeros": True}, False),
        (complex(math.nan, 1), complex(math.nan, 1), {}, True),
        (complex(1, 1), complex(1, 1.01), {"rtol": 0.1}, True),
        (1, 1.0, {"strict_types": False}, True),
        (True, 1, {"strict_types": False}, True),
        (1, 1 + 0j, {"strict_types": False}, True),
        ([1], (1,), {"strict_types": False}, True),
        (kinds.MyDict(a=1), {"a": 1}, {"strict_types": False}, True),
        ("1", 1, {"strict_types": False}, False),
    ],
)
def test_tolerances_and_types_follow_the_rules(actual, expected, rules, is_equal) -> None:
    assert compare(actual, expected, rules=Rules(**rules)).is_equal is is_equal


# Containers


def test_sequences_of_different_lengths_are_aligned_at_both_ends() -> None:
    assert differences([1, 2, 3, 4], [1, 3, 4]) == ["result: length 4 != 3", "result[1]: extra 2"]
    assert differences([1, 4], [1, 2, 3, 4])[1:] == ["result[1]: missing 2", "result[2]: missing 3"]
    assert (
        differences([1, 9, 3], [1, 2, 3, 4])[1:]
        == [*("result[1]: 9 != 2 (off by 7, relative 3.5)", "result[3]: missing 4")]
        or len(differences([1, 9, 3], [1, 2, 3, 4])) == 3
    )


def test_keys_are_matched_by_type_and_content() -> None:
    assert differences({1: "a", (1, 2): 2}, {True: "a", (1, 2): 3}) == [
        "result[True]: missing 'a'",
        "result[1]: extra 'a'",
        "result[(1, 2)]: 2 != 3 (off by 1)",
    ]


def test_keys_are_matched_by_state_without_their_own_hash() -> None:
    kinds.KeyByName.calls = 0
    actual, expected = {kinds.KeyByName("a"): 1}, {kinds.KeyByName("a"): 2}
    n_building = kinds.KeyByName.calls

    assert compare(actual, expected).n_differences == 1
    assert kinds.KeyByName.calls == n_building


def test_order_matters_to_ordered_dicts_alone() -> None:
    ordered = collections.OrderedDict

    assert compare({"a": 1, "b": 2}, {"b": 2, "a": 1}).is_equal
    assert not compare(ordered(a=1, b=2), ordered(b=2, a=1)).is_equal


def test_sets_tell_what_is_extra_and_missing() -> None:
    assert differences({1, 2}, {2, 3}) == ["result: extra 1", "result: missing 3"]
    assert compare({kinds.Plain(a=1)}, {kinds.Plain(a=1)}).is_equal


def test_bags_ignore_order_and_keep_counts() -> None:
    assert compare([3, 1, 2.0000001], [1, 2.0, 3], rules=Rules(unordered=True, rtol=1e-5)).is_equal
    assert differences([1, 1, 2], [2, 2, 1], unordered=True) == ["result[1]: extra 1", "result[1]: missing 2"]


def test_cycles_are_followed_once() -> None:
    first, second = [1], [1]
    first.append(first)
    second.append(second)
    assert compare(first, second).is_equal

    second[0] = 2
    assert differences(first, second) == ["result[0]: 1 != 2 (off by 1)"]


def test_sets_of_objects_that_lead_back_to_them_are_compared() -> None:
    def make(name):
        node = kinds.Plain(name=name)
        node.peers = {node, kinds.Plain(back=node)}
        return node

    assert compare(make("a"), make("a")).is_equal
    assert not compare(make("a"), make("b")).is_equal


def test_deep_values_are_compared_without_recursion() -> None:
    first, second = [], [1]
    for _ in range(20_000):
        first, second = [first], [second]

    assert compare(first, second).n_differences == 2


# Rules


def test_override_applies_at_its_path_and_below() -> None:
    actual = {"rows": [{"elapsed": 1.0, "n": 1}], "time": {"start": 5}}
    expected = {"rows": [{"elapsed": 2.0, "n": 1}], "time": {"start": 9}}
    overrides = {'result["rows"][*]["elapsed"]': Rules(atol=10), '*["time"]': Rules(ignore=True)}

    assert compare(actual, expected, rules=Rules(overrides=overrides)).is_equal
    assert compare(actual, expected).n_differences == 2


def test_alias_is_compared_under_the_rules_of_each_place() -> None:
    ours, theirs = [1.0], [2.0]
    actual, expected = {"near": ours, "exact": ours}, {"near": theirs, "exact": theirs}

    assert differences(actual, expected, overrides={'*["near"]': Rules(atol=10)}) == [
        'result["exact"][0]: 1.0 != 2.0 (off by 1, relative 0.5)'
    ]


def test_override_below_one_place_of_an_alias_says_nothing_of_the_other() -> None:
    inner, other = {"deep": {"time": 1}}, {"deep": {"time": 2}}
    actual, expected = {"a": inner, "b": inner}, {"a": other, "b": other}

    assert differences(actual, expected, overrides={'result["a"]["deep"]["time"]': Rules(ignore=True)}) == [
        'result["b"]["deep"]["time"]: 1 != 2 (off by 1)'
    ]
    assert differences(actual, expected, overrides={'*["time"]': Rules(ignore=True)}) == ["equal"]


def test_cycles_and_shared_parts_end_under_overrides() -> None:
    cycle, shared = [[]], ([1],)
    cycle[0].append(cycle)
    for _ in range(60):
        shared = (shared, shared)

    for value in (cycle, shared):
        assert compare(value, copy.deepcopy(value), rules=Rules(overrides={"*[1][0]": Rules(atol=1)})).is_equal


@settings(max_examples=300)
@given(st.text("ab[*?", max_size=6), st.text("ab[", max_size=8))
def test_reach_of_an_override_ends_where_it_matches(glob, path) -> None:
    rules = Rules(overrides={glob: Rules(atol=1)})

    assert (len(glob) in rules.reach(path)[0]) == (rules.find_override(path) is not None)


def test_last_override_that_matches_wins() -> None:
    overrides = {"result*": Rules(ignore=True), "result[0]": Rules()}

    assert differences([1, 1], [2, 2], overrides=overrides) == ["equal"]
    assert differences([1, 1], [2, 2], overrides={"result[?]": Rules(ignore=True), "result[0]": Rules()}) == [
        "result[0]: 1 != 2 (off by 1)"
    ]


def test_differences_are_bounded_and_counted() -> None:
    comparison = compare(list(range(100)), [-1] * 100, rules=Rules(max_differences=2))

    assert (len(comparison.differences), comparison.n_differences) == (2, 100)
    assert str(comparison).endswith("... and 98 more differences")


@pytest.mark.parametrize("rules", [{"rtol": -1}, {"atol": math.nan}, {"atol": math.inf}, {"max_differences": 0}])
def test_senseless_rules_are_refused(rules) -> None:
    with pytest.raises(ConfigError):
        Rules(**rules)


# Unknown types


class Opaque:
    n_calls = 0

    def __eq__(self, other: object) -> bool:
        Opaque.n_calls += 1
        return True

    __hash__ = None


def test_own_equality_of_a_class_runs_only_where_allowed() -> None:
    first, second = Opaque(), Opaque()
    first.x, second.x = 1, 2

    assert not compare(first, second).is_equal
    assert Opaque.n_calls == 0
    assert compare(first, second, rules=Rules(allow_eq=("*.Opaque",))).is_equal
    assert Opaque.n_calls == 1


def test_what_cannot_be_looked_into_is_incomparable_unless_identical() -> None:
    iterator = iter([])

    assert compare(iterator, iterator).is_equal
    assert compare(iterator, iter([])).differences[0].kind == "incomparable"


def test_equality_that_raises_is_a_difference(monkeypatch) -> None:
    monkeypatch.setattr(Opaque, "__eq__", lambda self, other: 1 / 0)

    assert differences(Opaque(), Opaque(), allow_eq=("*",))[0].endswith(
        "(== raised ZeroDivisionError: division by zero)"
    )


def test_long_texts_are_shown_around_the_difference() -> None:
    (line,) = differences("a" * 1000 + "b", "a" * 1000 + "c")

    assert len(line) < 150
    assert line.endswith("(from character 1000)")


def test_methods_that_c_binds_are_compared_by_what_they_are_bound_to() -> None:
    assert compare([1].append, [1].append).is_equal
    assert differences([1].append, [2].append) == ["result.__self__[0]: 1 != 2 (off by 1)"]
    assert not compare([1].append, [1].extend).is_equal
    assert not compare(len, [1].append).is_equal
