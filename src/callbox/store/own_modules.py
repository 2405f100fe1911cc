"""Which modules are the project's own: those in its root folder and in its source folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SOURCE_FOLDERS = ("src", "lib")
_TESTS = ("test_*", "*_test", "*.test_*", "*.*_test", "tests.*", "test.*", "conftest", "*.conftest", "__main__")
_MACHINERY = ("!_pytest.*", "!pytest.*", "!pluggy.*", "!xdist.*", "!execnet.*")


def own_patterns(root: Path) -> tuple[str, ...]:
    """Return globs for the modules of a project and its tests; where it has none, for all but pytest's."""
    names = sorted({name for folder in (root, *(root / f for f in _SOURCE_FOLDERS)) for name in _modules(folder)})
    if not names:
        return _MACHINERY
    return (*(f"{name}.*" for name in names), *_TESTS)


def _modules(folder: Path) -> Iterator[str]:
    try:
        found = list(folder.iterdir())
    except OSError:
        return
    for path in found:
        is_package = path.is_dir() and (path / "__init__.py").is_file()
        is_module = path.suffix == ".py" and path.stem not in ("setup", "conftest", "noxfile", "tasks")
        if (is_package or is_module) and path.stem.isidentifier():
            yield path.stem
