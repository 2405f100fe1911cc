"""How callbox gets into the Python processes that this one starts: two variables of the environment.

`PYTHONPATH` leads to `cli/boot/sitecustomize.py`, and the plan tells that which modules to
hand what. The variables stand in the environment that the system hands on to a process
for which the program names none, not in `os.environ`: the program does not see them, and
a process that was let in takes them away before its first instruction.
"""

# pathlib would be one more module in processes of the program.
# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

VARIABLE = "_CALLBOX_PLAN"
PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BOOT_FOLDER = os.path.join(PACKAGE_PARENT, "callbox", "cli", "boot")
_SEARCH_PATH = "PYTHONPATH"
_passengers: dict[str, Mapping[str, Any]] = {}
_set: dict[str | None, dict[str, str]] = {}
"""The variables for a search path, the last one that was asked for."""


def let_in(board: str, plan: Mapping[str, Any]) -> None:
    """Let a module into the Python processes that this one starts from now on.

    Args:
        board: the module; its function `board` takes the plan, and the names of modules that were loaded before.
        plan: what JSON can hold; under "owner" the process whose fault it is if that raises, 0 for the new one.
    """
    _passengers[board] = plan
    _set.clear()
    renew()


def keep_out(board: str) -> None:
    """Let a module in no more."""
    _passengers.pop(board, None)
    _set.clear()
    if _passengers:
        renew()
        return
    os.unsetenv(VARIABLE)
    before = os.environ.get(_SEARCH_PATH)
    if before is None:
        os.unsetenv(_SEARCH_PATH)
    else:
        os.putenv(_SEARCH_PATH, before)


def renew() -> None:
    """Set the variables again, whatever the program has set since."""
    if not _passengers:
        return
    before = os.environ.get(_SEARCH_PATH)
    if before not in _set:
        _set.clear()
        _set[before] = variables(before)
    for name, value in _set[before].items():
        os.putenv(name, value)


def variables(before: str | None, more: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, str]:
    """Return the variables that let in who is to be let in, and some more.

    Args:
        before: the search path that the new process would have.
        more: plans by their modules.
    """
    asked = more or {}
    # of one module the plan that is asked for, and that one first
    passengers = [*{**asked, **_passengers, **asked}.items()]
    cargo = {"python_path": before, "package_parent": PACKAGE_PARENT, "passengers": passengers}
    folders = os.pathsep.join((BOOT_FOLDER, before)) if before else BOOT_FOLDER
    return {_SEARCH_PATH: folders, VARIABLE: json.dumps(cargo)}
