"""How arguments stand in the source of a call."""

from __future__ import annotations

import sys

import pytest

from callbox.testgen.call_site import passed_in

OTHERS = {"n": 1}


def seen(*_args: object, **_kwargs: object) -> object:
    return passed_in(sys._getframe(1))


class Shop:
    def seen(self, *_args: object, **_kwargs: object) -> object:
        return passed_in(sys._getframe(1))


@pytest.mark.parametrize(
    ("call", "passed"),
    [
        (lambda: seen(), (0, ())),
        (lambda: seen(1, 2), (2, ())),
        (lambda: seen(1, day="today", n=3), (1, ("day", "n"))),
        (lambda: Shop().seen(1, n=2), (1, ("n",))),
        (lambda: seen(max(1, 2), n=min(1, 2)), (1, ("n",))),
        (lambda: seen(*[1, 2]), None),
        (lambda: seen(**OTHERS), None),
    ],
)
def test_arguments_are_told_from_the_bytecode_of_the_caller(call, passed) -> None:
    assert call() == passed


def test_same_place_is_read_once_and_gives_the_same() -> None:
    assert [seen(n, last=n) for n in range(3)] == [(1, ("last",))] * 3
