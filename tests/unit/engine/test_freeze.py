"""What every native engine keeps of arguments, results and exceptions, through the facade."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from callbox import _core
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import EventKind
from callbox.recording import Recording
from callbox.values.describe import describe
from callbox.values.frozen import Cut, FrozenInt, FrozenItems, FrozenObject, FrozenText, Named, Opaque

HERE = __name__

Values = tuple[dict[str, Any] | None, Any, Any]


def values_of(recording: Recording, name: str) -> list[Values]:
    """Arguments, result and exception of every call of a function, in order."""
    assert recording.values is not None
    calls = recording.tree.calls
    return [
        (recording.values.arguments(row), recording.values.result(row), recording.values.exception(row))
        for row in range(len(calls))
        if recording.functions[int(calls["code"][row])].name == name
    ]


class Record:
    """Calls functions while an engine records."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Values]:
        """Call a function and give what was recorded of all calls of its name."""
        return values_of(self.recording_of(function, *args, **kwargs), function.__name__)

    def recording_of(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
        """Call a function, whatever it raises."""
        recorder = NativeRecorder(Options(self._engine, "trace", (HERE,)), self._engine)
        recorder.start()
        try:
            with contextlib.suppress(Exception):
                function(*args, **kwargs)
        finally:
            recorder.stop()
        return Recording(recorder.capture())


@pytest.fixture(params=_core.engines())
def record(request: pytest.FixtureRequest) -> Record:
    return Record(request.param)


@pytest.fixture(params=[name for name in _core.engines() if name != "setprofile"])
def record_exceptions(request: pytest.FixtureRequest) -> Record:
    """As `record`, by the engines that are told what was raised."""
    return Record(request.param)


def takes(value: Any) -> None:
    """Take a value."""


def gives_back(value: Any) -> Any:
    return value


def every_kind(first, /, second, *rest, keyword, default=5, **others):
    return None


# Arguments by name


def test_every_kind_of_parameter_stands_under_its_name(record) -> None:
    [(arguments, _, _)] = record(every_kind, 1, 2, 3, 4, keyword="k", other=None)

    assert arguments == {
        "first": 1,
        "second": 2,
        "keyword": "k",
        "default": 5,
        "rest": (3, 4),
        "others": {"other": None},
    }
    assert list(arguments) == ["first", "second", "keyword", "default", "rest", "others"]


def closure(shared, own):
    def inner():
        return shared

    shared = inner() + 1
    return shared + own


def test_parameter_that_a_closure_shares_is_seen(record) -> None:
    assert record(closure, 1, 10) == [({"shared": 1, "own": 10}, 12, None)]


class Account:
    def __init__(self, owner):
        self.owner = owner

    def deposit(self, amount):
        return amount

    @classmethod
    def open(cls, owner):
        return owner

    @staticmethod
    def fee(amount):
        return amount


def test_methods_have_their_object_or_class(record) -> None:
    account = Account("ann")

    [(arguments, result, _)] = record(account.deposit, 5)

    assert arguments["self"].type_name == f"{HERE}.Account"
    assert arguments["self"].attributes == (("owner", "ann"),)
    assert (arguments["amount"], result) == (5, 5)
    assert record(Account.open, "bob") == [({"cls": Named(f"{HERE}.Account"), "owner": "bob"}, "bob", None)]
    assert record(Account.fee, 3) == [({"amount": 3}, 3, None)]


def test_object_is_only_named_while_it_is_being_made(record) -> None:
    [(arguments, _, _)] = record(Account.__init__, Account("dee"), "eve")

    assert isinstance(arguments["self"], Opaque)
    assert arguments["owner"] == "eve"


def counts(stop):
    total = stop
    while stop:
        stop -= 1
        yield [stop]
    return total


def test_generator_has_its_arguments_its_result_and_what_it_yielded(record) -> None:
    recording = record.recording_of(lambda: list(counts(2)))

    kinds = recording.events["kind"].tolist()
    yields = [recording.values.result_at(event) for event, kind in enumerate(kinds) if kind == EventKind.YIELD]
    assert values_of(recording, "counts") == [({"stop": 2}, 2, None)]
    assert yields == [[1], [0]]


def deletes(value):
    del value
    return gives_back(None)


def test_variable_deleted_later_was_an_argument_all_the_same(record) -> None:
    assert record(deletes, [1]) == [({"value": [1]}, None, None)]


# What values are kept whole


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -1, 2**31, 2**47 - 1, 2**47, -(2**47), -(2**47) - 1),
        *(2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**500, -(2**500), 2**510 - 1),
        *(0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324, 1j, complex(-0.0, math.inf)),
        *("", "a", "café", "漢字", "\U0001f600", "\udce9", "a\0b", "é\udce9\U0001f600"),
        *(b"", b"a\x00\xff", bytearray(b"ab")),
        *([], [1, [2, "x"]], (), (1,), {}, {"a": {"b": 1}}, {1: None}, set(), {1, 2}, frozenset({"a"})),
    ],
    ids=ascii,
)
def test_value_is_kept_exactly(record, value) -> None:
    [(arguments, result, _)] = record(gives_back, value)

    assert (repr(arguments["value"]), repr(result)) == (repr(value), repr(value))
    assert type(result) is type(value)


def test_nan_is_kept(record) -> None:
    [(arguments, result, _)] = record(gives_back, math.nan)

    assert math.isnan(arguments["value"])
    assert math.isnan(result)


def test_functions_and_classes_are_named(record) -> None:
    [(arguments, _, _)] = record(takes, (Account, counts, dict))

    assert arguments["value"] == (Named(f"{HERE}.Account"), Named(f"{HERE}.counts"), Named("dict"))


