"""Writing pydantic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.literals.families import Built, Writing
from callbox.values.literals.layout import call
from callbox.values.literals.statements import set_attributes
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link

_FIELDS_SET = "__pydantic_fields_set__"
_HIDDEN = ("__pydantic_extra__", "__pydantic_private__")


def is_model(cls: type) -> bool:
    """Say whether a class is a pydantic model."""
    return any(statics.reference_of_class(klass) == ("pydantic.main", "BaseModel") for klass in statics.mro(cls))


def _write_model(writer: Writer, value: Any, link: Link) -> Built:
    cls = type(value)
    name = writer.class_name(cls, link)
    state = dict(statics.layout_of(cls).read(value))
    fields_set = state.pop(_FIELDS_SET, None)
    hidden = {key: state.pop(key) for key in _HIDDEN if key in state}
    if any(part is not None for part in hidden.values()):
        raise RefusedPartError(link, "it is a pydantic model with extra or private attributes")
    fields = statics.find_attribute(cls, "__pydantic_fields__") or {}
    if state.keys() != fields.keys():
        raise RefusedPartError(link, "it is a pydantic model that does not hold just its fields")
    parts = writer.state(state, link)
    if fields_set == state.keys() and _is_plain(cls, fields):
        made = call(name, (), parts)
    else:
        given = ("_fields_set", writer.write(fields_set, (link, "attribute", _FIELDS_SET)))
        made = call(f"{name}.model_construct", (), [given, *parts])
    return Built(made, None, lambda variable: set_attributes(writer, cls, dict(parts), variable))


def _is_plain(cls: type, fields: dict[str, Any]) -> bool:
    """Say whether validating values that were valid already changes none of them."""
    decorators = statics.find_attribute(cls, "__pydantic_decorators__")
    kinds = ("validators", "field_validators", "root_validators", "model_validators")
    if any(getattr(decorators, kind, None) for kind in kinds):
        return False
    return not any(field.alias or field.validation_alias or field.metadata for field in fields.values())


MODEL = Writing(_write_model, has_identity=True)
