"""A project with benchmarks, copied for each test that changes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.desk import Desk, Ending

pytest.importorskip("asv_runner")
pytest.importorskip("time_machine")

PROJECT = Path(__file__).parents[1] / "asv_project"
_SOUND = shutil.ignore_patterns("__pycache__", "trouble.py", "hungry_*.py")
"""Without the modules whose benchmarks end badly: each is a process more for every command."""


@dataclass(frozen=True)
class Workshop:
    """A folder with the project, in which `callbox bench` runs."""

    desk: Desk

    def bench(self, *words: str, **environ: str) -> Ending:
        return self.desk.callbox("bench", *words, **environ)

    def findings(self, *words: str, **environ: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """Run with `--json`; return the exit code and the findings by case id."""
        ending = self.bench(*words, "--json", **environ)
        assert ending.err == b""
        return ending.code, {finding["id"]: finding for finding in json.loads(ending.out)["findings"]}

    def verdicts(self, *words: str, **environ: str) -> dict[str, str]:
        return {case: finding["verdict"] for case, finding in self.findings(*words, **environ)[1].items()}

    def change(self, name: str, before: str, after: str) -> None:
        path = self.desk.folder / name
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))

    def only(self, source: str) -> None:
        """Make the suite consist of one module."""
        for path in (self.desk.folder / "benchmarks").glob("[a-z]*.py"):
            path.unlink()
        self.desk.write("benchmarks/one.py", source)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Workshop(Desk.at(tmp_path))


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a capture of all its features, made once."""
    folder = tmp_path_factory.mktemp("captured")
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True, ignore=_SOUND)
    ending = Desk.at(folder).callbox("bench", "capture", ".", "--json")
    (folder / "capture.json").write_bytes(ending.out)
    assert ending.code == 0, ending.err
    return folder


@pytest.fixture
def ready(captured: Path, tmp_path: Path) -> Workshop:
    """A copy of that project and its snapshots."""
    shutil.copytree(captured, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Workshop(Desk.at(tmp_path))
