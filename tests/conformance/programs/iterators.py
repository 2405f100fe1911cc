"""Iteration protocols: __iter__, __next__, __getitem__, __reversed__, unpacking, zip, itertools, match."""

import itertools


class Range:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return RangeIterator(self.n)

    def __reversed__(self):
        yield from range(self.n - 1, -1, -1)


class RangeIterator:
    def __init__(self, n):
        self.i, self.n = 0, n

    def __iter__(self):
        return self

    def __next__(self):
        if self.i == self.n:
            raise StopIteration
        self.i += 1
        return self.i


class Sequence:
    def __getitem__(self, index):
        if index > 2:
            raise IndexError
        return index

    def __len__(self):
        return 3


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    @property
    def total(self):
        return self.x + self.y


def match(value):
    match value:
        case Point(x=1, total=3):
            return "point"
        case Point(_, y) if check(y):
            return "checked"
        case [_, *_]:
            return "list"
        case _:
            return "other"


def check(n):
    return n > 1


def main():
    assert list(Range(2)) == [1, 2]
    assert list(reversed(Range(2))) == [1, 0]
    a, *rest = Range(3)
    assert [a, rest] == [1, [2, 3]]
    assert [*Sequence()] == [0, 1, 2]
    assert 2 in Sequence()
    assert list(zip(Range(2), Sequence())) == [(1, 0), (2, 1)]
    assert list(itertools.takewhile(check, [2, 3, 1])) == [2, 3]
    assert list(itertools.islice(Range(5), 2)) == [1, 2]
    assert [match(v) for v in (Point(1, 2), Point(2, 2), [1], 3)] == ["point", "checked", "list", "other"]
