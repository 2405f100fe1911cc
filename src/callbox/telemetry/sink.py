"""Where records go: lines of standard output, or of a file that several processes may append to."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import asdict, is_dataclass
from typing import Any

import msgspec

from callbox.errors import ConfigError, reason
from callbox.telemetry.records import NO_CALLS, NO_QUERIES

RESULT = "TEST_RESULT:"
SUMMARY = "TEST_SUMMARY:"
STDOUT = "-"
_FILE_MODE = 0o600


def encode(record: dict[str, Any]) -> bytes:
    """Return a record as JSON in ASCII, which no name of a test can break into lines; without spaces."""
    try:
        if record.get("database_queries") is NO_QUERIES and record.get("http_calls") is NO_CALLS:
            # Most records: what they have in common has been written before.
            data = _encoder.encode({**record, **_WRITTEN})
        else:
            data = _encoder.encode(record)
        if data.isascii():
            return data
    except (UnicodeEncodeError, TypeError):
        pass
    return json.dumps(record, default=_plain, separators=(",", ":")).encode()


def decode(data: str | bytes) -> dict[str, Any]:
    """Return what `encode` has encoded."""
    record: dict[str, Any] = json.loads(data)
    return record


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


_encoder = msgspec.json.Encoder(enc_hook=str)
_WRITTEN = {
    name: msgspec.Raw(_encoder.encode(part))
    for name, part in (("database_queries", NO_QUERIES), ("http_calls", NO_CALLS))
}


class Sink:
    """Writes a record as one line, whole: `TEST_RESULT:{...}`."""

    def __init__(self, output: str) -> None:
        """Open it.

        Args:
            output: "-" for what standard output is now, whatever tests put in its place; or a file's path.

        Raises:
            ConfigError: the file cannot be written.
        """
        self._is_stdout = output == STDOUT
        # Others leave lines unfinished there: frameworks their dots, tests what they print.
        self._before = b"\n" if self._is_stdout else b""
        if self._is_stdout:
            sys.stdout.flush()
            self._fd = os.dup(1)
            return
        try:
            self._fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE)
        except OSError as error:
            raise ConfigError(f"cannot write telemetry to {output}: {reason(error)}: choose another file") from error

    def write(self, prefix: str, record: dict[str, Any]) -> None:
        """Write a line; what other code has printed so far comes before it."""
        data = b"".join((self._before, prefix.encode(), encode(record), b"\n"))
        if self._is_stdout:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stdout.flush()
        try:  # `suppress` takes longer than to encode the line
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:
            pass

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(OSError):
            os.close(self._fd)
