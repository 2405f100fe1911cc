"""Names in source: those that Python reserves, mangles or knows for something else, and what methods are bound to."""

from __future__ import annotations

import argparse
import enum
import functools
import re
import types

import pytest
from tests.support import value_kinds as kinds
from tests.support.sources import evaluate

from callbox.values.exact import encode
from callbox.values.literals import Style, literal
from callbox.values.refusal import UnwritableError


class Safe:
    """A class with a private method."""

    def __init__(self, key) -> None:
        self.key = key

    def __open(self) -> None: ...

    def opener(self):
        return self.__open


class Slotted:
    """A class that keeps its state in slots."""

    __slots__ = ("alpha", "beta", "delta", "gamma")


Odd = enum.Enum("Odd", {"light-blue": 1, "class": 2})


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (functools.partial(kinds.function, **{"class": 1, "a b": 2}), 'partial(function, **{"class": 1, "a b": 2})'),
        (Odd["light-blue"], 'Odd["light-blue"]'),
        (Odd["class"], 'Odd["class"]'),
        ((5).bit_length, "(5).bit_length"),
        ((-1.5).hex, "(-1.5).hex"),
        ([1].append, "[1].append"),
        ((kinds.Access.READ | kinds.Access.RUN).__contains__, "(Access.READ | Access.RUN).__contains__"),
        (types.MethodType(kinds.function, 3), "MethodType(function, 3)"),
        (Safe(1).opener(), "Safe(key=1)._Safe__open"),
    ],
)
def test_name_is_written_so_that_python_reads_it(value, source) -> None:
    written = literal(value)

    assert (written.setup, written.source) == ((), source)
    assert encode(evaluate(written)) == encode(value)


def test_slots_are_set_in_the_order_of_the_class() -> None:
    value = Slotted()
    for n, name in enumerate(Slotted.__slots__):
        setattr(value, name, n)

    written = literal(value)

    assert [line.split('"')[1] for line in written.setup[1:]] == list(Slotted.__slots__)
    assert encode(evaluate(written)) == encode(value)


def test_attribute_named_as_a_keyword_is_set() -> None:
    value = argparse.Namespace(**{"class": 1})

    assert evaluate(literal(value)) == value


def test_module_whose_name_is_taken_has_one_other_name() -> None:
    written = literal([re.compile("a", re.I), re.compile("b")], style=Style(reserved=frozenset({"re"})))

    assert written.imports == ("import re as re_module",)
    assert written.source == '[re_module.compile("a", re_module.IGNORECASE), re_module.compile("b")]'


def test_partial_that_holds_more_than_its_call_is_refused() -> None:
    part = functools.partial(len)
    part.unit = "m"

    with pytest.raises(UnwritableError, match="attributes of its own"):
        literal(part)
