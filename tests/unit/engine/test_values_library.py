"""Subclasses of built-ins, the standard library's types and NumPy's, as every engine keeps them."""

from __future__ import annotations

import collections
import contextlib
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import mmap
import pathlib
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from callbox import _core
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.recording import Recording
from callbox.values.describe import describe
from callbox.values.frozen import FrozenArray, Member, Opaque, Written

HERE = __name__
EAST = datetime.timezone(datetime.timedelta(hours=2))


@pytest.fixture(params=_core.engines())
def keep(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Record a call with a value, and give what was kept of it."""

    def keep(value: Any) -> Any:
        recorder = NativeRecorder(Options(request.param, "trace", (HERE,)), request.param)
        recorder.start()
        try:
            with contextlib.suppress(Exception):
                takes(value)
        finally:
            recorder.stop()
        values = Recording(recorder.capture()).values
        assert values is not None
        return values.arguments(0)["value"]

    return keep


def takes(value: Any) -> None:
    """Take a value."""


class Color(enum.Enum):
    RED = 1


class Permission(enum.IntFlag):
    READ = 4
    WRITE = 2


class Text(str):
    __slots__ = ()


class Count(int):
    pass


class Ratio(float):
    pass


class Rows(list):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.title = "t"


class Later(datetime.datetime):
    pass


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(slots=True)
class Order:
    number: int = 1
    lines: list[str] = dataclasses.field(default_factory=lambda: ["a"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Text("abc"), "Text('abc')"),
        (Count(5), "Count(5)"),
        (Ratio(0.5), "Ratio(0.5)"),
        (Rows([1, 2]), "Rows([1, 2], title='t')"),
        (collections.OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (collections.defaultdict(int, {1: 2}), "defaultdict({1: 2})"),
        (type("Names", (frozenset,), {})({1}), "Names(frozenset({1}))"),
        (type("Raw", (bytearray,), {})(b"ab"), "Raw(bytearray(b'ab'))"),
        (Point(1, [2]), "Point(x=1, y=[2])"),
        (Order(), "Order(lines=['a'], number=1)"),
        (functools.partial(takes, 1), "<partial>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_content_of_a_subclass_is_kept(keep, value, text) -> None:
    assert describe(keep(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2024, 5, 1, 10, 0, 0, 5), "datetime('2024-05-01T10:00:00.000005')"),
        (datetime.datetime(2024, 5, 1, tzinfo=EAST), "datetime('2024-05-01T00:00:00+02:00')"),
        (datetime.datetime(2024, 5, 1, tzinfo=zoneinfo.ZoneInfo("UTC")), "datetime('2024-05-01T00:00:00[UTC]')"),
        (Later(2024, 5, 1, 1), "Later('2024-05-01T01:00:00')"),
        (datetime.date(2024, 5, 1), "date('2024-05-01')"),
        (datetime.time(10, 1, 2, 3, EAST), "time('10:01:02.000003+02:00')"),
        (datetime.timedelta(days=-1, seconds=5), "timedelta('-1 day, 00:00:05')"),
        (datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)), "timezone('-03:30')"),
        (zoneinfo.ZoneInfo("UTC"), "ZoneInfo('UTC')"),
        (uuid.UUID(int=(1 << 127) + 5), "UUID('80000000-0000-0000-0000-000000000005')"),
        (fractions.Fraction(-1, 3), "Fraction('-1/3')"),
        (pathlib.PurePosixPath("/tmp") / "a", "PurePosixPath('/tmp/a')"),
        (pathlib.PurePosixPath("a/b", "c"), "PurePosixPath('a/b/c')"),
        (Color.RED, "Color.RED"),
        (Permission.READ, "Permission.READ"),
    ],
    ids=lambda value: str(value),
)
def test_object_of_the_standard_library_is_kept_by_its_text(keep, value, text) -> None:
    assert describe(keep(value)) == text


@pytest.mark.parametrize(
    "number",
    [
        *("0", "0.000", "1.50", "-0.00012", "1E+50", "1E-10", "0.000001", "1E-7", "123456789012345678901234567890.123"),
        *("NaN", "-Infinity", "sNaN", "12345678901234567890", "-1.0E+20", "1" * 50),
    ],
)
def test_decimal_is_written_as_it_writes_itself(keep, number) -> None:
    assert keep(decimal.Decimal(number)) == Written("decimal.Decimal", str(decimal.Decimal(number)))


def test_decimal_of_very_many_digits_is_cut(keep) -> None:
    kept = keep(decimal.Decimal("7" * 500))

    assert kept.text.startswith("7." + "7" * 50)
    assert kept.text.endswith("...E+499")


def test_member_has_its_value(keep) -> None:
    assert keep(Color.RED) == Member(f"{HERE}.Color", "RED", 1)


# Exceptions


def test_exception_has_its_cause_notes_and_arguments(keep) -> None:
    error = RuntimeError("outer", 2)
    error.__cause__ = ValueError("inner")
    error.add_note("seen on Monday")

    assert describe(keep(error), max_chars=200) == (
        "RuntimeError('outer', 2, __cause__=ValueError('inner'), __notes__=['seen on Monday'])"
    )


def test_exception_has_its_context_unless_that_was_suppressed(keep) -> None:
    error, other = RuntimeError("a"), RuntimeError("b")
    error.__context__ = other.__context__ = KeyError("k")
    other.__suppress_context__ = True

    assert describe([keep(error), keep(other)]) == "[RuntimeError('a', __context__=KeyError('k')), RuntimeError('b')]"


def test_attribute_named_args_is_an_attribute(keep) -> None:
    job = type("Job", (), {})()
    job.args = ("ls",)

    assert describe(keep(job)) == "Job(args=('ls',))"


# Slots


def test_members_that_are_no_objects_are_passed_over(keep) -> None:
    # A type of C whose members are numbers and characters, and not all of them as long as a pointer.
    assert isinstance(keep(csv.reader([]).dialect), Opaque)


def test_attributes_that_were_left_out_are_known_to_be_missing(keep) -> None:
    wide = type("Wide", (), {})()
    vars(wide).update({f"a{number}": number for number in range(50)})

    kept = keep(wide)

    assert len(kept.attributes) < kept.n_attributes


# NumPy


@pytest.mark.parametrize(
    ("array", "dtype", "head"),
    [
        (np.arange(12.0).reshape(3, 4), "float64", tuple(map(float, range(10)))),
        (np.arange(6.0).reshape(2, 3).T, "float64", (0.0, 3.0, 1.0, 4.0, 2.0, 5.0)),
        (np.arange(12, dtype="i2")[::-2], "int16", (11, 9, 7, 5, 3, 1)),
        (np.array([2**64 - 1, 1], "u8"), "uint64", (2**64 - 1, 1)),
        (np.array([True, False]), "bool", (True, False)),
        (np.array([1j], "c8"), "complex64", (1j,)),
        (np.array(-5, "i1"), "int8", (-5,)),
        (np.frombuffer(b"ab", "u1"), "uint8", (97, 98)),
        (np.zeros((0, 3)), "float64", ()),
        (np.array([1.0], ">f8"), "float64", ()),
        (np.array(["a"]), "str", ()),
        (np.array([object()]), "object", ()),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_array_has_its_dtype_shape_and_head(keep, array, dtype, head) -> None:
    kept = keep(array)

    assert (kept.type_name, kept.dtype, kept.shape, kept.head) == ("numpy.ndarray", dtype, array.shape, head)


@pytest.mark.parametrize("view", [lambda array: array, lambda array: array[1:], lambda array: np.asarray(array)])
def test_array_in_a_file_is_not_touched(keep, view, tmp_path) -> None:
    mapped = np.memmap(tmp_path / "data", "f8", "w+", shape=(3,))

    kept = keep(view(mapped))

    assert isinstance(kept, FrozenArray)
    assert kept.head == ()


def test_array_over_foreign_memory_is_not_touched(keep) -> None:
    assert keep(np.frombuffer(mmap.mmap(-1, 64), "f8")).head == ()


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        *((np.float64(1.5), "float64(1.5)"), (np.int8(-3), "int8(-3)"), (np.uint64(2**64 - 1), f"uint64({2**64 - 1})")),
        *((np.float32(0.5), "float32(0.5)"), (np.complex64(1j), "complex64(1j)"), (np.str_("x"), "str_('x')")),
    ],
    ids=lambda value: str(value),
)
def test_numpy_scalar_is_kept(keep, scalar, text) -> None:
    assert describe(keep(scalar)) == text
