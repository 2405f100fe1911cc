"""A folder with a test suite, run in processes of their own with telemetry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.support.patience import TIMEOUT_S
from tests.support.plugins import CALLBOX, loading


@dataclass(frozen=True)
class Ran:
    """A run of a suite: its exit code, the records by the test's name, the summary, and what else it printed."""

    code: int
    records: dict[str, dict[str, Any]]
    summary: dict[str, Any]
    out: str
    err: str


@dataclass(frozen=True)
class Lab:
    """A folder with a suite."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def run(self, *words: str, output: str = "", **environ: str) -> Ran:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CALLBOX_", "COV_"))}
        done = subprocess.run(
            [sys.executable, "-W", "default", *words],
            cwd=self.folder,
            env={**kept, **loading(CALLBOX, "xdist.plugin"), **environ},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        text = (self.folder / output).read_text() if output else done.stdout
        lines = text.splitlines()
        read = [json.loads(line.removeprefix("TEST_RESULT:")) for line in lines if line.startswith("TEST_RESULT:")]
        ends = [json.loads(line.removeprefix("TEST_SUMMARY:")) for line in lines if line.startswith("TEST_SUMMARY:")]
        assert len(ends) <= 1
        records = {record["name"]: record for record in read}
        return Ran(done.returncode, records, ends[0] if ends else {}, done.stdout, done.stderr)
