"""Modules of the program win over those that callbox loaded, and come back when callbox is done."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callbox.cli.namesakes import Namesakes


@pytest.fixture(autouse=True)
def import_system() -> Iterator[None]:
    modules, path, meta_path, path_hooks = dict(sys.modules), sys.path, sys.meta_path, sys.path_hooks
    before = list(path), list(meta_path), list(path_hooks)
    yield
    sys.path, sys.meta_path, sys.path_hooks = path, meta_path, path_hooks
    sys.path[:], sys.meta_path[:], sys.path_hooks[:] = before
    sys.modules.clear()
    sys.modules.update(modules)


def program_folder(tmp_path: Path, *names: str) -> Path:
    """Make modules, and put their folder where Python puts a script's."""
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("WHOSE = 'the program'\n")
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    return tmp_path


def loaded_before(*but: str) -> set[str]:
    """Name the loaded modules, but for some that count as loaded for callbox."""
    return {name for name in sys.modules if name.partition(".")[0] not in but}


def test_module_of_the_program_is_the_one_it_imports(tmp_path) -> None:
    namesakes = Namesakes(loaded_before("json"))
    program_folder(tmp_path, "json.py")

    namesakes.make_way()

    assert importlib.import_module("json").WHOSE == "the program"


@pytest.mark.parametrize("name", ["fractions.py", "json/notes.txt"])
def test_module_that_the_program_has_not_stays(tmp_path, name) -> None:
    json = importlib.import_module("json")
    namesakes = Namesakes(loaded_before("json"))
    program_folder(tmp_path, name)

    namesakes.make_way()

    assert sys.modules["json"] is json


def test_module_that_python_had_loaded_itself_stays(tmp_path) -> None:
    namesakes = Namesakes(loaded_before())
    program_folder(tmp_path, "os.py")

    namesakes.make_way()

    assert not hasattr(sys.modules["os"], "WHOSE")


def test_callbox_and_threading_never_make_way(tmp_path) -> None:
    namesakes = Namesakes(loaded_before("callbox", "threading"))
    program_folder(tmp_path, "threading.py", "callbox/__init__.py")

    namesakes.make_way()

    assert not hasattr(sys.modules["threading"], "WHOSE")
    assert "callbox.cli.namesakes" in sys.modules


def test_own_modules_are_back_for_as_long_as_they_are_needed(tmp_path) -> None:
    own = importlib.import_module("json")
    namesakes = Namesakes(loaded_before("json"))
    program_folder(tmp_path, "json.py", "colorsys.py")
    namesakes.make_way()
    theirs = importlib.import_module("json"), importlib.import_module("colorsys")

    with namesakes.restored():
        assert importlib.import_module("json") is own
        assert not hasattr(importlib.import_module("colorsys"), "WHOSE")

    assert (sys.modules["json"], sys.modules["colorsys"]) == theirs


def test_import_system_that_the_program_broke_works_for_as_long_as_it_is_needed(tmp_path) -> None:
    namesakes = Namesakes(loaded_before())
    sys.path, sys.meta_path, sys.path_hooks = [], [], []
    sys.modules.clear()

    with namesakes.restored():
        assert importlib.import_module("colorsys").__name__ == "colorsys"

    assert (sys.path, sys.meta_path, sys.path_hooks) == ([], [], [])
