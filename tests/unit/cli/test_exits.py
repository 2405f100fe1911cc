"""Exit codes and error lines."""

from __future__ import annotations

import pytest

from callbox.cli import exits
from callbox.errors import (
    CallboxError,
    ConfigError,
    EngineError,
    FormatError,
    NothingFoundError,
    ProgramError,
    RecordingError,
    error_line,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError, 2),
        (ProgramError, 2),
        (EngineError, 2),
        (RecordingError, 2),
        (CallboxError, 2),
        (NothingFoundError, 3),
        (FormatError, 4),
    ],
)
def test_every_error_has_its_exit_code(error, code) -> None:
    assert exits.exit_code(error("why")) == code


def test_error_is_one_line() -> None:
    assert error_line(CallboxError("what\n  and why")) == "callbox: error: what and why"