# Limits


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (2**510, FrozenInt(False, 511)),
        (-(2**3000), FrozenInt(True, 3001)),
        ("x" * 5000, FrozenText("x" * 120, 5000)),
        ("é" * 5000, FrozenText("é" * 120, 5000)),
        (b"x" * 5000, FrozenText(b"x" * 120, 5000)),
        ([7] * 5000, FrozenItems("list", (7,) * 10, 5000)),
        ((7,) * 5000, FrozenItems("tuple", (7,) * 10, 5000)),
    ],
    ids=["int", "negative", "str", "wide-str", "bytes", "list", "tuple"],
)
def test_of_a_large_value_the_beginning_and_the_size_are_kept(record, value, kept) -> None:
    assert record(takes, value) == [({"value": kept}, None, None)]


def test_of_a_large_dict_and_set_some_items_and_the_size_are_kept(record) -> None:
    [(arguments, _, _)] = record(takes, {number: -number for number in range(1000)})
    [(of_set, _, _)] = record(takes, set(range(1000)))

    assert arguments["value"].items == tuple((number, -number) for number in range(10))
    assert (arguments["value"].n_items, of_set["value"].n_items) == (1000, 1000)


def test_what_is_too_deep_is_cut(record) -> None:
    assert record(takes, [[[[[1]]]]]) == [({"value": [[[Cut.DEPTH]]]}, None, None)]


def test_parts_and_bytes_of_all_are_limited(record) -> None:
    [(of_parts, _, _)] = record(takes, [[number] * 9 for number in range(9)])
    [(of_bytes, _, _)] = record(takes, ["漢" * 119 + str(number) for number in range(10)])

    assert (of_parts["value"][2], of_parts["value"][4:]) == ([2] * 9, [Cut.NODES] * 5)
    assert [isinstance(text, str) for text in of_bytes["value"].items].count(True) == 5


def test_cycles_and_aliases_are_kept(record) -> None:
    shared: list[Any] = [1]
    ring: dict[str, Any] = {"first": shared, "second": shared}
    ring["self"] = ring

    [(arguments, _, _)] = record(takes, ring)

    kept = arguments["value"]
    assert kept["first"] is kept["second"]
    assert kept["self"] is kept


def appends_and_fails(items):
    items.append(2)
    items.append(3)
    raise ValueError(items)


def test_mutation_after_the_call_changes_nothing(record) -> None:
    items = [1]

    values = record(appends_and_fails, items)
    items.append(4)

    assert values[0][0] == {"items": [1]}


# Objects


class Slotted:
    __slots__ = ("a", "b", "unset")

    def __init__(self):
        self.a, self.b = 1, [2]


class SlottedAndMore(Slotted):
    def __init__(self):
        super().__init__()
        self.c = 3


@pytest.mark.parametrize(
    ("make", "attributes"),
    [(Slotted, {"a": 1, "b": [2]}), (SlottedAndMore, {"a": 1, "b": [2], "c": 3})],
)
def test_slots_and_instance_dictionary_are_read(record, make, attributes) -> None:
    [(arguments, _, _)] = record(takes, make())

    assert dict(arguments["value"].attributes) == attributes
    assert arguments["value"].n_attributes == len(attributes)


def test_object_whose_dictionary_was_materialised_is_read(record) -> None:
    account = Account("ann")
    vars(account)["extra"] = 1

    [(arguments, _, _)] = record(takes, account)

    assert dict(arguments["value"].attributes) == {"owner": "ann", "extra": 1}


def test_object_that_holds_itself_ends(record) -> None:
    account = Account(None)
    account.owner = account

    [(arguments, _, _)] = record(takes, account)

    assert arguments["value"].type_name == f"{HERE}.Account"


def test_object_of_another_kind_is_named(record) -> None:
    [(arguments, _, _)] = record(takes, [map(str, []), len, math])

    assert [item.type_name for item in arguments["value"]] == ["map", "builtin_function_or_method", "module"]


# Exceptions


class Denied(Exception):
    def __init__(self, *args):
        super().__init__(*args)
        self.code = 403


def raises_instance(reason):
    raise Denied(reason, 5)


def raises_class():
    raise LookupError


def raises_in_c():
    return {}["key"]


def raises_in_c_with_text():
    return int("zz")


@pytest.mark.parametrize(
    ("function", "args", "text"),
    [
        (raises_instance, ("no",), "Denied('no', 5, code=403)"),
        (raises_class, (), "LookupError()"),
        (raises_in_c, (), "KeyError('key')"),
        (raises_in_c_with_text, (), "ValueError(\"invalid literal for int() with base 10: 'zz'\")"),
    ],
    ids=["instance", "class", "c", "c-text"],
)
def test_exception_is_kept_with_its_arguments(record_exceptions, function, args, text) -> None:
    [(_, result, exception)] = record_exceptions(function, *args)

    assert result is None
    assert isinstance(exception, FrozenObject)
    assert describe(exception) == text


def catches(function):
    try:
        function()
    except Exception:
        return "caught"


def test_recording_an_exception_leaves_it_as_it_was(record) -> None:
    error = Denied("no")
    n_references = sys.getrefcount(error)

    def raises_it():
        raise error

    assert record(catches, raises_it)[0][1] == "caught"
    error.__traceback__ = None
    assert sys.getrefcount(error) == n_references
    assert error.args == ("no",)


# References


@pytest.mark.parametrize(
    "make", [list, dict, object, lambda: "x" * 2000, lambda: Account("ann"), lambda: [Account("a")]]
)
def test_no_reference_is_taken(record, make) -> None:
    value = make()
    n_references = sys.getrefcount(value)

    record(gives_back, value)

    assert sys.getrefcount(value) == n_references
