"""Functions, classes and modules, by their names."""

from __future__ import annotations

import functools
import math
import os.path
import re
from collections.abc import Callable

import msgspec
import pytest
from tests.support import value_kinds as kinds

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.exact.wire import Tag, seal
from callbox.values.refusal import RefusalError


@functools.cache
def cached() -> None: ...


@pytest.mark.parametrize(
    "value",
    [
        *(
            kinds.function,
            kinds.Plain,
            kinds.Outer.Inner,
            kinds.Outer.static,
            kinds.Plain.method,
            cached,
            math,
            os.path,
        ),
        *(len, math.sin, str.upper, int.__add__, int, type(None), type(...), type),
    ],
)
def test_named_thing_is_itself_again(value) -> None:
    assert decode(encode(value)) is value


def test_bound_method_keeps_its_object() -> None:
    owner = kinds.Plain(name="owner")

    decoded_owner, method = decode(encode([owner, owner.method]))

    assert method() is decoded_owner


def test_method_in_c_keeps_its_object() -> None:
    items: list[object] = []

    again, append = decode(encode([items, items.append]))
    append(1)

    assert again == [1]


@pytest.mark.parametrize("method", [re.compile("a+").match, "abc".upper, {}.get, dict.fromkeys])
def test_method_in_c_is_bound_again(method) -> None:
    decoded = decode(encode(method))

    assert (type(decoded), decoded.__name__) == (type(method), method.__name__)
    assert decoded.__self__ == method.__self__


def test_method_in_c_that_a_class_hides_is_refused() -> None:
    class Hiding(list):
        def append(self, item: object) -> None: ...

    with pytest.raises(RefusalError, match="it is the method 'append' of a built-in object"):
        encode(super(Hiding, Hiding()).append)


def test_bytes_that_bind_what_is_no_method_in_c_are_refused() -> None:
    damaged = msgspec.msgpack.encode([[], [Tag.LIST], [[Tag.FUNCTION, [-1], "__class__"]], [0]])

    with pytest.raises(FormatError, match="binds '__class__' of a list, which is no method in C"):
        decode(seal(damaged))


def test_class_method_is_bound_to_its_class_again() -> None:
    assert type(decode(encode(kinds.Outer.create))()) is kinds.Outer


def test_partial_keeps_function_and_arguments() -> None:
    decoded = decode(encode(functools.partial(kinds.function, x=[1])))

    assert decoded() == [1]


def test_function_hidden_behind_its_wrapper_is_refused() -> None:
    with pytest.raises(RefusalError, match="is another object"):
        encode(cached.__wrapped__)


def test_function_of_a_module_that_is_gone_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(kinds.function, "__module__", "gone_module")

    with pytest.raises(RefusalError, match="module 'gone_module' is not loaded"):
        encode(kinds.function)


def test_name_that_is_no_function_any_more_is_a_format_error(monkeypatch) -> None:
    data = encode(kinds.function)
    monkeypatch.setattr(kinds, "function", 5)

    with pytest.raises(FormatError, match="which is a int"):
        decode(data)


def test_module_attribute_hook_is_not_asked(monkeypatch) -> None:
    data = encode(kinds.function)
    monkeypatch.delattr(kinds, "function")
    monkeypatch.setattr(kinds, "__getattr__", lambda name: 1 / 0, raising=False)

    with pytest.raises(FormatError, match="has no 'function'"):
        decode(data)


MISSING = object()


def test_constant_that_the_caller_names_keeps_its_identity() -> None:
    data = encode([MISSING, 1], constants={id(MISSING): (__name__, "MISSING")})

    assert decode(data)[0] is MISSING


@pytest.mark.parametrize("alias", [list[int], dict[str, list[int]], Callable[[int, str], bool], Callable[..., int]])
def test_generic_alias_comes_back(alias) -> None:
    assert decode(encode(alias)) == alias


def test_unpacked_alias_is_refused() -> None:
    with pytest.raises(RefusalError, match="unpacked type"):
        encode(next(iter(tuple[int, ...])))
