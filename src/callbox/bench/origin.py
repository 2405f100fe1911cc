"""Where and how a snapshot is taken: commit, versions, platform, seeds."""

from __future__ import annotations

import datetime as dt
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from callbox.bench.limits import Settings
from callbox.bench.model import Origin

_PACKAGES = ("numpy", "scipy", "pandas", "asv_runner", "callbox")


def describe_origin(folder: Path, settings: Settings, project: str = "") -> Origin:
    """Describe this machine, and the state of the repository that a folder belongs to.

    Args:
        folder: of the project under test, or of the benchmarks.
        settings: seeds and the frozen time.
        project: a distribution whose version is kept besides.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    return Origin(
        taken_at=dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        commit=commit,
        is_dirty=bool(commit and _git(folder, "status", "--porcelain", "--untracked-files=no")),
        python=platform.python_version(),
        platform=platform.platform(),
        packages={name: version for name in (*_PACKAGES, project) if name and (version := _version(name))},
        seed=settings.seed,
        hash_seed=settings.hash_seed,
        frozen_time=settings.frozen_time,
    )


def _git(folder: Path, *words: str) -> str:
    """Return what git says; empty where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
