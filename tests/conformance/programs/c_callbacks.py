"""C functions that call back into Python: sorted, map, filter, reduce, re.sub, dict lookups, iteration."""

import bisect
import functools
import heapq
import re


def key(n):
    return -n


def is_odd(n):
    return n % 2


def replace(match):
    return match[0].upper()


def fail(n):
    raise ValueError(n)


class Key:
    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return hash(self.value) % 2

    def __eq__(self, other):
        return self.value == other.value

    def __lt__(self, other):
        return self.value < other.value


def values():
    yield 3
    yield 1


def raise_through_c():
    for call in (
        lambda: sorted([1, 2], key=fail),
        lambda: list(map(fail, [1])),
        lambda: max([1, 2], key=fail),
        lambda: re.sub("a", fail, "a"),
    ):
        try:
            call()
        except ValueError:
            key(1)


def main():
    assert sorted([1, 3, 2], key=key) == [3, 2, 1]
    assert list(map(key, [1, 2])) == [-1, -2]
    assert list(filter(is_odd, range(4))) == [1, 3]
    assert functools.reduce(lambda a, b: a + b, map(key, [1, 2])) == -3
    assert re.sub("[ab]", replace, "abc") == "ABc"
    assert {Key(1): "one", Key(3): "three"}[Key(3)] == "three"
    assert max(Key(1), Key(2)).value == 2
    heap = [Key(2)]
    heapq.heappush(heap, Key(1))
    assert bisect.bisect([Key(1), Key(3)], Key(2)) == 1
    assert sorted(values()) == [1, 3]
    assert list(zip(values(), map(key, values()))) == [(3, -3), (1, -1)]
    assert dict.fromkeys(values()) == {3: None, 1: None}
    raise_through_c()
