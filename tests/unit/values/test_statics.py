"""Reading classes and instances without running their code."""

from __future__ import annotations

import csv
import functools
import sys

import pytest
from tests.support import value_kinds as kinds

from callbox.values import statics


class Meta(type):
    n_calls = 0

    def _count(cls, *args):
        Meta.n_calls += 1
        raise AssertionError("ran")

    __getattribute__ = __hash__ = __eq__ = __instancecheck__ = __subclasscheck__ = __repr__ = _count
    mro = type.mro


class Hostile(metaclass=Meta):
    __slots__ = ("__dict__", "slot")
    __getattribute__ = __getattr__ = __repr__ = __hash__ = lambda self, *args: 1 / 0
    __class__ = property(lambda self: int)


def test_hostile_class_and_instance_are_read_without_a_call() -> None:
    Meta.n_calls = 0
    instance = object.__new__(Hostile)
    layout = statics.layout_of(Hostile)
    layout.write(instance, {"slot": 1, "free": 2})

    assert dict(layout.read(instance)) == {"slot": 1, "free": 2}
    assert statics.type_name(type(instance)) == f"{__name__}.Hostile"
    assert statics.derives(Hostile, object)
    assert Meta.n_calls == 0


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        *((kinds.Plain, object), (kinds.SlottedBelow, object), (kinds.Point, object), (kinds.MyDict, dict)),
        *((kinds.Pair, tuple), (kinds.AppError, Exception), (kinds.MyInt, int), (dict, dict)),
    ],
)
def test_base_is_the_nearest_class_that_c_defines(cls, base) -> None:
    layout = statics.layout_of(cls)

    assert layout.base is base
    assert layout.problem is None


@pytest.mark.parametrize("value", [functools.partial(len), csv.reader([]), iter([])])
def test_state_kept_by_c_is_never_taken_for_an_ordinary_object(value) -> None:
    assert statics.layout_of(type(value)).base is not object


def test_slots_of_one_name_in_two_classes_are_a_problem() -> None:
    class Below(kinds.Slotted):
        __slots__ = ("left",)

    assert "slot of the same name" in (statics.layout_of(Below).problem or "")


def test_instance_dictionary_shadowed_by_a_property_is_found() -> None:
    class Shadowed:
        @property
        def attribute(self):
            raise AssertionError("ran")

    instance = Shadowed()
    statics.layout_of(Shadowed).write(instance, {"attribute": 1})

    assert list(statics.layout_of(Shadowed).read(instance)) == [("attribute", 1)]


def test_layout_of_a_class_that_died_is_forgotten() -> None:
    def make(base: type) -> type:
        return type("Temporary", (base,), {})

    for _ in range(50):
        assert statics.layout_of(make(dict)).base is dict
        assert statics.layout_of(make(object)).base is object


def test_name_is_found_through_nested_classes() -> None:
    assert statics.find_loaded(kinds.__name__, "Outer.Inner") is kinds.Outer.Inner
    assert statics.find_loaded(kinds.__name__, "") is kinds


@pytest.mark.parametrize(("module", "name"), [("no.such.module", "x"), ("sys", "no_such"), ("sys", "path.append")])
def test_name_that_is_not_there_is_a_lookup_error(module, name) -> None:
    with pytest.raises(LookupError):
        statics.find_loaded(module, name)


def test_object_in_the_place_of_a_module_is_not_asked(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "not_a_module", object.__new__(Hostile))

    with pytest.raises(LookupError, match="not loaded"):
        statics.find_loaded("not_a_module", "x")
