"""Files that stand in their place whole or not at all, and folders for them."""

from __future__ import annotations

import stat

import pytest

from callbox.replacement import make_folder, replacing


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


def test_folders_that_are_made_are_for_their_owner_alone_and_others_stay(tmp_path) -> None:
    tmp_path.chmod(0o755)

    make_folder(tmp_path / "outer" / "inner")
    make_folder(tmp_path / "outer" / "inner")

    made = [tmp_path, tmp_path / "outer", tmp_path / "outer" / "inner"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in made] == [0o755, 0o700, 0o700]


def test_file_in_the_place_of_a_folder_is_an_error(tmp_path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        make_folder(tmp_path / "file" / "inner")
