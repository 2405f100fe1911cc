"""functools: partial, lru_cache, reduce, singledispatch, total_ordering, cmp_to_key, partialmethod."""

import functools


def add(a, b, c=0):
    return a + b + c


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.singledispatch
def describe(value):
    return "object"


@describe.register
def _(value: int):
    return "int"


@describe.register(list)
def describe_list(value):
    return [describe(item) for item in value]


@functools.total_ordering
class Version:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __lt__(self, other):
        return self.number < other.number


class Cell:
    def set_state(self, state):
        self.state = state

    set_alive = functools.partialmethod(set_state, True)

    @functools.singledispatchmethod
    def take(self, value):
        return "any"

    @take.register
    def _(self, value: str):
        return "str"


def compare(a, b):
    return (a > b) - (a < b)


def main():
    assert functools.partial(add, 1, c=2)(3) == 6
    assert fibonacci(6) == 8
    assert functools.reduce(add, [1, 2, 3]) == 6
    assert functools.reduce(lambda a, b: a * b, [1, 2, 3]) == 6
    assert describe([1, "x"]) == ["int", "object"]
    assert Version(2) >= Version(1)
    cell = Cell()
    cell.set_alive()
    assert cell.take("x") == "str"
    assert cell.take(1) == "any"
    assert sorted([3, 1, 2], key=functools.cmp_to_key(compare)) == [1, 2, 3]
