"""The formatter that a project is set up for; data that no module names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callbox.testgen import outputs
from callbox.testgen.module_folder import ModuleFolder


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder with the formatters of this machine, which are none of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("here", "project", "chosen"),
    [
        (["ruff", "black"], "[tool.ruff]", "ruff"),
        (["ruff", "black"], "[tool.black]", "black"),
        (["ruff", "black"], "", "ruff"),
        (["black"], "[tool.ruff]", "black"),
    ],
)
def test_formatter_is_that_of_the_project(tmp_path, programs, here, project, chosen) -> None:
    (tmp_path / "pyproject.toml").write_text(project)
    for name in here:
        (programs / name).touch(mode=0o755)

    assert outputs.find_formatter(tmp_path)[0] == str(programs / chosen)


def test_without_a_formatter_files_stay_as_they_are(tmp_path, programs) -> None:
    path = tmp_path / "test_a.py"
    path.write_text("a  =  1\n")

    outputs.format_files([path], tmp_path)

    assert path.read_text() == "a  =  1\n"


def test_files_are_formatted_as_the_project_says(tmp_path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff.format]\nquote-style = "single"\n')
    path = tmp_path / "test_a.py"
    path.write_text('a  =  "1"\n')

    outputs.format_files([path], tmp_path)

    assert path.read_text() == "a = '1'\n"


def test_data_that_no_module_names_is_removed(tmp_path) -> None:
    used, edited, unused = (f"1eeba0d{n}-79e41dd0980d.bin" for n in range(3))
    (tmp_path / "data").mkdir()
    for name in (used, edited, unused, "mine.bin", "0123-ab.bin"):
        (tmp_path / "data" / name).touch()
    (tmp_path / "test_size.py").write_text(f'(DATA / "{used}").read_bytes()')
    (tmp_path / "mine.py").write_text(f"# {edited}")

    ModuleFolder(outputs.Layout(tmp_path), tmp_path, (), {}).remove_unused_data()

    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(
        {used, edited, "mine.bin", "0123-ab.bin"}
    )
