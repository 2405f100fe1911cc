"""The folder of a benchmark suite, and what its `asv.conf.json` says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from callbox.errors import ConfigError, NothingFoundError

CONFIG = "asv.conf.json"
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


class Suite(msgspec.Struct, frozen=True):
    """A suite of benchmarks.

    Attributes:
        root: absolute path of the package of benchmarks.
        project: name of the project under test that `asv.conf.json` gives, or empty.
        project_root: absolute path of the folder with `asv.conf.json`, or empty.
    """

    root: str
    project: str = ""
    project_root: str = ""

    @property
    def package(self) -> str:
        """The name that ASV imports the suite by."""
        return Path(self.root).name


def find_suite(folder: str | Path) -> Suite:
    """Find the suite in a folder: a package of benchmarks, or a project with an `asv.conf.json`.

    Raises:
        NothingFoundError: there is no such folder, or no Python file in it.
        ConfigError: its `asv.conf.json` cannot be read.
    """
    given = Path(folder)
    if not given.is_dir():
        raise NothingFoundError(f"{given} is no folder: name the folder of the benchmarks, or of asv.conf.json")
    root = given.resolve()
    if (root / CONFIG).is_file():
        config = read_config(root / CONFIG)
        suite = root / str(config.get("benchmark_dir", "benchmarks"))
        if not suite.is_dir():
            raise ConfigError(f"{root / CONFIG} names the benchmark_dir {suite}, which is no folder")
        return _checked(Suite(str(suite.resolve()), str(config.get("project", "")), str(root)))
    parent = next((folder for folder in (root, *root.parents[:2]) if (folder / CONFIG).is_file()), None)
    if parent is None:
        return _checked(Suite(str(root)))
    return _checked(Suite(str(root), str(read_config(parent / CONFIG).get("project", "")), str(parent)))


def read_config(path: Path) -> dict[str, Any]:
    """Read ASV's JSON, which has comments and commas at the end of lists.

    Raises:
        ConfigError: it is none.
    """
    text = path.read_text(encoding="utf-8")
    text = _COMMENT.sub(lambda match: match[1] or " ", text)
    text = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None


def _checked(suite: Suite) -> Suite:
    if not suite.package.isidentifier():
        raise ConfigError(f"{suite.root} cannot be imported: {suite.package!r} is no name of a Python package")
    if not any(Path(suite.root).rglob("*.py")):
        raise NothingFoundError(f"no Python file in {suite.root}: name the folder of the benchmarks")
    return suite
