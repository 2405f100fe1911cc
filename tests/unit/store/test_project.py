"""Where a project's stores are."""

from __future__ import annotations

from callbox.store.project import find_store


def test_nearest_folder_of_callbox_or_project_file_has_the_store(tmp_path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a" / ".callbox").mkdir(parents=True)
    (tmp_path / "b" / "c").mkdir(parents=True)

    assert find_store("x.db", tmp_path / "a") == tmp_path / "a" / ".callbox" / "x.db"
    assert find_store("x.db", tmp_path / "b" / "c") == tmp_path / ".callbox" / "x.db"
