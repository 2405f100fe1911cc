"""Comparing containers: sequences aligned, bags matched, dictionaries by key."""

from __future__ import annotations

import collections
import gc
import types
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.compare.families import Family, register, register_base, register_lenient
from callbox.values.compare.objects import push_state
from callbox.values.compare.report import brief
from callbox.values.exact.containers import ordered_items
from callbox.values.exact.order import sort_key

if TYPE_CHECKING:
    from callbox.values.compare.rules import Rules
    from callbox.values.compare.walk import Comparer
    from callbox.values.paths import Link

_MAX_MATCHES = 1_000_000
"""Pairs that matching a bag may compare in depth."""


# Sequences


def _compare_sequences(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    found, wanted = _items(actual), _items(expected)
    if rules.unordered:
        _compare_bags(comparer, found, wanted, link, rules)
    elif len(found) == len(wanted):
        for index, pair in enumerate(zip(found, wanted, strict=True)):
            comparer.push(*pair, (link, "index", index), rules)
    else:
        _align(comparer, found, wanted, link, rules)
    if type(actual) is type(expected):
        push_state(comparer, actual, expected, link, rules)


def _items(value: Any) -> list[Any]:
    bases = (list, tuple, collections.deque)
    base: Any = next(base for base in bases if statics.derives(type(value), base))
    return list(base.__iter__(value))


def _align(comparer: Comparer, found: list[Any], wanted: list[Any], link: Link, rules: Rules) -> None:
    """Compare sequences of different lengths: what both begin and end with belongs together."""
    comparer.add("length", link, str(len(found)), str(len(wanted)))
    shorter = min(len(found), len(wanted))
    start = 0
    while start < shorter and comparer.are_equal(found[start], wanted[start], (link, "index", start), rules):
        start += 1
    end = 0
    while end < shorter - start:
        at = len(found) - 1 - end
        if not comparer.are_equal(found[at], wanted[-1 - end], (link, "index", at), rules):
            break
        end += 1
    for index in range(start, shorter - end):
        comparer.push(found[index], wanted[index], (link, "index", index), rules)
    for index in range(shorter - end, len(found) - end):
        comparer.add("extra", (link, "index", index), brief(found[index]), "")
    for index in range(shorter - end, len(wanted) - end):
        comparer.add("missing", (link, "index", index), "", brief(wanted[index]))


# What has no order


@dataclass(frozen=True, slots=True)
class _Match:
    """Which elements belong together, by position.

    Attributes:
        pairs: positions of equal elements.
        extra: positions in what was found that nothing matches.
        missing: positions in what is wanted that nothing matches.
    """

    pairs: list[tuple[int, int]]
    extra: list[int]
    missing: list[int]


def _match(comparer: Comparer, found: list[Any], wanted: list[Any], link: Link, rules: Rules) -> _Match:
    """Match equal elements in any order: those whose content looks the same first, then each with each."""
    by_key: dict[bytes, list[int]] = {}
    for index, item in enumerate(wanted):
        by_key.setdefault(sort_key(item), []).append(index)
    pairs, extra = [], []
    for index, item in enumerate(found):
        candidates = by_key.get(sort_key(item), [])
        partner = _find_equal(comparer, item, candidates, wanted, (link, rules))
        if partner is None:
            extra.append(index)
        else:
            candidates.remove(partner)
            pairs.append((index, partner))
    missing = sorted(index for candidates in by_key.values() for index in candidates)
    return _match_rest(comparer, (found, wanted), _Match(pairs, extra, missing), link, rules)


def _match_rest(
    comparer: Comparer, items: tuple[list[Any], list[Any]], match: _Match, link: Link, rules: Rules
) -> _Match:
    """Match what is equal although it looks different: close numbers, or other types where these do not matter."""
    found, wanted = items
    if len(match.extra) * len(match.missing) > _MAX_MATCHES:
        return match
    pairs, extra, missing = list(match.pairs), [], list(match.missing)
    for index in match.extra:
        partner = _find_equal(comparer, found[index], missing, wanted, (link, rules))
        if partner is None:
            extra.append(index)
        else:
            missing.remove(partner)
            pairs.append((index, partner))
    return _Match(sorted(pairs, key=itemgetter(1)), extra, missing)


def _find_equal(
    comparer: Comparer, item: Any, candidates: list[int], wanted: list[Any], context: tuple[Link, Rules]
) -> int | None:
    link, rules = context
    place: Link = (link, "element", item)
    return next((index for index in candidates if comparer.are_equal(item, wanted[index], place, rules)), None)


def _compare_bags(comparer: Comparer, found: list[Any], wanted: list[Any], link: Link, rules: Rules) -> None:
    match = _match(comparer, found, wanted, link, rules)
    for index in match.extra:
        comparer.add("extra", (link, "index", index), brief(found[index]), "")
    for index in match.missing:
        comparer.add("missing", (link, "index", index), "", brief(wanted[index]))


def _compare_sets(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    found, wanted = _elements(actual), _elements(expected)
    match = _match(comparer, found, wanted, link, rules)
    for index in match.extra:
        comparer.add("extra", link, brief(found[index]), "")
    for index in match.missing:
        comparer.add("missing", link, "", brief(wanted[index]))
    if type(actual) is type(expected):
        push_state(comparer, actual, expected, link, rules)


def _elements(value: Any) -> list[Any]:
    base: Any = set if statics.derives(type(value), set) else frozenset
    return sorted(base.__iter__(value), key=sort_key)


def _compare_dicts(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    found, wanted = _pairs(actual), _pairs(expected)
    keys = [key for key, _ in found], [key for key, _ in wanted]
    if all(type(key) is str for key in chain(*keys)):
        match = _match_names(*keys)
    else:
        match = _match(comparer, *keys, link, rules)
    for left, right in match.pairs:
        key, value = wanted[right]
        comparer.push(found[left][1], value, (link, "key", key), rules)
    for index in match.missing:
        key, value = wanted[index]
        comparer.add("missing", (link, "key", key), "", brief(value))
    for index in match.extra:
        key, value = found[index]
        comparer.add("extra", (link, "key", key), brief(value), "")
    if all(statics.derives(type(value), collections.OrderedDict) for value in (actual, expected)):
        _compare_order(comparer, match, link)
    if type(actual) is type(expected):
        push_state(comparer, actual, expected, link, rules)


def _compare_order(comparer: Comparer, match: _Match, link: Link) -> None:
    """Note that an OrderedDict, which compares its order too, has another one."""
    lefts = [left for left, _ in match.pairs]
    if lefts != sorted(lefts):
        comparer.add("value", link, "keys in this order", "keys in another order")


def _match_names(found: list[Any], wanted: list[Any]) -> _Match:
    places = {key: index for index, key in enumerate(found)}
    pairs = [(places[key], index) for index, key in enumerate(wanted) if key in places]
    names = set(wanted)
    extra = [index for index, key in enumerate(found) if key not in names]
    return _Match(pairs, extra, [index for index, key in enumerate(wanted) if key not in places])


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if statics.derives(type(value), collections.OrderedDict):
        return list(ordered_items(value))
    return list(dict.items(value))


def _compare_proxies(comparer: Comparer, actual: Any, expected: Any, link: Link, rules: Rules) -> None:
    (found,), (wanted,) = gc.get_referents(actual), gc.get_referents(expected)
    comparer.push(found, wanted, link, rules)


SEQUENCES = Family(_compare_sequences, can_hold=True)
SETS = Family(_compare_sets, can_hold=True)
DICTS = Family(_compare_dicts, can_hold=True)

register(SEQUENCES, list, tuple, collections.deque)
register(SETS, set, frozenset)
register(DICTS, dict, collections.OrderedDict, collections.defaultdict)
register(Family(_compare_proxies, can_hold=True), types.MappingProxyType)

register_base(SEQUENCES, list, tuple, collections.deque)
register_base(SETS, set, frozenset)
register_base(DICTS, dict)

register_lenient(SEQUENCES, list, tuple, collections.deque)
register_lenient(SETS, set, frozenset)
register_lenient(DICTS, dict)
