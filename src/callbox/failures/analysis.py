"""What failures of one kind have in common, and what tells them from calls that went well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from callbox.failures.history import Group
from callbox.failures.model import Failure, Passed

_MAX_VALUES = 5


@dataclass(frozen=True, slots=True)
class Analysis:
    """One kind of failures, looked at together.

    Attributes:
        group: how often, when, where.
        n_examined: failures of it that are kept in full.
        common: arguments and locals of the innermost frame that are the same in all of them.
        varying: the others, with their most frequent values.
        only_failing: of the common ones, those that no passed call of the same function had.
        n_passed: passed calls that these were compared with.
        path: functions that all of them went through, outermost first.
        messages: the most frequent messages.
    """

    group: Group
    n_examined: int
    common: dict[str, str]
    varying: dict[str, list[str]]
    only_failing: dict[str, str]
    n_passed: int
    path: list[str]
    messages: list[str]


def analyze(
    groups: Sequence[Group],
    failures_of: Callable[[str], Sequence[Failure]],
    passed_of: Callable[[str], Sequence[Passed]],
) -> list[Analysis]:
    """Look at each kind of failures.

    Args:
        groups: the kinds.
        failures_of: returns the failures of a fingerprint that are kept in full.
        passed_of: returns passed calls by the name of the test or function.
    """
    return [_analyze_one(group, failures_of(group.fingerprint), passed_of(group.test_name)) for group in groups]


def _analyze_one(group: Group, failures: Sequence[Failure], passed: Sequence[Passed]) -> Analysis:
    values = [_values_of(failure) for failure in failures]
    common = _shared(values)
    names = dict.fromkeys(name for each in values for name in each if name not in common)
    compared = [each.arguments for each in passed if each.arguments]
    return Analysis(
        group=group,
        n_examined=len(failures),
        common=common,
        varying={name: _most_frequent(each.get(name, "absent") for each in values) for name in names},
        only_failing={
            name: value
            for name, value in common.items()
            if any(name in other for other in compared) and all(other.get(name) != value for other in compared)
        },
        n_passed=len(compared),
        path=_common_path(failures),
        messages=_most_frequent(failure.exception.message for failure in failures if failure.exception),
    )


def _values_of(failure: Failure) -> dict[str, str]:
    """Return arguments, and what else the function's own frame held."""
    frames = failure.exception.frames if failure.exception else ()
    inner = frames[-1].locals or {} if frames else {}
    return {**{f"{name} (inner)": value for name, value in inner.items()}, **failure.arguments}


def _shared(all_values: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not all_values:
        return {}
    first, *others = all_values
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _most_frequent(values: Iterable[str]) -> list[str]:
    return [value for value, _ in Counter(values).most_common(_MAX_VALUES)]


def _common_path(failures: Sequence[Failure]) -> list[str]:
    paths = [[frame.function for frame in failure.exception.frames] for failure in failures if failure.exception]
    if not paths:
        return []
    shared = set(paths[0]).intersection(*paths[1:])
    return list(dict.fromkeys(function for function in paths[0] if function in shared))
