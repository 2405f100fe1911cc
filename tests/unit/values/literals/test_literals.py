"""Source of values: it evaluates to an equal value, and reads as a reviewer would write it."""

from __future__ import annotations

import ast
import collections
import datetime as dt
import functools
import math
import pathlib
import re
import sys
import threading
import types
import uuid
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from tests.support import value_kinds as kinds
from tests.support.sources import evaluate
from tests.support.value_strategies import cyclic_values, values

from callbox.errors import GenerateError
from callbox.values.compare import Rules, compare
from callbox.values.exact import encode
from callbox.values.literals import Style, literal, literals, write
from callbox.values.refusal import UnwritableError


def lines(value, **style) -> list[str]:
    written = literal(value, style=Style(**style))
    return [*written.setup, written.source]


@settings(max_examples=300)
@given(values | cyclic_values())
def test_source_of_any_value_evaluates_to_an_equal_one(value) -> None:
    evaluated = evaluate(literal(value))

    assert str(compare(evaluated, value, rules=Rules(signed_zeros=True))) == "equal"
    assert encode(evaluated) == encode(value)


@settings(max_examples=100)
@given(values)
def test_source_is_the_same_every_time_and_keeps_its_indentation(value) -> None:
    first, second = literal(value), literal(value)

    assert first == second
    assert all(ast.parse(statement) for statement in (*first.imports, *first.setup, first.source))


class Moment(dt.datetime):
    """A moment of somebody's."""


class Day(dt.date):
    """A day, by a text."""

    def __new__(cls, text: str) -> Day:
        return super().__new__(cls, *map(int, text.split("-")))


class Hours(dt.timedelta):
    """Whole hours, with a constructor of its own."""

    def __new__(cls, n: int) -> Hours:
        return super().__new__(cls, hours=n)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "None"),
        (-1.5, "-1.5"),
        (math.nan, "math.nan"),
        (-math.inf, "-math.inf"),
        (1 + 2j, "(1+2j)"),
        (complex(-0.0, 1), "complex(-0.0, 1.0)"),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("\ud800\n", '"\\ud800\\n"'),
        (b"a", 'b"a"'),
        ((1,), "(1,)"),
        (set(), "set()"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (frozenset({"b", "a"}), 'frozenset({"a", "b"})'),
        ({"k": [1, (2, None)]}, '{"k": [1, (2, None)]}'),
        (Decimal("1.10"), 'Decimal("1.10")'),
        (Fraction(1, 3), "Fraction(1, 3)"),
        (uuid.UUID(int=1), 'UUID("00000000-0000-0000-0000-000000000001")'),
        (pathlib.Path("/a"), 'Path("/a")'),
        (pathlib.PurePosixPath("a"), 'PurePosixPath("a")'),
        (range(3), "range(3)"),
        (range(1, 9, 2), "range(1, 9, 2)"),
        (dt.date(2020, 1, 2), "date(2020, 1, 2)"),
        (dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC), "datetime(2020, 1, 2, 3, 0, tzinfo=timezone.utc)"),
        (dt.timedelta(hours=1), "timedelta(seconds=3600)"),
        (Moment(2020, 1, 2, fold=1), "Moment(2020, 1, 2, fold=1)"),
        (Day("2020-1-2"), "date.__new__(Day, 2020, 1, 2)"),
        (Hours(25), "timedelta.__new__(Hours, days=1, seconds=3600)"),
        (re.compile("a", re.I | re.M), 're.compile("a", re.IGNORECASE | re.MULTILINE)'),
        (kinds.Colour.RED, "Colour.RED"),
        (kinds.Access.READ | kinds.Access.RUN, "Access.READ | Access.RUN"),
        (kinds.Access(0), "Access(0)"),
        (kinds.Point(1, [2]), "Point(x=1, y=[2])"),
        (kinds.FrozenPoint(1), "FrozenPoint(x=1)"),
        (kinds.Pair(1, 2), "Pair(first=1, second=2)"),
        (kinds.Account("a", 5), 'Account(owner="a", balance=5)'),
        (kinds.Outer.Inner, "Outer.Inner"),
        (kinds.function, "function"),
        (len, "len"),
        (str.upper, "str.upper"),
        (functools.partial(kinds.function, x=1), "partial(function, x=1)"),
        (collections.Counter("aab"), 'Counter({"a": 2, "b": 1})'),
        (collections.defaultdict(list, {1: [2]}), "defaultdict(list, {1: [2]})"),
        (collections.deque([1], 3), "deque([1], maxlen=3)"),
        (collections.OrderedDict(a=1), 'OrderedDict({"a": 1})'),
        (types.MappingProxyType({1: 2}), "MappingProxyType({1: 2})"),
        (kinds.MyInt(5), "MyInt(5)"),
        (kinds.MyDict(a=1), 'MyDict({"a": 1})'),
        (ValueError("x", 1), 'ValueError("x", 1)'),
        (FileNotFoundError(2, "text", "f"), 'FileNotFoundError(2, "text", "f")'),
        (10**2000, hex(10**2000)),
        (bytearray(b"x"), 'bytearray(b"x")'),
    ],
)
def test_source_is_what_a_person_would_write(value, source) -> None:
    written = literal(value, style=Style(max_inline_chars=None))

    assert (written.setup, written.source) == ((), source)
    assert encode(evaluate(written)) == encode(value)


