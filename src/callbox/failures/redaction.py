"""Secrets: the redactor of this process, and those of one failure wherever they come up again.

A password is known by its name. Passed on as an item of `*args` it has none, so what
was found under a name once is taken out of everything else that is kept of the failure.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from callbox.config import project_redact_rules
from callbox.errors import CallboxError
from callbox.secrets import Hit, RedactRules
from callbox.values.redact import Redactor

T = TypeVar("T")

_MIN_CHARS, _MAX_CHARS = 6, 10_000
"""Nothing longer than that is kept whole."""
_MAX_WORD_CHARS = 12
_MARKER = "[redacted: known secret]"
_CUT = re.compile("['\"]?…")
"""What stands where a text was cut."""
_state = threading.local()


@functools.cache
def project_rules() -> RedactRules:
    """Return the rules of the project's configuration; where that is wrong, those that always hold."""
    try:
        return project_redact_rules()
    except (CallboxError, OSError):
        # whoever starts a recording or a command is told; a failure must not wait for it
        return RedactRules()


@functools.cache
def shared_redactor() -> Redactor:
    """Return the one redactor that everything here shares, with the project's rules."""
    return Redactor(dataclasses.replace(project_rules(), callback=_remember))


def _remember(hit: Hit) -> None:
    note_secret(hit.value)


def note_secret(value: object) -> None:
    """Remember what a secret's name stood beside, while a failure is captured."""
    found = getattr(_state, "secrets", None)
    if found is None or type(value) is not str or len(value) < _MIN_CHARS:
        return
    # a short plain word would take too much else with it
    if len(value) >= _MAX_WORD_CHARS or not (value.isalpha() and value.islower()):
        secret = value[:_MAX_CHARS]
        found |= {secret, repr(secret)[1:-1]}


class Secrets:
    """The secrets that are found while it is entered. May be nested: a signal's dump comes amid a capture."""

    def __enter__(self) -> Secrets:
        """Begin to remember."""
        self._found: set[str] = set()
        self._outer: set[str] | None = getattr(_state, "secrets", None)
        _state.secrets = self._found
        return self

    def __exit__(self, *_: object) -> None:
        """Forget them."""
        _state.secrets = self._outer

    def remove_from(self, value: T) -> T:
        """Return a dataclass, or plain data, with every known secret in its texts replaced."""
        if not self._found:
            return value
        # mostly they are nowhere else, which is cheaper to find out than to copy everything
        if not _holds_any(value, {secret[:_MIN_CHARS] for secret in self._found}):
            return value
        cleaned: T = _scrub(value, sorted(self._found, key=len, reverse=True))
        return cleaned


def _holds_any(value: Any, texts: Iterable[str]) -> bool:
    try:
        written = msgspec.json.encode(value)
        return any(msgspec.json.encode(text)[1:-1] in written for text in texts)
    except UnicodeEncodeError:
        return True


def _without(text: str, secrets: Sequence[str]) -> str:
    """Replace secrets in a text, and the beginnings of secrets where it was cut."""
    for secret in secrets:
        if secret[:_MIN_CHARS] in text:
            text = _without_beginnings(text.replace(secret, _MARKER), secret)
    return text


def _without_beginnings(text: str, secret: str) -> str:
    parts, end = [], 0
    for cut in _CUT.finditer(text):
        start = text.find(secret[:_MIN_CHARS], max(end, cut.start() - len(secret)), cut.start())
        while start >= 0 and not secret.startswith(text[start : cut.start()]):
            start = text.find(secret[:_MIN_CHARS], start + 1, cut.start())
        if start >= 0:
            parts += [text[end:start], _MARKER]
            end = cut.start()
    return "".join([*parts, text[end:]])


def _field_names(kind: type) -> tuple[str, ...]:
    """Name the fields of a dataclass; any other type has none."""
    names = _FIELD_NAMES.get(kind)
    if names is None:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        names = _FIELD_NAMES[kind] = tuple(field.name for field in fields)
    return names


_FIELD_NAMES: dict[type, tuple[str, ...]] = {}


def _scrub(value: Any, secrets: Sequence[str]) -> Any:
    if type(value) is str:
        return _without(value, secrets)
    if type(value) is dict:
        return {_scrub(key, secrets): _scrub(item, secrets) for key, item in value.items()}
    if type(value) is tuple:
        return tuple(_scrub(item, secrets) for item in value)
    names = _field_names(type(value))
    return type(value)(**{name: _scrub(getattr(value, name), secrets) for name in names}) if names else value
