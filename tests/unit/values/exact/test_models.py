"""attrs classes and pydantic models, by their state."""

from __future__ import annotations

import pytest

from callbox.values.exact import decode, encode

pytest.importorskip("attr")
pytest.importorskip("pydantic")
kinds = pytest.importorskip("tests.support.library_kinds")


def test_attrs_class_round_trips() -> None:
    assert decode(encode(kinds.Defined(1, [2]))) == kinds.Defined(1, [2])


def test_cached_hash_is_not_kept() -> None:
    key = kinds.Hashed("a")
    hash(key)

    assert encode(key) == encode(kinds.Hashed("a"))
    assert decode(encode({key: 1})) == {kinds.Hashed("a"): 1}


def test_model_keeps_fields_private_attributes_and_which_were_set() -> None:
    model = kinds.Private(x=1)
    model._hidden = 9

    decoded = decode(encode(model))

    assert decoded == model
    assert (decoded.model_fields_set, decoded._hidden) == ({"x"}, 9)


def test_frozen_model_may_be_a_key() -> None:
    assert decode(encode({kinds.FrozenModel(x=1, more=2): 1})) == {kinds.FrozenModel(x=1, more=2): 1}