def test_imports_are_collected_sorted_and_merged() -> None:
    written = literal([dt.date(2020, 1, 1), dt.timedelta(1), math.nan, kinds.Point(1)])

    assert written.imports == (
        "import math",
        "from datetime import date, timedelta",
        f"from {kinds.__name__} import Point",
    )


def test_name_that_is_taken_is_reached_through_its_module() -> None:
    written = literal(kinds.Point(1), style=Style(reserved=frozenset({"Point"})))

    assert written.imports == (f"import {kinds.__name__}",)
    assert written.source == f"{kinds.__name__}.Point(x=1)"


def test_module_is_imported_by_another_name_where_asked() -> None:
    written = literal(kinds.Colour.RED, style=Style(modules={kinds.__name__: "app.kinds"}))

    assert written.imports == ("from app.kinds import Colour",)


def test_long_source_is_broken_within_the_width() -> None:
    value = {"first": list(range(12)), "second": kinds.Point("text " * 12, {"deep": ["a" * 30, "b" * 30]})}

    source = literal(value, style=Style(width=60)).source

    assert max(map(len, source.splitlines())) <= 60
    assert source.splitlines()[:3] == [
        "{",
        '    "first": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],',
        '    "second": Point(',
    ]
    assert ast.literal_eval(source.replace("Point(", "dict(").partition('"second"')[0] + "}") == {
        "first": list(range(12))
    }


def test_long_text_is_broken_after_newlines_and_spaces() -> None:
    source = literal(["line one\nline two\n" + "word " * 30], style=Style(width=60)).source

    assert max(map(len, source.splitlines())) <= 60
    assert '"line one\\n"' in source
    assert ast.literal_eval(source) == ["line one\nline two\n" + "word " * 30]


# Objects


def test_object_without_a_constructor_that_stores_is_made_and_filled() -> None:
    value = kinds.Plain(host="h", pool=None)

    assert lines([value]) == ["plain = object.__new__(Plain)", 'vars(plain).update(host="h", pool=None)', "[plain]"]


def test_constructor_that_does_more_than_store_is_not_called() -> None:
    value = kinds.Prepared("a")

    assert lines(value)[1:] == ['vars(prepared).update(x="a", doubled="aa")', "prepared"]


def test_attribute_names_that_are_no_identifiers_are_written() -> None:
    value = kinds.Plain(**{"not a name": 1})

    assert encode(evaluate(literal(value))) == encode(value)


def test_exception_keeps_cause_notes_and_fields() -> None:
    error = kinds.AppError(3, detail="x")
    error.__cause__ = KeyError("k")
    error.add_note("note")

    assert lines(error) == [
        'app_error = AppError.__new__(AppError, "3: x")',
        'app_error.__cause__ = KeyError("k")',
        'app_error.add_note("note")',
        "vars(app_error).update(code=3)",
        "app_error",
    ]


def test_exponential_sharing_of_tuples_is_refused_in_time(monkeypatch) -> None:
    monkeypatch.setattr(write, "_MAX_PARTS", 10_000)
    value: tuple = (1, 2)
    for _ in range(60):
        value = (value, value)

    with pytest.raises(UnwritableError, match="parts"):
        literal(value)


# Side files


def test_long_text_and_bytes_go_to_side_files(tmp_path) -> None:
    value = ["x" * 3000, b"\0" * 3000, "\ud800" * 2000, ["short"]]
    written = literal(value, style=Style(file_stem="test_it"))

    assert sorted(name.rpartition(".")[2] for name in written.side_files) == ["bin", "txt", "txt"]
    assert all(name.startswith("test_it-") for name in written.side_files)
    assert evaluate(written, tmp_path) == value


