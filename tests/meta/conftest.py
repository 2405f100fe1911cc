"""The source tree as the meta tests see it: files by language, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FOLDERS = ("src", "csrc", "tests", "benchmarks", "fuzz", "trust", "examples", "docs", "tools", ".ci")
NOT_OURS = {"__pycache__", "vendor", "gold", "out", "build"}
PYTHON = {".py"}
CYTHON = {".pyx", ".pxd"}
C = {".c", ".h"}
PAGE = {".js", ".css"}
PROSE = {".md", ".toml", ".txt", ".yml", ".cfg", ".ini", ".pyi"}


@dataclass(frozen=True)
class Source:
    """One file of the project."""

    path: Path
    """Relative to the root of the checkout."""
    text: str

    @property
    def n_lines(self) -> int:
        return self.text.count("\n")


def is_text(path: Path) -> bool:
    return path.suffix in PYTHON | CYTHON | C | PAGE | PROSE or path.parts[0] == ".ci"


@dataclass(frozen=True)
class Tree:
    """The files that the project wrote itself: no build products, gold files or vendored assets."""

    root: Path

    @cached_property
    def sources(self) -> list[Source]:
        paths = [p for p in self.root.iterdir() if p.is_file()]
        for folder in FOLDERS:
            paths += (self.root / folder).rglob("*")
        relative = sorted(p.relative_to(self.root) for p in paths if p.is_file())
        kept = [p for p in relative if is_text(p) and not NOT_OURS.intersection(p.parts)]
        return [Source(p, (self.root / p).read_text(encoding="utf-8")) for p in kept]

    def of(self, suffixes: set[str], under: str = "") -> list[Source]:
        return [s for s in self.sources if s.path.suffix in suffixes and s.path.is_relative_to(under)]

    @property
    def python(self) -> list[Source]:
        return self.of(PYTHON)

    @property
    def cython(self) -> list[Source]:
        return self.of(CYTHON)

    @property
    def c(self) -> list[Source]:
        return self.of(C)

    @property
    def code(self) -> list[Source]:
        return self.of(PYTHON | CYTHON | C | PAGE)

    @property
    def package(self) -> list[Source]:
        return self.of(PYTHON, "src/callbox")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def tree() -> Tree:
    return Tree(ROOT)
