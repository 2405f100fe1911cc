"""Walking two values side by side, without recursion and without code of their own."""

from __future__ import annotations

from typing import Any, TypeAlias

from callbox.values import statics
from callbox.values.compare import families, numbers
from callbox.values.compare.objects import find_by_state
from callbox.values.compare.report import Comparison, Difference, brief
from callbox.values.compare.rules import Rules
from callbox.values.paths import Link, write_path

_SIMPLE_IDS = frozenset(map(id, (str, int, bool, type(None), bytes)))
"""Types whose `==` is all there is to say when it holds."""

Pair: TypeAlias = tuple[Any, Any, Link, Rules]


def compare(actual: Any, expected: Any, *, rules: Rules | None = None, name: str = "result") -> Comparison:
    """Compare two values part by part.

    Classes that callbox can read are compared by their state, never by their own `==`.
    Cycles are followed once.

    Args:
        actual: what was found.
        expected: what it should be.
        rules: tolerances and what else counts; exact by default.
        name: what paths begin with.

    Returns:
        The differences, in the order in which they are met.
    """
    rules = rules or Rules()
    comparer = Comparer(name, rules, rules.max_differences)
    comparer.run(actual, expected, None, rules)
    return comparer.result()


class Comparer:
    """One comparison, under rules of its own and overrides of these."""

    def __init__(self, name: str, rules: Rules, max_differences: int, parent: Comparer | None = None) -> None:
        self._name = name
        self._parent = parent
        self._rules = rules
        self._max_differences = max_differences
        self._differences: list[Difference] = []
        self._n_differences = 0
        self._pairs: list[Pair] = []
        self._met: dict[tuple[int, int, int], list[Link]] = {}
        """Where pairs were met, by the identities of the values and their rules."""
        self._kept: list[Any] = []

    @property
    def n_left(self) -> int:
        """How many differences may still be described."""
        return self._max_differences - len(self._differences)

    def run(self, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
        """Compare two values and all that they hold."""
        self._pairs.append((actual, expected, link, rules))
        while self._pairs:
            n_waiting = len(self._pairs) - 1
            actual, expected, link, rules = self._pairs.pop()
            self._compare(actual, expected, link, rules)
            # parts were pushed in order: turn them round, so that the first is compared next
            self._pairs[n_waiting:] = reversed(self._pairs[n_waiting:])

    def result(self) -> Comparison:
        """Return what was found."""
        return Comparison(tuple(self._differences), self._n_differences)

    def push(self, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
        """Compare two parts later, in the order in which they are pushed."""
        self._pairs.append((actual, expected, link, rules))

    def are_equal(self, actual: Any, expected: Any, link: Link, rules: Rules) -> bool:
        """Say whether two parts are equal, without noting differences."""
        apart = Comparer(self._name, self._rules, 1, self)
        apart.run(actual, expected, link, rules)
        return apart.result().is_equal

    def add(self, kind: str, link: Link, actual: str, expected: str, note: str = "") -> None:
        """Note a difference between two parts that are described already."""
        if self.n_left > 0:
            self._differences.append(Difference(write_path(self._name, link), kind, actual, expected, note))
        self._n_differences += 1

    def add_values(self, link: Link, actual: Any, expected: Any, note: str = "") -> None:
        """Note that two values differ."""
        self.add("value", link, brief(actual), brief(expected), note)

    def add_numbers(self, link: Link, actual: Any, expected: Any, note: str = "") -> None:
        """Note that two numbers differ, and by how much."""
        if self.n_left > 0:
            gap = note or numbers.describe_gap(actual, expected)
            size = numbers.magnitude_of(actual, expected)
            path = write_path(self._name, link)
            self._differences.append(Difference(path, "value", brief(actual), brief(expected), gap, size))
        self._n_differences += 1

    def add_rest(self, link: Link, n: int, text: str, note: str) -> None:
        """Note in one line that `n` more elements of an array differ."""
        if self.n_left > 0:
            path = write_path(self._name, link)
            self._differences.append(Difference(path, "elements", text, note=note, n=n))
        self._n_differences += n

    def _compare(self, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
        kind, other = type(actual), type(expected)
        if kind is other and id(kind) in _SIMPLE_IDS and actual == expected:
            return
        if self._rules.overrides:
            rules = self._rules.find_override(write_path(self._name, link)) or rules
        if rules.ignore or (actual is expected and rules.equal_nan):
            return
        if kind is other:
            family = families.find_comparison(kind) or find_by_state(kind)
            if family is None or rules.allows_eq(statics.type_name(kind)):
                self._compare_unknown(actual, expected, link, rules)
                return
        else:
            family = None if rules.strict_types else families.find_lenient_comparison(kind, other)
            if family is None:
                self.add(
                    "type",
                    link,
                    f"{brief(actual)} ({statics.type_name(kind)})",
                    f"{brief(expected)} ({statics.type_name(other)})",
                )
                return
        if not family.can_hold or self._is_new(actual, expected, link, rules):
            family.run(self, actual, expected, link, rules)

    def _is_new(self, actual: Any, expected: Any, link: Link, rules: Rules) -> bool:
        """Say whether a pair was not met before under these rules and overrides; a cycle meets it again."""
        pair = id(actual), id(expected), id(rules)
        comparer: Comparer | None = self
        while comparer is not None:
            if any(self._has_same_overrides(link, place) for place in comparer._met.get(pair, ())):
                return False
            comparer = comparer._parent
        self._met.setdefault(pair, []).append(link)
        self._kept.append((actual, expected))
        return True

    def _has_same_overrides(self, link: Link, other: Link) -> bool:
        """Say whether all that stands below two places is under the same overrides."""
        reach = self._rules.reach
        return not self._rules.overrides or reach(write_path(self._name, link)) == reach(write_path(self._name, other))

    def _compare_unknown(self, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
        name = statics.type_name(type(actual))
        if not rules.allows_eq(name):
            reason = f"callbox cannot look inside; allow_eq=({name!r},) compares by =="
            self.add("incomparable", link, brief(actual), brief(expected), reason)
            return
        try:
            is_equal = bool(actual == expected)
        except Exception as error:
            self.add("incomparable", link, brief(actual), brief(expected), f"== raised {type(error).__name__}: {error}")
            return
        if not is_equal:
            self.add_values(link, actual, expected)
