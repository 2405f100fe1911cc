"""Encoding: deterministic, graph-shaped, refusing with a place and a reason."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import value_kinds as kinds
from tests.support.value_strategies import cyclic_values, values

from callbox.errors import CaptureError
from callbox.values.compare import Rules, compare
from callbox.values.exact import Limits, decode, encode, fingerprint
from callbox.values.refusal import RefusalError

EXACTLY = Rules(signed_zeros=True)


@settings(max_examples=300)
@given(values | cyclic_values())
def test_any_value_round_trips_to_an_equal_one_with_the_same_bytes(value) -> None:
    data = encode(value)

    decoded = decode(data)

    assert str(compare(decoded, value, rules=EXACTLY)) == "equal"
    assert encode(decoded) == data


def test_list_in_two_places_stays_one_list() -> None:
    shared = [1]

    first, second, (third,) = decode(encode([shared, shared, (shared,)]))

    assert first is second is third


def test_equal_lists_in_two_places_stay_two_lists() -> None:
    first, second = decode(encode([[1], [1]]))

    assert first is not second


def test_list_that_contains_itself_through_a_tuple_does_so_again() -> None:
    items: list = []
    items.append((items,))

    decoded = decode(encode(items))

    assert decoded[0][0] is decoded


def test_bytes_do_not_depend_on_which_equal_tuples_are_one_object() -> None:
    shared = (1, 2)

    assert encode([shared, shared]) == encode([(1, 2), tuple(iter((1, 2)))])


def test_bytes_tell_numbers_of_different_types_apart() -> None:
    assert len({encode((number,)) for number in (1, 1.0, True, 1 + 0j, -0.0, 0.0, 0, False)}) == 8


def test_bytes_of_a_set_do_not_depend_on_its_order() -> None:
    names = [f"name {n}" for n in range(50)]

    assert encode(set(names)) == encode(set(dict.fromkeys(names[::-1])))
    assert encode({(n, n) for n in names}) == encode({(n, n) for n in reversed(names)})


def test_bytes_keep_the_order_of_a_dictionary() -> None:
    assert encode({"a": 1, "b": 2}) != encode({"b": 2, "a": 1})


def test_nan_of_any_payload_and_sign_has_the_same_bytes() -> None:
    inf = float("inf")

    assert encode([inf - inf]) == encode([float("nan")]) == encode([-float("nan")])


def test_nesting_of_lists_is_limited_by_memory_alone() -> None:
    deep: list = []
    for _ in range(50_000):
        deep = [deep]

    assert encode(decode(encode(deep))) == encode(deep)


def test_chain_of_objects_is_limited_by_memory_alone() -> None:
    chain = None
    for _ in range(10_000):
        chain = kinds.Plain(next=chain)

    assert decode(encode(chain)).next.next.__class__ is kinds.Plain


def test_refusal_names_the_place_and_the_reason() -> None:
    with pytest.raises(RefusalError) as refusal:
        encode(({"pool": kinds.Plain(conn=threading.local())},), name="args")

    assert refusal.value.path == 'args[0]["pool"].conn'
    assert "thread-local" in refusal.value.reason
    assert isinstance(refusal.value, CaptureError)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (lambda: 0, "is a lambda"),
        ((n for n in ()), "generator"),
        (threading.local(), "belongs to the running process"),
        (memoryview(b""), None),
        (object.__new__(type("Local", (), {})), "cannot be imported"),
        ((1).__add__, "a method-wrapper"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(value, reason) -> None:
    if reason is None:
        assert decode(encode(value)) == value
        return
    with pytest.raises(RefusalError, match=reason):
        encode(value)


def test_class_from_a_function_is_refused() -> None:
    class Local:
        pass

    with pytest.raises(RefusalError, match="inside a function"):
        encode(Local())


def test_tuples_nested_too_deeply_are_refused() -> None:
    deep: tuple = ()
    for _ in range(100_000):
        deep = (deep,)

    with pytest.raises(RefusalError, match="nested too deeply"):
        encode(deep)


def test_value_larger_than_its_limits_is_refused() -> None:
    with pytest.raises(RefusalError, match="limit of 10"):
        encode("text" * 10, limits=Limits(max_bytes=10))
    with pytest.raises(RefusalError, match="more than 3 parts"):
        encode([[], [], []], limits=Limits(max_steps=3))


def test_key_hashed_by_its_contents_is_written_before_its_container() -> None:
    late = [1]
    key = kinds.FrozenPoint(("x",), kinds.FrozenPoint(1))

    decoded = decode(encode([{key: late}, {frozenset({key}): late}, key]))

    assert decoded[0] == {key: [1]}
    assert decoded[1] == {frozenset({key}): [1]}
    assert next(iter(decoded[0])) is decoded[2]


def test_object_inside_a_set_that_it_owns_round_trips() -> None:
    node = kinds.Plain(name="a")
    node.peers = {node, kinds.Plain(name="b", back=node)}

    decoded = decode(encode(node))

    assert decoded in decoded.peers
    assert sorted(peer.name for peer in decoded.peers) == ["a", "b"]


def test_fingerprint_is_the_same_for_equal_content_alone() -> None:
    assert fingerprint([1, (2, {3})]) == fingerprint([1, (2, {3})])
    assert fingerprint([1]) != fingerprint([1.0])
    assert len(fingerprint(None)) == 32


class Meta(type):
    n_calls = 0

    def _count(cls, *args):
        Meta.n_calls += 1
        raise AssertionError("ran")

    __getattribute__ = __hash__ = __eq__ = __instancecheck__ = __subclasscheck__ = __repr__ = __call__ = _count
    mro = type.mro


def _ran(self, *args, **kwargs):
    Meta.n_calls += 1
    raise AssertionError("ran")


class Hostile(dict, metaclass=Meta):
    __slots__ = ("slot",)
    __getattribute__ = __getattr__ = __setattr__ = __repr__ = __str__ = __hash__ = __eq__ = __bool__ = _ran
    __len__ = __iter__ = __contains__ = __getitem__ = keys = items = values = get = copy = _ran
    __reduce__ = __reduce_ex__ = __getstate__ = __setstate__ = __sizeof__ = _ran
    __class__ = property(_ran)


def test_no_code_of_a_hostile_class_runs_while_it_is_encoded_and_decoded() -> None:
    hostile = dict.__new__(Hostile)
    dict.update(hostile, {"a": [1]})
    slot = type.__dict__["__dict__"].__get__(Hostile)["slot"]
    slot.__set__(hostile, 5)
    Meta.n_calls = 0

    data = encode([hostile, {"key": hostile}])
    decoded = decode(data)
    comparison = compare(decoded[0], hostile)

    assert Meta.n_calls == 0
    assert comparison.is_equal
    assert dict.items(decoded[0]) == {"a": [1]}.items()
    assert slot.__get__(decoded[0]) == 5
    assert type(decoded[0]) is type(hostile)


@settings(max_examples=100)
@given(st.data())
def test_any_value_of_a_library_round_trips_to_an_equal_one_with_the_same_bytes(data) -> None:
    strategies = pytest.importorskip("tests.support.library_strategies")
    value = data.draw(strategies.library_values | strategies.shared_library_values)
    encoded = encode(value)

    decoded = decode(encoded)

    assert str(compare(decoded, value, rules=EXACTLY)) == "equal"
    assert encode(decoded) == encoded
