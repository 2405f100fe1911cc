"""The folder of a benchmark suite, and what its `asv.conf.json` says."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path
from typing import Any

import msgspec

from callbox.errors import ConfigError, NothingFoundError, reason

CONFIG = "asv.conf.json"
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_BENCHMARK = re.compile(
    r"^\s*def (?:(?:time|timeraw|mem|peakmem|track)_|(?:Time|Timeraw|Mem|PeakMem|Track)[A-Z_])", re.M
)
"""Source: the names that `asv_runner.benchmarks` takes for benchmarks."""
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
        ConfigError: its `asv.conf.json` cannot be read; or nothing says that what it holds are benchmarks.
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
        _refuse_strangers(root)
        return _checked(Suite(str(root)))
    return _checked(Suite(str(root), str(read_config(parent / CONFIG).get("project", "")), str(parent)))


def read_config(path: Path) -> dict[str, Any]:
    """Read ASV's JSON, which has comments and commas at the end of lists.

    Raises:
        ConfigError: it is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {reason(error)}") from None
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


def _refuse_strangers(root: Path) -> None:
    """Refuse a folder that nobody calls a suite if it has files without benchmarks: to list it is to import them."""
    if (root / "__init__.py").is_file():
        return
    for module in pkgutil.iter_modules([str(root)]):
        files = (root / module.name).rglob("*.py") if module.ispkg else [root / f"{module.name}.py"]
        if not any(_BENCHMARK.search(file.read_text("utf-8", "replace")) for file in files if file.is_file()):
            raise ConfigError(
                f"no {CONFIG} in {root} or above it, and its module {module.name} has no benchmark: "
                f"name the folder of the benchmarks, or put {CONFIG} there"
            )
