"""Who may import whom: the layer list of docs/architecture.md, held against the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

import pytest

ROOT_PACKAGE = "callbox"
ENTRY_POINTS = {"cli", "pytest_plugin"}
PLAIN_C = {"ring", "clock", "glob", "decode", "fold"}
"""C modules that know nothing of Python, so that ctest and sanitizers run them alone."""


@pytest.fixture(scope="module")
def layers(tree) -> dict[str, int]:
    """Map each package of callbox to its line in the layer list."""
    _, section = tree.read("docs/architecture.md").split("## Layers\n", 1)
    found = {}
    for number, rule in re.findall(r"^(\d+)\. (.*)$", section, re.MULTILINE):
        for subject in re.findall(r"((?:`\w+`(?:, )?)+):", rule):
            found.update(dict.fromkeys(re.findall(r"`(\w+)`", subject), int(number)))
    return found


@pytest.fixture(scope="module")
def imports(tree) -> set[tuple[str, str]]:
    """Every `(importer, imported)` among the packages of callbox, imports for typing included."""
    known = {unit_of(s.path.relative_to("src")) for s in tree.package} | {"_core"}
    return {(unit, name) for s in tree.package for unit, name in edges(s, known) if unit != name}


def unit_of(path: PurePath) -> str:
    """Name the package or module right below `callbox`; `__init__` and `__main__` for its own two."""
    return path.parts[1].removesuffix(".py")


def edges(source, known: set[str]) -> Iterator[tuple[str, str]]:
    unit = unit_of(source.path.relative_to("src"))
    package = source.path.relative_to("src").parent.parts
    for node in ast.walk(ast.parse(source.text)):
        for name in imported_modules(node, package):
            if name[0] == ROOT_PACKAGE:
                yield unit, name[1] if len(name) > 1 and name[1] in known else "__init__"


def imported_modules(node: ast.AST, package: tuple[str, ...]) -> list[tuple[str, ...]]:
    if isinstance(node, ast.Import):
        return [tuple(alias.name.split(".")) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parents = package[: len(package) - node.level + 1] if node.level else ()
        base = (*parents, *(node.module.split(".") if node.module else ()))
        return [(*base, alias.name) for alias in node.names]
    return []


def test_every_package_stands_in_the_layer_list(tree, layers) -> None:
    units = {unit_of(s.path.relative_to("src")) for s in tree.package} - {"__init__", "__main__"}

    assert units - layers.keys() == set()


def test_packages_import_only_from_layers_above_them(imports, layers) -> None:
    inside = [(a, b) for a, b in imports if a in layers and b in layers]

    assert [(a, b) for a, b in inside if a not in ENTRY_POINTS and layers[a] <= layers[b]] == []


def test_engine_is_the_only_importer_of_the_core(imports) -> None:
    assert {importer for importer, imported in imports if imported == "_core"} <= {"engine"}


def test_feature_packages_never_import_each_other(imports, layers) -> None:
    features = {name for name, layer in layers.items() if layer == layers["snapshot"]}

    assert {"snapshot", "testgen", "bench", "telemetry", "failures"} <= features
    assert [(a, b) for a, b in imports if a in features and b in features] == []


def test_nobody_imports_the_entry_points(imports) -> None:
    importers = {importer for importer, imported in imports if imported in ENTRY_POINTS}

    assert importers - ENTRY_POINTS - {"__main__"} == set()


def test_modules_name_the_module_they_import_from(imports) -> None:
    through_the_root = {importer for importer, imported in imports if imported == "__init__"}

    assert through_the_root - ENTRY_POINTS == set()


def included_by(names: set[str], texts: dict[str, str]) -> set[str]:
    """Follow `#include`s from these files of csrc: the files reached and whatever else they name."""
    reached, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= set(re.findall(r'#\s*include\s+[<"]([^>"]+)', texts.get(name, ""))) - reached
    return reached


def test_plain_c_modules_know_nothing_of_python(tree) -> None:
    texts = {s.path.name: s.text for s in tree.of({".c", ".h"}, "csrc") if s.path.parent.name == "csrc"}
    [library] = re.findall(r"add_library\(callbox_plain STATIC\s+([^)]+)\)", tree.read("CMakeLists.txt"))
    plain = {name.removeprefix("csrc/") for name in library.split()}

    assert {f"{name}.c" for name in PLAIN_C} <= plain <= texts.keys()
    assert included_by(plain, texts) & {"Python.h", "compat.h", "frameobject.h"} == set()
