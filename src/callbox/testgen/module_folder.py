"""The folder of generated test modules: what belongs into it, how it is written, what is taken out again."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from callbox.testgen import outputs
from callbox.testgen.call_store import StoredCall
from callbox.testgen.case import Case
from callbox.testgen.module import Module, sign, title_of, write_module
from callbox.testgen.outputs import Layout

_SIDE_FILE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{12}\.\w+")
"""Names of side files: digests of the call and of the content."""


class ModuleFolder:
    """Where generated test modules stand, or will."""

    def __init__(self, layout: Layout, root: Path, path_lines: Sequence[str], stored: Mapping[int, StoredCall]) -> None:
        """Prepare.

        Args:
            layout: which modules there are, and where.
            root: the project's folder, which says how files are formatted.
            path_lines: statements by which the project's modules can be imported.
            stored: the calls that cases are made of, by id.
        """
        self._layout = layout
        self._root = root
        self._path_lines = list(path_lines)
        self._stored = stored

    def modules(self, cases: Iterable[Case]) -> dict[str, Module]:
        """Lay cases out as modules, by file name."""
        by_file: dict[str, list[Case]] = {}
        titles: dict[str, set[str]] = {}
        for case in cases:
            target = self._stored[case.id].call.target
            file = self._layout.file_name(target)
            by_file.setdefault(file, []).append(case)
            titles.setdefault(file, set()).add(target.import_name)
        head = self._head(self._layout.folder)
        return {file: write_module(title_of(titles[file]), by_file[file], head) for file in sorted(by_file)}

    def alone(self, cases: Iterable[Case], folder: Path) -> dict[str, Module]:
        """Lay each case out as a module of its own, that shall be tried in another folder."""
        return {f"test_alone_{c.id}.py": write_module("A call.", [c], self._head(folder)) for c in cases}

    def write_elsewhere(self, folder: Path, modules: Mapping[str, Module]) -> None:
        """Write modules that are to be tried in another folder."""
        for file, module in modules.items():
            outputs.write_text(folder / file, module.text)
            outputs.write_side_files(folder, module.side_files)
        if self._path_lines and self._layout.single is None:
            outputs.write_conftest(folder, self._path_lines)

    def replace(self, modules: Mapping[str, Module]) -> set[str]:
        """Write what changed, formatted; return the names of those files."""
        layout = self._layout
        beside = Path(tempfile.mkdtemp(prefix="formatted_"))
        try:
            for file, module in modules.items():
                outputs.write_text(beside / file, module.text)
            outputs.format_files([beside / file for file in modules], self._root)
            written = set()
            for file, module in modules.items():
                text = sign((beside / file).read_text(encoding="utf-8"))
                outputs.write_side_files(layout.folder, module.side_files)
                path = layout.folder / file
                if not path.exists() or path.read_text(encoding="utf-8") != text:
                    outputs.write_text(path, text)
                    written.add(file)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        if self._path_lines and layout.single is None:
            outputs.write_conftest(layout.folder, self._path_lines)
        return written

    def remove_unused_data(self) -> None:
        """Delete the side files that no module names any more."""
        data = self._layout.folder / outputs.DATA_FOLDER
        found = {path.name: path for path in data.glob("*") if _SIDE_FILE.fullmatch(path.name)}
        if not found:
            return
        sources = [path.read_text(encoding="utf-8", errors="replace") for path in self._layout.folder.glob("*.py")]
        for name in set(found).difference(*(_SIDE_FILE.findall(source) for source in sources)):
            found[name].unlink(missing_ok=True)

    def _head(self, folder: Path) -> list[str]:
        """Return the statements that a module itself needs to import the project."""
        if not self._path_lines or self._has_conftest(folder):
            return []
        return self._path_lines

    def _has_conftest(self, folder: Path) -> bool:
        own = self._layout.folder / "conftest.py"
        return self._layout.single is None and (not own.exists() or not outputs.is_edited(own) or folder != own.parent)
