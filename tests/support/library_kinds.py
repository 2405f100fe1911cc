"""attrs classes and pydantic models; importing it needs both libraries."""

from __future__ import annotations

import attr
import pydantic


@attr.define
class Defined:
    x: int
    y: object = None


@attr.frozen(cache_hash=True)
class Hashed:
    name: str


@attr.define
class Converted:
    n: int = attr.field(converter=int)


class Model(pydantic.BaseModel):
    x: int
    y: list = pydantic.Field(default_factory=list)


class FrozenModel(pydantic.BaseModel, frozen=True, extra="allow"):
    x: int


class Private(pydantic.BaseModel):
    x: int
    _hidden: int = pydantic.PrivateAttr(default=3)
