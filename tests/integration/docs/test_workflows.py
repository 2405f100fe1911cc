"""The workflows of the documentation are run step by step, in a clone of the project that their page writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.support.pages import find_pages, read_blocks

WORKFLOWS = [
    (name, block.file) for name, page in find_pages().items() for block in read_blocks(page) if block.language == "yaml"
]
MADE = {".github/workflows/answers.yml": ["answers.html", "answers.xml"]}
MADE_BY_OTHERS = ["ci-failures.json"]


@pytest.fixture
def clone(tmp_path, request) -> Path:
    """Clone a project of two commits, of which the newer one is that of a branch."""
    name, _ = request.param
    origin = tmp_path / "origin"
    for block in read_blocks(find_pages()[name]):
        if block.file and block.language != "toml":
            path = origin / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "add", ".")
    git(origin, *who, "commit", "--quiet", "--message", "first")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    git(tmp_path / "clone", *who, "commit", "--quiet", "--allow-empty", "--message", "optimised")
    return tmp_path / "clone"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def run_steps(folder: Path, workflow: str) -> list[str]:
    """Run the steps that are commands, but install nothing: that was done for this environment. Tell what failed."""
    tools = folder.parent / "tools"
    tools.mkdir()
    (tools / "pip").write_text("#!/bin/sh\n")
    (tools / "pip").chmod(0o755)
    paths = (str(tools), str(Path(sys.executable).parent), os.environ["PATH"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "CALLBOX_"))}
    environment = {**kept, "PATH": os.pathsep.join(paths), "GITHUB_SHA": git(folder, "rev-parse", "HEAD")}
    failed = []
    for job in yaml.safe_load((folder / workflow).read_text(encoding="utf-8"))["jobs"].values():
        for step in job["steps"]:
            command = ["bash", "-e", "-c", step.get("run", ":")]
            ran = subprocess.run(
                command,
                cwd=folder,
                env={**environment, **step.get("env", {})},
                check=False,
                timeout=300,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            failed += [f"{step}: {ran.returncode}\n{ran.stdout}"] if ran.returncode else []
    return failed


@pytest.mark.parametrize(("clone", "workflow"), [(each, each[1]) for each in WORKFLOWS], indirect=["clone"])
def test_workflow_of_a_page_runs_and_makes_its_reports(clone, workflow) -> None:
    failed = run_steps(clone, workflow)

    assert failed == []
    assert [name for name in MADE.get(workflow, MADE_BY_OTHERS) if not (clone / name).is_file()] == []
