"""attrs classes and pydantic models, by their state."""

from __future__ import annotations

import pytest

from callbox.values.exact import decode, encode

attr = pytest.importorskip("attr")
pydantic = pytest.importorskip("pydantic")


@attr.define
class Defined:
    x: int
    y: object = None


@attr.frozen(cache_hash=True)
class Hashed:
    name: str


class Model(pydantic.BaseModel):
    x: int
    y: list = pydantic.Field(default_factory=list)
    _hidden: int = pydantic.PrivateAttr(default=3)


class FrozenModel(pydantic.BaseModel, frozen=True, extra="allow"):
    x: int


def test_attrs_class_round_trips() -> None:
    assert decode(encode(Defined(1, [2]))) == Defined(1, [2])


def test_cached_hash_is_not_kept() -> None:
    key = Hashed("a")
    hash(key)

    assert encode(key) == encode(Hashed("a"))
    assert decode(encode({key: 1})) == {Hashed("a"): 1}


def test_model_keeps_fields_private_attributes_and_which_were_set() -> None:
    model = Model(x=1)
    model._hidden = 9

    decoded = decode(encode(model))

    assert decoded == model
    assert (decoded.model_fields_set, decoded._hidden) == ({"x"}, 9)


def test_frozen_model_may_be_a_key() -> None:
    assert decode(encode({FrozenModel(x=1, more=2): 1})) == {FrozenModel(x=1, more=2): 1}
