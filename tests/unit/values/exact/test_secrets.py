"""Secrets in recorded values are found wherever they are."""

from __future__ import annotations

import pytest

from callbox.values.exact import encode
from callbox.values.exact.secrets import find_secret, has_secret


class Login:
    def __init__(self) -> None:
        self.password = "hunter2"


@pytest.mark.parametrize(
    ("arguments", "parameters", "rule"),
    [
        (("hunter2",), ("password",), "argument password looks like a secret (password)"),
        (({"api_key": "abc"},), ("settings",), "what stands under 'api_key' looks like a secret (apikey)"),
        ((["postgres://ann:pw123@db/x"],), ("urls",), "a text in it looks like a secret"),
        (([b"password=hunter2"],), ("data",), "a text in it looks like a secret"),
        (("hunter2",), ("name",), ""),
        ((None,), ("password",), ""),
        (({"token": [1, 2]},), ("parsed",), ""),
    ],
)
def test_secret_is_known_by_its_key_or_its_shape(arguments, parameters, rule) -> None:
    assert find_secret(encode(arguments), parameters) == rule


def test_secret_in_an_object_is_found() -> None:
    assert find_secret(encode((Login(),)), ("login",)).startswith("what stands under 'password'")


def test_texts_are_looked_at() -> None:
    assert has_secret(["plain", "Authorization: Bearer abcdefghijk"])
    assert not has_secret(["plain"])


def test_numbers_are_not_taken_for_text() -> None:
    np = pytest.importorskip("numpy")
    text = b"password=hunter2"

    assert find_secret(encode(np.frombuffer(text, np.uint8)))
    assert not find_secret(encode(np.frombuffer(text, np.float64)))
