"""The table of docs/architecture.md names what is there, and nothing else."""

from __future__ import annotations

import re


def rows(tree) -> list[str]:
    """List the paths of the first column: `a.{h,c}` are two, and what follows `csrc/a.c` stands in its folder."""
    _, table = tree.read("docs/architecture.md").split("## Where things are\n", 1)
    paths = []
    for cell in re.findall(r"^\| (`.*?) \|", table.partition("\n## ")[0], re.MULTILINE):
        folder = ""
        for name in re.findall(r"`([^`]+)`", cell):
            path = name if "/" in name else folder + name
            folder = path[: path.rfind("/") + 1]
            stem, _, endings = path.partition(".{")
            paths += [f"{stem}.{ending}" for ending in endings.rstrip("}").split(",")] if endings else [path]
    return paths


def test_every_module_has_a_row(tree) -> None:
    named = rows(tree)
    folders = tuple(path for path in named if path.endswith("/"))
    modules = [source.path.as_posix() for source in tree.code]

    assert [path for path in modules if path not in named and not path.startswith(folders)] == []


def test_every_row_has_something_to_show(tree) -> None:
    paths = [source.path.as_posix() for source in tree.sources]

    assert [row for row in rows(tree) if not any(path.startswith(row) for path in paths)] == []
