"""Streams in memory: kept with what they hold and where they stand, and not moved by it."""

from __future__ import annotations

import io

import msgspec
import pytest

from callbox.errors import FormatError
from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.exact.secrets import find_secret
from callbox.values.exact.streams import state_of
from callbox.values.exact.wire import Tag, seal
from callbox.values.literals import literal
from callbox.values.refusal import RefusalError, UnwritableError


def at(stream, position):
    stream.seek(position)
    return stream


def written(stream, content):
    stream.write(content)
    return stream


def closed(stream):
    stream.close()
    return stream


STREAMS = [
    (io.StringIO(), "StringIO()", []),
    (io.StringIO("a\nü"), 'StringIO("a\\nü")', []),
    (at(io.StringIO("abc"), 1), "string_io", ['string_io = StringIO("abc")', "string_io.seek(1)"]),
    (at(io.StringIO("abc"), 9), "string_io", ['string_io = StringIO("abc")', "string_io.seek(9)"]),
    (written(io.StringIO(), "abc"), "string_io", ["string_io = StringIO()", 'string_io.write("abc")']),
    (io.StringIO("a\r\nb\rc", newline=None), 'StringIO("a\\nb\\nc", newline=None)', []),
    (io.StringIO("a\r\nb", newline=""), 'StringIO("a\\r\\nb", newline="")', []),
    (io.StringIO("ab", newline="\r\n"), 'StringIO("ab", newline="\\r\\n")', []),
    (closed(io.StringIO("abc")), "string_io", ["string_io = StringIO()", "string_io.close()"]),
    (io.BytesIO(), "BytesIO()", []),
    (at(io.BytesIO(b"a\xff"), 1), "bytes_io", ['bytes_io = BytesIO(b"a\\xff")', "bytes_io.seek(1)"]),
    (written(io.BytesIO(), b"abc"), "bytes_io", ["bytes_io = BytesIO()", 'bytes_io.write(b"abc")']),
    (closed(io.BytesIO()), "bytes_io", ["bytes_io = BytesIO()", "bytes_io.close()"]),
]


@pytest.mark.parametrize("value", [value for value, _, _ in STREAMS])
def test_stream_comes_back_and_is_not_moved(value) -> None:
    before = state_of(value)

    decoded = decode(encode([value, value]))

    assert decoded[0] is decoded[1]
    assert type(decoded[0]) is type(value)
    assert state_of(decoded[0]) == state_of(value) == before


@pytest.mark.parametrize(("value", "source", "setup"), STREAMS)
def test_source_gives_the_same_again(value, source, setup) -> None:
    text = literal(value, name="value")

    assert (text.source.replace("'", '"'), [line.replace("'", '"') for line in text.setup]) == (source, setup)
    names: dict[str, object] = {}
    exec("\n".join([*text.imports, *text.setup, f"made = {text.source}"]), names)
    assert state_of(names["made"]) == state_of(value)


def test_translation_of_new_lines_goes_on() -> None:
    decoded = decode(encode(written(io.StringIO(newline="\r\n"), "a\n")))

    decoded.write("b\n")

    assert decoded.getvalue() == "a\r\nb\r\n"


def test_text_that_no_constructor_gives_has_no_source() -> None:
    with pytest.raises(UnwritableError, match=r"no constructor gives a StringIO with newline='\\r\\n' this text"):
        literal(written(io.StringIO(newline="\r\n"), "a\n"), name="value")


def test_stream_with_attributes_or_of_another_class_is_refused() -> None:
    named = io.StringIO()
    named.name = "report.csv"
    mine = type("Mine", (io.StringIO,), {"__module__": __name__})()

    for stream in (named, mine):
        with pytest.raises(RefusalError):
            encode(stream)
    with pytest.raises(UnwritableError, match="attributes of its own"):
        literal(named, name="value")


def test_secret_in_a_stream_is_found() -> None:
    assert find_secret(encode([io.StringIO("password = S3ntinel0f9c2ab71d")]))
    assert find_secret(encode([io.BytesIO(b"password = S3ntinel0f9c2ab71d")]))
    assert not find_secret(encode([io.StringIO("a,b")]))


@pytest.mark.parametrize(
    ("actual", "expected", "shown"),
    [
        (io.StringIO("a"), io.StringIO("a"), []),
        (io.StringIO("a"), io.StringIO("b"), ["result.getvalue()"]),
        (at(io.BytesIO(b"ab"), 1), io.BytesIO(b"ab"), ["result.tell()"]),
        (closed(io.BytesIO()), io.BytesIO(b""), ["result.getvalue()"]),
    ],
)
def test_streams_are_compared_by_content_and_position(actual, expected, shown) -> None:
    comparison = compare(actual, expected)

    assert comparison.is_equal is (not shown)
    assert all(path in str(comparison) for path in shown)


@pytest.mark.parametrize(
    "row",
    [
        *([0, b"a", None, 0], [1, "a", None, 0], [0, "a", "x", 0], [0, "a", "\n", "0"]),
        *([0, "a", "\n", -1], [2, "", "", 0], [0]),
    ],
)
def test_damaged_stream_is_told(row) -> None:
    body = msgspec.msgpack.encode([{}, [], [[Tag.STREAM, *row]], [0]])

    with pytest.raises(FormatError):
        decode(seal(body))
