"""How a test asserts that it got what was recorded."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import sys
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from callbox.testgen.plain_data import NAME, data_of
from callbox.values.exact.iterators import remaining
from callbox.values.exact.kinds import Eager, kind_of
from callbox.values.exact.streams import StreamState, state_of

_HEAP_TYPE = 1 << 9
"""Flag of classes that Python code made."""
_NUMBERS = (int, float, complex, Decimal)
_IMMUTABLE = (type(None), *_NUMBERS, str, bytes, tuple, frozenset, dt.date, dt.time, dt.timedelta, uuid.UUID, type)
"""What is kept as a value, as instances of subclasses are."""
_CONSTANTS = (None, True, False, NotImplemented, Ellipsis)


@dataclass(frozen=True, slots=True)
class Check:
    """An assertion on an expression.

    Attributes:
        template: a statement; `«actual»` and `«expected»` stand for the two sides.
        expected: the value whose source stands for `«expected»`; no template with it needs it if absent.
        imports: what the statement needs.
        needs_data: whether it calls `as_data`.
    """

    template: str
    expected: Any = None
    imports: tuple[str, ...] = ()
    needs_data: bool = False

    @property
    def has_expected(self) -> bool:
        """Whether there is an expected side."""
        return "«expected»" in self.template


def keeps_identity(value: Any) -> bool:
    """Say whether a decoded value stands in two places because it did so when it was recorded.

    Of what cannot change, equal values become one.
    """
    kind = kind_of(type(value))
    if kind is None:
        return not isinstance(value, _IMMUTABLE)
    return not (isinstance(kind, Eager) and kind.is_shared_by_content)


def check_for(value: Any, twin: Any, *, is_close: bool = False) -> Check | None:
    """Choose how to assert that an expression gives a value.

    Args:
        value: what was recorded.
        twin: the same, decoded once more: tells whether equality means equal contents.
        is_close: floats may differ in their last bits.

    Returns:
        None if there is no way to compare it.
    """
    if any(value is constant for constant in _CONSTANTS):
        return Check("assert «actual» is «expected»", value)
    if type(value) is float and math.isnan(value):
        return Check("assert math.isnan(«actual»)", imports=("import math",))
    items = remaining(value)
    if items is not None:
        check = check_for(items, remaining(twin) or [], is_close=is_close)
        return check and dataclasses.replace(check, template=check.template.replace("«actual»", "list(«actual»)"))
    stream = state_of(value)
    if stream is not None:
        return _stream_check(stream)
    special = _library_check(value)
    if special is not None:
        return special
    if is_close and _has_float(value):
        return Check("assert «actual» == pytest.approx(«expected»)", value, ("import pytest",))
    if _is_equal(value, twin):
        return Check("assert «actual» == «expected»", value)
    if _has_plain_state(value) and _is_equal(vars(value), vars(twin)):
        return Check("assert vars(«actual») == «expected»", vars(value))
    if type(value) is list and all(map(_has_plain_state, value)):
        states = list(map(vars, value))
        if _is_equal(states, list(map(vars, twin))):
            return Check("assert [vars(item) for item in «actual»] == «expected»", states)
    data, other = data_of(value), data_of(twin)
    if data is not None and _is_equal(data, other):
        return Check(f"assert {NAME}(«actual») == «expected»", data, needs_data=True)
    return None


def check_for_change(before: Any, after: Any, twin: Any) -> Check | None:
    """Choose how to assert what became of an argument; see `check_for`."""
    old, new = state_of(before), state_of(after)
    if old is not None and new is not None and old.content == new.content:
        return Check("assert «actual».tell() == «expected»", new.position)
    return check_for(after, twin)


def _stream_check(stream: StreamState) -> Check:
    if stream.content is None:
        return Check("assert «actual».closed")
    if stream.position == len(stream.content):
        return Check("assert «actual».getvalue() == «expected»", stream.content)
    return Check("assert «actual».read() == «expected»", stream.content[stream.position :])


def _has_plain_state(value: Any) -> bool:
    """Say whether an object's state is its dictionary, whole."""
    cls = type(value)
    if state_of(value) is not None:
        return False
    is_ordinary = cls.__flags__ & _HEAP_TYPE and not issubclass(cls, (BaseException, type))
    return bool(is_ordinary) and hasattr(value, "__dict__") and not any(hasattr(c, "__slots__") for c in cls.__mro__)


def _is_equal(value: Any, twin: Any) -> bool:
    try:
        return bool(value == twin) and bool(twin == value)
    except Exception:
        return False


def _has_float(value: Any) -> bool:
    if type(value) is float:
        return True
    if type(value) in (list, tuple):
        return any(type(item) is float for item in value) and all(type(item) in (int, float) for item in value)
    return type(value) is dict and any(type(item) is float for item in value.values())


def _library_check(value: Any) -> Check | None:
    """Compare arrays and frames as their libraries' own tests do."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return Check("np.testing.assert_array_equal(«actual», «expected», strict=True)", value, ("import numpy as np",))
    for name, kind in (("frame", "DataFrame"), ("series", "Series"), ("index", "Index")):
        if pandas is not None and isinstance(value, getattr(pandas, kind)):
            return Check(f"pd.testing.assert_{name}_equal(«actual», «expected»)", value, ("import pandas as pd",))
    return None
