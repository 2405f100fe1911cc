"""A project to record, and the command line to do it with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.patience import TIMEOUT_S
from tests.support.plugins import loading

from callbox.testgen.call_store import CallStore
from callbox.testgen.model import Call


@dataclass(frozen=True)
class Project:
    """A folder with programs, and the plugins of pytest that their tests need."""

    folder: Path
    plugins: tuple[str, ...] = ()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.folder / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())

    def callbox(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "callbox", *words, **environ)

    def python(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**os.environ, **loading(*self.plugins), "HOME": str(self.folder), **environ},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )

    def record(self, *words: str, **environ: str) -> None:
        """Record calls; the words are those after `callbox record -q`."""
        recorded = self.callbox("record", "-q", *words, **environ)
        assert recorded.returncode == 0, recorded.stderr

    def make_tests(self, *words: str, **environ: str) -> None:
        """Make tests of the calls, and the report that the methods below read."""
        made = self.callbox("gen", *words, "--report", "report.json", **environ)
        assert made.returncode == 0, made.stderr + made.stdout

    def generated(self, name: str) -> str:
        """Return the file of tests of a function, `module_function`."""
        return (self.folder / "tests" / "generated" / f"test_{name}.py").read_text()

    def report(self) -> Any:
        return json.loads((self.folder / "report.json").read_text())

    def verdict_of(self, function: str) -> tuple[str, str]:
        """Return the fate of the only call of a function, and the reason."""
        [found] = [verdict for verdict in self.report()["verdicts"] if verdict["function"] == function]
        return found["fate"], found["reason"]

    def copied(self, folder: Path) -> Project:
        """Copy the project; its sources are those of the copy."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Project(folder, self.plugins)

    def calls(self, folder: str = "call_logs") -> list[Call]:
        store = CallStore(self.folder / folder)
        calls = [stored.call for stored in store.calls()]
        store.close()
        return calls


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    yield Project(tmp_path)


@pytest.fixture(scope="module")
def record_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Return what writes the files of a project and records it; the words are those after `callbox record -q`."""

    def record(
        *words: str, plugins: tuple[str, ...] = (), environ: Mapping[str, str] | None = None, **files: str
    ) -> Project:
        project = Project(tmp_path_factory.mktemp("recorded"), plugins)
        project.write(**files)
        project.record(*words, **(environ or {}))
        return project

    return record
