"""Exceptions: all that they carry but the traceback."""

from __future__ import annotations

import pytest
from tests.support import value_kinds as kinds

from callbox.errors import FormatError
from callbox.values.exact import decode, encode


def test_exception_keeps_arguments_notes_and_attributes() -> None:
    error = ValueError("message", [1])
    error.add_note("note")
    error.extra = 3

    decoded = decode(encode(error))

    assert (type(decoded), decoded.args) == (ValueError, ("message", [1]))
    assert (decoded.__notes__, decoded.extra) == (["note"], 3)


def test_exception_keeps_cause_and_context_and_what_suppresses_it() -> None:
    error = ValueError()
    error.__cause__ = KeyError("cause")
    error.__context__ = OSError("context")
    plain = ValueError()
    plain.__context__ = error

    decoded, decoded_plain = decode(encode([error, plain]))

    assert decoded.__cause__.args == ("cause",)
    assert decoded.__context__.args == ("context",)
    assert (decoded.__suppress_context__, decoded_plain.__suppress_context__) == (True, False)
    assert decoded_plain.__context__ is decoded


def test_exception_class_with_a_constructor_of_its_own_needs_no_call() -> None:
    decoded = decode(encode(kinds.AppError(7, detail="text")))

    assert type(decoded) is kinds.AppError
    assert (str(decoded), decoded.code) == ("7: text", 7)


@pytest.mark.parametrize(
    "error",
    [
        *(OSError(2, "no such file", "name"), FileNotFoundError(2, "text", "a", None, "b"), StopIteration(5)),
        *(
            SystemExit(3),
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"),
            KeyError(("a", 1)),
            ImportError("x", name="m"),
        ),
    ],
)
def test_built_in_exception_keeps_what_c_keeps_of_it(error) -> None:
    decoded = decode(encode(error))

    assert (type(decoded), repr(decoded), str(decoded)) == (type(error), repr(error), str(error))


def test_exception_group_keeps_message_and_members() -> None:
    group = ExceptionGroup("group", [ValueError(1), ExceptionGroup("inner", [KeyError("k")])])
    group.add_note("note")

    decoded = decode(encode(group))

    assert (decoded.message, decoded.__notes__) == ("group", ["note"])
    assert decoded.exceptions[0].args == (1,)
    assert decoded.exceptions[1].exceptions[0].args == ("k",)


def test_exception_that_is_its_own_context_round_trips() -> None:
    error = ValueError()
    error.self = error

    decoded = decode(encode(error))

    assert decoded.self is decoded


def test_class_that_is_no_exception_is_a_format_error() -> None:
    data = encode(kinds.AppError(1, detail="x"))

    with pytest.raises(FormatError):
        decode(data.replace(b"AppError", b"Slotted."))
