"""Files that stand in their place whole or not at all."""

from __future__ import annotations

import stat

import pytest

from callbox.replacement import replacing


@pytest.mark.parametrize("is_durable", [False, True])
def test_file_is_replaced_when_it_is_whole(tmp_path, is_durable) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")

    with replacing(target, is_durable=is_durable) as file:
        file.write(b"new")
        before = target.read_bytes()

    assert (before, target.read_bytes()) == (b"old", b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_failure_leaves_what_stood_there_and_nothing_beside_it(tmp_path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")

    with pytest.raises(ZeroDivisionError), replacing(target) as file:
        file.write(b"new")
        raise ZeroDivisionError

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_link_stays_one(tmp_path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")

    with replacing(tmp_path / "link") as file:
        file.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
