"""Objects that are known by name."""

from __future__ import annotations

import logging
import sys
from types import ModuleType

from callbox.testgen.constants import Constants


class Kind(tuple):
    pass


def make_rule():
    def rule():
        return 1

    return rule


def test_sentinels_loggers_and_kinds_of_a_package_are_named(monkeypatch) -> None:
    module = ModuleType("shopkinds")
    root = Kind(("root",))
    root.leaf = Kind(("leaf",))
    root.leaf.parent = root
    vars(module).update(MISSING=object(), log=logging.getLogger("x"), Root=root, n=3, text="t", plain=[1])
    monkeypatch.setitem(sys.modules, "shopkinds", module)
    constants = Constants()
    constants.add_package("shopkinds.models")

    table = constants.refresh()

    assert {name for _, name in table.values()} == {"MISSING", "log", "Root", "Root.leaf"}
    assert table[id(root.leaf)] == ("shopkinds", "Root.leaf")


def test_packages_that_were_not_named_are_left_alone() -> None:
    assert Constants().refresh() == {}


def test_functions_that_others_made_are_named_where_a_module_holds_them(monkeypatch) -> None:
    module = ModuleType("shoprules")
    vars(module).update(fence=make_rule(), make_rule=make_rule)
    monkeypatch.setitem(sys.modules, "shoprules", module)
    constants = Constants()
    constants.add_package("shoprules")

    assert constants.refresh() == {id(module.fence): ("shoprules", "fence")}
