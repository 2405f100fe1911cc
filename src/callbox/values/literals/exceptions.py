"""Writing exceptions: their arguments, then what else they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.exact.exceptions import read_fields
from callbox.values.literals.families import Built, Writing
from callbox.values.literals.layout import Group, Labelled, Node, call
from callbox.values.literals.statements import set_attributes

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _write_exception(writer: Writer, value: BaseException, link: Link) -> Built:
    cls = type(value)
    name = writer.class_name(cls, link)
    fields = dict(read_fields(value))
    args = fields.pop("args", ())
    state = dict(statics.layout_of(cls).read(value))
    made, implied = _make(writer, value, name, args, link)
    fields = {key: field for key, field in fields.items() if not _is_implied(implied, key, field)}
    if fields.get("__suppress_context__") and "__cause__" in fields:
        del fields["__suppress_context__"]
    whole_args = writer.write(args, (link, "attribute", "args"))
    notes = writer.items(_pop_notes(state), (link, "attribute", "__notes__"))
    rest = dict(writer.state(fields, link))
    held = dict(writer.state(state, link))

    def add_rest(variable: str) -> None:
        for key, node in rest.items():
            writer.add_statement(Labelled(f"{variable}.{key}", " = ", node))
        for note in notes:
            writer.add_statement(call(f"{variable}.add_note", [note]))
        set_attributes(writer, cls, held, variable)

    def add_whole(variable: str) -> None:
        writer.add_statement(Labelled(f"{variable}.args", " = ", whole_args))
        add_rest(variable)

    return Built(made, add_rest if rest or held or notes else None, add_whole)


def _pop_notes(state: dict[str, Any]) -> list[str]:
    """Take out the notes of an exception, where they are what `add_note` leaves."""
    notes = state.get("__notes__")
    if type(notes) is not list or not all(type(note) is str for note in notes):
        return []
    del state["__notes__"]
    return notes


def _make(writer: Writer, value: BaseException, name: str, args: tuple[Any, ...], link: Link) -> tuple[Node, Any]:
    """Return the call that makes an exception, and one made alike where its class is Python's own."""
    cls = type(value)
    if statics.derives(cls, BaseExceptionGroup):
        message, exceptions = (BaseExceptionGroup.__dict__[key].__get__(value) for key in ("message", "exceptions"))
        parts = [
            writer.write(message, (link, "attribute", "message")),
            Group("[", writer.items(exceptions, (link, "attribute", "exceptions")), "]"),
        ]
        return call(name, parts), None
    base = statics.layout_of(cls).base
    filename = dict(read_fields(value)).get("filename")
    if filename is not None and len(args) == 2:
        args = (*args, filename)
    nodes = writer.items(args, (link, "attribute", "args"))
    is_plain = all(
        statics.find_attribute(cls, method) is statics.find_attribute(base, method)
        for method in ("__new__", "__init__")
    )
    if not is_plain:
        return call(f"{name}.__new__", [name, *nodes]), None
    return call(name, nodes), _try_builtin(base, args)


def _try_builtin(base: type, args: tuple[Any, ...]) -> Any:
    try:
        made = base(*args)
    except Exception:
        return None
    return dict(read_fields(made))


def _is_implied(implied: Any, key: str, field: Any) -> bool:
    """Say whether making the exception sets a field to just this."""
    return implied is not None and key in implied and implied[key] is field


def _shell_exception(writer: Writer, value: BaseException, link: Link) -> Node:
    name = writer.class_name(type(value), link)
    return call(f"{name}.__new__", [name])


EXCEPTION = Writing(_write_exception, True, _shell_exception)
