"""Lets callbox into an interpreter that a recorded program is or starts, and leaves no trace of the way in.

The `site` module imports this file before the program begins. A `sitecustomize`
that the environment has of its own is imported in its place, as without callbox.
"""

# pathlib would be one more module in the process of the program.
# ruff: noqa: PTH120

from __future__ import annotations

import sys

_loaded_before = frozenset(sys.modules)

import contextlib  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
from typing import Any  # noqa: E402


def _restore(python_path: str | None) -> None:
    """Make environment and import system what they would have been."""
    if python_path is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = python_path
    here = os.path.dirname(__file__)
    sys.path.remove(here)
    sys.path_importer_cache.pop(here, None)
    del sys.modules[__name__]


def _board(package_parent: str, module: str, plan: dict[str, Any]) -> None:
    """Import callbox, from where the command ran if this interpreter does not have it, and prepare the recording."""
    sys.path.append(package_parent)
    try:
        board = importlib.import_module(module).board
    finally:
        # The last one: the folder may have been on the path before.
        del sys.path[len(sys.path) - 1 - sys.path[::-1].index(package_parent)]
    board(plan, _loaded_before)


_cargo = json.loads(os.environ.pop("_CALLBOX_PLAN"))
_restore(_cargo["python_path"])
try:
    __import__("sitecustomize")
finally:
    for _module, _plan in _cargo["passengers"]:
        # A process that the program started may be of a Python that has no callbox: it is then not recorded.
        with contextlib.suppress(Exception) if _plan["owner"] else contextlib.nullcontext():
            _board(_cargo["package_parent"], _module, _plan)
