"""Loops that are nothing but calls: the worst case of every tracer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def fib_recursion() -> Callable[[], object]:
    return lambda: fib(26)


def measure_words(n_turns: int) -> int:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    total = 0
    for _ in range(n_turns):
        for word in words:
            total += len(word)
            total += ord(max(word))
            if word.startswith("b"):
                total += word.count("e")
            total += abs(hash(total))  # of an int: the same in every process
            total &= 0xFFFF
    return total


def c_calls() -> Callable[[], object]:
    return lambda: measure_words(10_000)


def _count(n: int) -> Iterator[int]:
    i = 0
    while i < n:
        yield i
        i += 1


def _odd(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        if number & 1:
            yield number


def _chain(n: int) -> Iterator[int]:
    yield from _odd(_count(n))
    yield from (number * number for number in _count(n))


def sum_chain(n: int) -> int:
    return sum(_chain(n))


def generators() -> Callable[[], object]:
    return lambda: sum_chain(100_000)


class Vector:
    """A point with the usual special methods, a property and a class method."""

    __slots__ = ("x", "y")

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)

    def __getitem__(self, index: int) -> int:
        return self.y if index else self.x

    @property
    def norm(self) -> int:
        return self.x * self.x + self.y * self.y

    @classmethod
    def diagonal(cls, length: int) -> Vector:
        return cls(length, length)

    def scaled(self, factor: int) -> Vector:
        return Vector(self.x * factor, self.y * factor)


def walk(n_steps: int) -> int:
    position = Vector(0, 0)
    total = 0
    for step in range(n_steps):
        position = position + Vector.diagonal(step & 7).scaled(3)
        total += position.norm + position[0] - position[1]
    return total


def methods() -> Callable[[], object]:
    return lambda: walk(25_000)
