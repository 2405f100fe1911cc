"""Functions of the main module: of a script, of a module or package that `-m` runs."""

from __future__ import annotations

import json

import pytest
from tests.integration.testgen.conftest import Project

CORE = "def doubled(n):\n    return 2 * n\n"
TOOL = """
    from .core import doubled

    class Box:
        def __init__(self, n):
            self.n = n

    def run(box):
        return doubled(box.n)

    if __name__ == "__main__":
        run(Box(3))
"""


@pytest.fixture
def shop(project):
    project.write(shop__tool=TOOL, shop__core=CORE)
    for name in ("__init__", "__main__"):
        (project.folder / "shop" / f"{name}.py").write_text((project.folder / "shop" / "tool.py").read_text())
    return project


@pytest.mark.parametrize(("run", "module"), [("shop", "shop.__main__"), ("shop.tool", "shop.tool")])
@pytest.mark.parametrize("target", ["__main__.run", "shop.*", "{module}.run"])
def test_module_that_runs_goes_by_its_own_name_too(shop, run, module, target) -> None:
    shop.record(target.format(module=module), "--", "-m", run)

    shop.make_tests("-f", f"{module}.run")

    text = shop.generated("shop_main_run" if run == "shop" else "shop_tool_run")
    assert f"from {module} import Box, run" in text
    assert "assert run(Box(n=3)) == 6" in text


def test_script_that_no_import_can_name_is_refused(project: Project) -> None:
    (project.folder / "my-script.py").write_text("def run(n):\n    return n\n\nrun(1)\n")
    project.record("my-script.run", "--", "my-script.py")

    result = project.callbox("gen", "--report", "report.json")

    assert result.returncode == 3
    fate, reason = project.verdict_of("__main__.run")
    assert (fate, reason) == (
        "refused", "no import can spell my-script: give the file another name, and record again"
    )  # fmt: skip


def test_what_a_script_prints_and_asks_when_it_is_imported_is_no_part_of_the_report(project: Project) -> None:
    project.write(main="def run(n):\n    return n\n\nprint('hello')\nif run(1): print(input('who? ') if 0 else '')\n")
    project.record("main.run", "--", "main.py")

    result = project.callbox("gen", "--no-verify", "--json")

    assert json.loads(result.stdout)["calls"]["test"] == 1
    assert "hello" in result.stderr