def test_long_plain_data_goes_to_json(tmp_path) -> None:
    value = {"rows": [{"n": n, "text": "ü", "x": n / 7, "none": None, "nan": math.inf} for n in range(200)]}
    written = literal(value)

    assert written.source.startswith("json.loads((DATA / ")
    assert written.imports == ("import json",)
    assert encode(evaluate(written, tmp_path)) == encode(value)


@pytest.mark.parametrize("odd", [(1, 2), {1: 2}, "\ud83d\ude00", 1 << 80, kinds.Colour.RED])
def test_long_data_that_json_would_change_stays_in_source(odd) -> None:
    value = [*map(str, range(600)), odd]
    written = literal(value)

    assert written.side_files == {}
    assert encode(evaluate(written)) == encode(value)


def test_list_that_is_also_elsewhere_is_not_hidden_in_a_side_file(tmp_path) -> None:
    shared = [1]
    written = literal([[*map(str, range(600)), shared], shared])

    evaluated = evaluate(written, tmp_path)

    assert evaluated[0][-1] is evaluated[1]


def test_side_files_can_be_forbidden() -> None:
    assert literal("x" * 5000, style=Style(max_inline_chars=None)).side_files == {}


# Refusals


class Local:
    def __init__(self) -> None:
        self.lock = threading.local()


def test_refusal_names_the_place_and_the_reason() -> None:
    with pytest.raises(UnwritableError) as refusal:
        literal({"a": [Local()]}, name="args")

    assert refusal.value.path == 'args["a"][0].lock'
    assert isinstance(refusal.value, GenerateError)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        *(
            (lambda: 0, "lambda"),
            ((n for n in ()), "generator"),
            (object.__new__(type("X", (), {})), "cannot be imported"),
        ),
        (memoryview(bytes(4)).cast("I"), "format"),
    ],
)
def test_what_has_no_source_is_refused_with_its_reason(value, reason) -> None:
    with pytest.raises(UnwritableError, match=reason):
        literal(value)


def test_class_of_the_main_file_is_refused_unless_renamed(monkeypatch) -> None:
    main = types.ModuleType("__main__")
    main.Point = kinds.Point
    monkeypatch.setitem(__import__("sys").modules, "__main__", main)
    monkeypatch.setattr(kinds.Point, "__module__", "__main__")

    with pytest.raises(UnwritableError, match="main file"):
        literal(kinds.Point(1))
    assert literal(kinds.Point(1), style=Style(modules={"__main__": "script"})).imports == ("from script import Point",)


def test_values_written_together_share_what_they_shared() -> None:
    shared = [1]

    first, second = literals({"a": [shared], "b": (shared, 2)})

    scope: dict[str, object] = {}
    exec("\n".join(first.setup), scope)
    a, b = eval(first.source, scope), eval(second.source, scope)
    assert (a, b) == ([[1]], ([1], 2))
    assert a[0] is b[0]


class Parsed:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words = text.split()


def test_constructor_that_the_caller_tries_out_is_called() -> None:
    style = Style(constructors={Parsed: (("text", "text"),)})

    assert literal([Parsed("a b")], style=style).source == '[Parsed(text="a b")]'


MISSING = object()


def test_constant_that_the_caller_names_is_written_by_its_name() -> None:
    written = literal([MISSING], style=Style(constants={id(MISSING): ("shop.kinds", "MISSING")}))

    assert (written.source, written.imports) == ("[MISSING]", ("from shop.kinds import MISSING",))


def test_module_that_its_package_hides_is_not_named_by_its_path(monkeypatch) -> None:
    def link() -> None:
        """A rule."""

    hidden, package = types.ModuleType("shoprules.link"), types.ModuleType("shoprules")
    vars(hidden).update(link=link)
    vars(package).update(link=link)
    monkeypatch.setitem(sys.modules, "shoprules", package)
    monkeypatch.setitem(sys.modules, "shoprules.link", hidden)

    written = literal(
        [link], style=Style(reserved=frozenset({"link"}), constants={id(link): ("shoprules.link", "link")})
    )

    assert written.imports == ("from shoprules.link import link as shoprules_link",)
    assert written.source == "[shoprules_link]"


def test_module_that_the_surrounding_code_has_too_keeps_its_name() -> None:
    style = Style(reserved=frozenset({"import math", "re"}))

    assert literal(math.inf, name="value", style=style).source == "math.inf"
    assert literal(re.compile("a"), name="value", style=style).source == 're_module.compile("a")'
