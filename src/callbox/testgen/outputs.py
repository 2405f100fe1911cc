"""Where tests go: file names, the way to the project's modules, the user's formatter, files that are left alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callbox.errors import GenerateError, reason
from callbox.testgen.model import Target
from callbox.testgen.module import is_made_here, is_ours, sign

DATA_FOLDER = "data"
_CONFTEST = "conftest.py"
_FORMAT_TIMEOUT_S = 60
_PATH_DOC = '"""Lets the tests import the project\'s modules."""'


@dataclass(frozen=True, slots=True)
class Layout:
    """Where test modules go.

    Attributes:
        folder: of the modules.
        single: file name of the one module for all functions; None for a module for each.
    """

    folder: Path
    single: str | None = None

    def file_name(self, target: Target) -> str:
        """Return the name of the module that tests a function."""
        if self.single is not None:
            return self.single
        words = f"{target.import_module}.{target.qualname.replace('<locals>.', '')}"
        return f"test_{re.sub(r'[^0-9a-z]+', '_', words.lower()).strip('_')}.py"


def root_of(target: Target) -> Path:
    """Return the folder that a target's module is imported from; modules that are part of Python have no file."""
    if not target.filename:
        return Path(sysconfig.get_path("stdlib"))
    path = Path(target.filename).absolute()
    n_up = target.import_module.count(".") + (path.name == "__init__.py")
    return path.parents[min(n_up, len(path.parents) - 1)]


def needs_path(root: Path) -> bool:
    """Say whether Python does not look for modules in a folder by itself."""
    here = Path.cwd().resolve()
    known = {Path(p).resolve() for p in sys.path[1:] if p} | {Path(sysconfig.get_path("stdlib"))}
    known |= {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    own = {Path(p).resolve() for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p}
    return root.resolve() not in known - {here} - own


def path_lines(roots: Iterable[Path], folder: Path) -> list[str]:
    """Return the statements by which files in a folder let modules be imported from roots."""
    lines = [f"sys.path.insert(0, str({_relative(root.resolve(), folder.resolve())}))" for root in sorted(set(roots))]
    return ["import sys\nfrom pathlib import Path", "\n".join(lines)] if lines else []


def _relative(root: Path, folder: Path) -> str:
    here = "Path(__file__).resolve()"
    if folder.is_relative_to(root):
        return f"{here}.parents[{len(folder.relative_to(root).parts)}]"
    steps = os.path.relpath(root, folder).replace(os.sep, "/")
    return f'({here}.parent / "{steps}").resolve()'


def write_conftest(folder: Path, lines: Sequence[str]) -> bool:
    """Put the way to the project's modules beside tests; say whether: a file of the user's is left alone."""
    path = folder / _CONFTEST
    if path.exists() and not is_made_here(path.read_text(encoding="utf-8", errors="replace")):
        return False
    text = sign("\n\n".join([_PATH_DOC, *lines]) + "\n")
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return True


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        GenerateError: it cannot be written.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """The same for bytes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise GenerateError(f"cannot write {path}: {reason(error)}: choose another place by -o or -d") from error


def is_edited(path: Path) -> bool:
    """Say whether a file is there that is not just as it was generated."""
    return path.exists() and not is_ours(path.read_text(encoding="utf-8", errors="replace"))


def find_formatter(root: Path) -> list[str] | None:
    """Return the command of the formatter that a project is set up for, or else of one that is here."""
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8", errors="replace") if project.is_file() else ""
    has_ruff = "[tool.ruff" in text or any((root / name).is_file() for name in ("ruff.toml", ".ruff.toml"))
    order = ["ruff", "black"] if has_ruff or "[tool.black" not in text else ["black", "ruff"]
    for name in order:
        beside = Path(sys.executable).with_name(name)
        command = str(beside) if beside.is_file() else shutil.which(name)
        if command is not None:
            return [command, "format", "--quiet", "--no-cache"] if name == "ruff" else [command, "--quiet"]
    return None


def format_files(paths: Sequence[Path], root: Path) -> None:
    """Run the user's formatter over files; what it cannot format stays as it is."""
    command = find_formatter(root)
    if command is None or not paths:
        return
    try:
        subprocess.run(
            [*command, *map(str, paths)], cwd=root, capture_output=True, check=False, timeout=_FORMAT_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def write_side_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write side files into the data folder beside the tests."""
    for name, data in files.items():
        write_bytes(folder / DATA_FOLDER / name, data)
