"""Small programs for the recorder to watch, each a function of its size that returns what it computed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator


def fib(n: int) -> int:
    """Recurse: nothing but Python calls."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def _primes() -> Iterator[int]:
    found: list[int] = []
    candidate = 2
    while True:
        if all(candidate % prime for prime in found):
            found.append(candidate)
            yield candidate
        candidate += 1


def sieve(n: int) -> int:
    """Resume generators: return the sum of the first primes."""
    primes = _primes()
    return sum(next(primes) for _ in range(n))


def join_words(n: int) -> str:
    """Call C functions: return a text of the last words of many."""
    words: list[str] = []
    for index in range(n):
        words.append(str(index).zfill(4))
        if len(words) > 8:
            words.pop(0)
    return " ".join(reversed(words))


class Account:
    """A balance that refuses to go below zero."""

    def __init__(self, balance: int) -> None:
        self.balance = balance

    def withdraw(self, amount: int) -> int:
        if amount > self.balance:
            raise ValueError(f"{amount} is more than {self.balance}")
        self.balance -= amount
        return self.balance


def overdraw(n: int) -> int:
    """Raise and catch: return how many withdrawals were refused."""
    account, n_refused = Account(100), 0
    for amount in range(n):
        try:
            account.withdraw(amount % 150)
        except ValueError:
            n_refused += 1
            account = Account(100)
    return n_refused


PROGRAMS: dict[str, Callable[[], object]] = {
    "fib": functools.partial(fib, 17),
    "sieve": functools.partial(sieve, 150),
    "join_words": functools.partial(join_words, 2_000),
    "overdraw": functools.partial(overdraw, 2_000),
}
