"""Where records go: lines of standard output, or of a file that several processes may append to."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

from callbox.errors import ConfigError

RESULT = "TEST_RESULT:"
SUMMARY = "TEST_SUMMARY:"
STDOUT = "-"
_FILE_MODE = 0o600


class Sink:
    """Writes a record as one line, whole: `TEST_RESULT:{...}`."""

    def __init__(self, output: str, *, is_shared: bool = False) -> None:
        """Open it.

        Args:
            output: "-" for what standard output is now, whatever tests put in its place; or a file's path.
            is_shared: others leave lines unfinished there, as pytest its dots.

        Raises:
            ConfigError: the file cannot be written.
        """
        self._before = "\n" if is_shared and output == STDOUT else ""
        if output == STDOUT:
            sys.stdout.flush()
            self._fd = os.dup(1)
            return
        try:
            self._fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE)
        except OSError as error:
            raise ConfigError(f"cannot write telemetry to {output}: {error.strerror}: choose another file") from error

    def write(self, prefix: str, record: dict[str, Any]) -> None:
        """Write a line; what other code has printed so far comes before it."""
        line = f"{self._before}{prefix}{json.dumps(record, ensure_ascii=True, separators=(', ', ': '), default=str)}\n"
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        data = memoryview(line.encode())
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(OSError):
            os.close(self._fd)
