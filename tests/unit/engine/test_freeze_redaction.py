"""A secret that has a name, or looks like one, reaches neither ring nor arena, and so nothing that is made of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from callbox import _core, render
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import Capture
from callbox.recording import Recording, write_box

HERE = __name__
SECRET = "S3ntinel-0f9c2ab71d"
TOKEN = f"sk_live_{SECRET}"


@pytest.fixture(params=_core.engines())
def record(request: pytest.FixtureRequest) -> Callable[..., Capture]:
    def record(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Capture:
        recorder = NativeRecorder(Options(request.param, "trace", (HERE,)), request.param)
        recorder.start()
        try:
            with contextlib.suppress(Exception):
                function(*args, **kwargs)
        finally:
            recorder.stop()
        return recorder.capture()

    return record


def stored_bytes(capture: Capture) -> bytes:
    """Everything of a capture that is bytes: slots and arenas."""
    parts = [segment for thread in capture.threads for segment in thread.segments]
    parts += [piece for thread in capture.threads for _, piece in thread.values.pieces]
    return b"".join(map(bytes, parts))


def takes(value=None, *args, **kwargs):
    return [value, args, kwargs]


def log_in(user, password, *, api_key=None):
    """Take secrets by name and hand one on."""
    token = password
    return authenticate(user, auth_token=token)


def authenticate(user, auth_token):
    return user


def session_of(DB_PASSWORD=None, sessionToken=None, HTTPAuthorization=None):
    yield "ready"


def fails_with(text):
    raise ConnectionError(text, {"password": SECRET})


def fails_with_attribute():
    error = ValueError("no")
    error.client_secret = SECRET  # type: ignore[attr-defined]
    raise error


class Account:
    def __init__(self) -> None:
        self.user, self.password, self.settings = "ann", SECRET, {"nested": [{"api-key": SECRET}]}

    def open(self):
        return self


class Slotted:
    __slots__ = ("access_token", "user")

    def __init__(self) -> None:
        self.user, self.access_token = "ann", SECRET


@dataclass
class Settings:
    user: str = "ann"
    private_key: str = SECRET
    more: dict[str, Any] = field(default_factory=lambda: {"csrftoken": SECRET})


class Name(str):
    """A str, but not exactly."""


class Mangled:
    def __init__(self) -> None:
        self.__password = SECRET


class SecretStr:
    """Named like pydantic's."""

    def __init__(self, value: str) -> None:
        self._held = value


PLANTED: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "arguments": (log_in, ("ann", SECRET), {"api_key": SECRET}),
    "names in other cases": (lambda: list(session_of(SECRET, SECRET, SECRET)), (), {}),
    "keyword arguments": (takes, (), {"client_secret": SECRET, "pwd": SECRET}),
    "dict": (takes, ({"db_password": SECRET},), {}),
    "nested containers": (takes, ({"outer": [{"refreshToken": SECRET}]},), {}),
    "attributes": (takes, (Account(),), {}),
    "self": (lambda: Account().open(), (), {}),
    "slots": (takes, (Slotted(),), {}),
    "dataclass": (takes, (Settings(),), {}),
    "url login": (takes, (f"postgres://ann:{SECRET}@db.example/app",), {}),
    "url query": (takes, (f"https://example.org/x?page=1&access_token={SECRET}",), {}),
    "header": (takes, ({"Authorization": f"Bearer {SECRET}"}, f"Authorization: Bearer {SECRET}"), {}),
    "pairs": (takes, ([("X-Trace", "1"), ("Authorization", f"Bearer {SECRET}")],), {}),
    "assignment in text": (takes, (f"host=db password={SECRET} user=ann", f'{{"api_key": "{SECRET}"}}'), {}),
    "token": (takes, (TOKEN, f"use {TOKEN} now"), {}),
    "key": (takes, ({TOKEN: 1},), {}),
    "wide text": (takes, (f"пароль, password={SECRET}",), {}),
    "bytes": (takes, (b"host=db password=" + SECRET.encode(), bytearray(f"pwd: {SECRET}", "ascii")), {}),
    "bytes key": (takes, ({b"X-Api-Key": SECRET.encode()},), {}),
    "str subclass as key": (takes, ({Name("db_password"): SECRET},), {}),
    "key beyond ASCII": (takes, ({"größe_password": SECRET, "пароль": 1},), {}),
    "long key": (takes, ({"x" * 500 + "_password": SECRET, "y" * 2000: SECRET},), {}),
    "numbered key": (takes, ({"password1": SECRET, "Token2": SECRET},), {}),
    "pair": (takes, (("password", SECRET), ["api_key", SECRET], (b"authorization", SECRET.encode())), {}),
    "command line": (takes, (["login", "--password", SECRET, "--user=ann", f"--api-key={SECRET}"],), {}),
    "url login beyond what is kept": (takes, (f"https://ann:{SECRET}{'a' * 130}@db.example",), {}),
    "url login without end": (takes, (f"https://ann:{SECRET}{'a' * 3000}",), {}),
    "token cut where the kept part ends": (takes, ("." * 90 + f"sk_live_{SECRET}{'a' * 40}",), {}),
    "private key": (takes, (f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",), {}),
    "mangled attribute": (takes, (Mangled(),), {}),
    "type": (takes, (SecretStr(SECRET),), {}),
    "exception message": (fails_with, (f"cannot connect: password={SECRET}",), {}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_secret_is_nowhere(record, name, tmp_path) -> None:
    function, args, kwargs = PLANTED[name]

    capture = record(function, *args, **kwargs)
    write_box(capture, tmp_path / "run.cbx")
    text = render_all(capture)

    assert SECRET.encode() not in stored_bytes(capture)
    assert SECRET.encode() not in (tmp_path / "run.cbx").read_bytes()
    assert SECRET not in text
    assert "[redacted: " in text


def test_attribute_of_an_exception_is_nowhere(record) -> None:
    capture = record(fails_with_attribute)

    assert SECRET.encode() not in stored_bytes(capture)
    assert SECRET not in render_all(capture)


def render_all(capture: Capture) -> str:
    """Write a recording in every format that shows values."""
    recording = Recording(capture)
    values = recording.describe_values()
    return "\n".join(
        [
            render.format_tree(recording.tree, values=values),
            render.format_flat(recording.events, recording.tree, values=values),
            render.format_json(recording.tree, values=values),
        ]
    )


def test_what_is_no_secret_stays(record) -> None:
    capture = record(takes, {"monkey": "banana", "user": "ann", "tokenizer": "bpe"}, "it tokenizes well: yes")

    text = render_all(capture)

    assert "'monkey': 'banana', 'user': 'ann', 'tokenizer': 'bpe'" in text
    assert "it tokenizes well: yes" in text


def test_what_says_nothing_stays_under_any_key(record) -> None:
    text = render_all(record(log_in, "ann", None, api_key=False))

    assert "log_in(user='ann', password=None, api_key=False)" in text


def test_card_number_is_nowhere(record) -> None:
    text = render_all(record(takes, 4111111111111111, "4111 1111 1111 1111", 4111111111111112))

    assert text.count("4111 1111") == text.count("4111111111111111") == 0
    assert "4111111111111112" in text


def test_marker_says_which_rule_hit(record) -> None:
    capture = record(log_in, "ann", SECRET)

    assert "log_in(user='ann', password=[redacted: key password]" in render_all(capture)
