"""The header of encoded values, held by a value of version 1 that must stay readable."""

from __future__ import annotations

import pytest

from callbox.errors import FormatError
from callbox.values.exact import decode
from callbox.values.exact.wire import Tag, seal, unseal

GOLD_1 = bytes.fromhex(
    "8943425601357e1ca1949094101011129692200293200191009301009491fe91fd910191fc9301019901fbc7090140000000"
    "0000000000cb3ff8000000000000a474657874c70302eda080c4056279746573c0c393010292a5616761696e91fe93010392"
    "03a16191ff"
)


def test_body_comes_back_from_its_header() -> None:
    assert bytes(unseal(seal(b"body"))) == b"body"


def test_checksum_covers_the_whole_body() -> None:
    sealed = bytearray(seal(b"body"))
    sealed[-1] ^= 1

    with pytest.raises(FormatError, match="checksum"):
        unseal(sealed)


def test_tags_are_all_different() -> None:
    tags = [value for name, value in vars(Tag).items() if name.isupper()]

    assert len(set(tags)) == len(tags)


def test_value_of_version_1_is_still_read() -> None:
    value = decode(GOLD_1)

    assert value[0] is value[1]["again"]
    assert value[1:] == [{"again": [1, -5, 1 << 70, 1.5, "text", "\ud800", b"bytes", None, True]}, (1, (2,)), {3, "a"}]
