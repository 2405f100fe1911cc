"""Where commands write."""

from __future__ import annotations

import stat

import pytest

from callbox.cli.output import open_output
from callbox.errors import ConfigError


def test_file_stands_there_whole_for_its_owner_alone(tmp_path) -> None:
    path = tmp_path / "out"

    with open_output(str(path)) as file:
        file.write(b"whole")
        is_there = path.exists()

    assert (is_there, path.read_bytes()) == (False, b"whole")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_device_is_written_to_and_not_replaced() -> None:
    with open_output("/dev/null") as file:
        file.write(b"gone")

    with open("/dev/null", "rb") as device:  # noqa: PTH123  (a device, not a path of the test's)
        assert device.read() == b""


@pytest.mark.parametrize(("name", "reason"), [(".", "Is a directory"), ("missing/out", "No such file or directory")])
def test_place_that_cannot_be_written_is_named_with_the_reason(tmp_path, name, reason) -> None:
    place = f"{tmp_path}/{name}"

    with (
        pytest.raises(ConfigError, match=f"cannot write '{place}': {reason}; choose another output"),
        open_output(place),
    ):
        pass


def test_dash_is_standard_output(capfdbinary) -> None:
    with open_output("-") as file:
        file.write(b"shown")
        file.flush()

    assert capfdbinary.readouterr().out == b"shown"
