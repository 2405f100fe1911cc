"""Targets are looked for in sources, before anything runs."""

from __future__ import annotations

import pytest

from callbox.errors import ConfigError
from callbox.testgen.sources import check_targets, defined_names, split_target


@pytest.fixture
def script(tmp_path, monkeypatch):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("from pkg.prices import price\n")
    (tmp_path / "pkg" / "prices.py").write_text(
        "def price(n):\n    def inner(): pass\n\n"
        "class Order:\n    def total(self): pass\n\n"
        "if True:\n    def late(): pass\n"
    )
    (tmp_path / "main.py").write_text("def run(): pass\n")
    monkeypatch.chdir(tmp_path)
    return "main.py"


@pytest.mark.parametrize(
    "target",
    [
        *(
            "pkg.prices.price",
            "pkg.prices.Order",
            "pkg.prices.Order.total",
            "pkg.prices.price.inner",
            "pkg.prices.late",
        ),
        *("pkg.price", "pkg.prices", "pkg", "main.run", "__main__.run", "nothing.*", "!nothing"),
    ],
)
def test_target_that_may_be_there_passes(script, target) -> None:
    assert check_targets([target], script) is None


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("pkg.prices.prise", "defines no prise: did you mean price"),
        ("pkg.prices.Order.totl", "did you mean Order.total"),
        ("nothing.price", "there is no module nothing to import"),
        ("main.rum", "defines no rum: did you mean run"),
        ("math", "math is not written in Python: name one of its functions"),
        ("math.gdc", "math has no gdc: did you mean gcd"),
        ("builtins.len", "none of its functions that something can stand in for"),
        ("_decimal.Decimal.sqrt", "Decimal.sqrt is none of its functions that something can stand in for"),
    ],
)
def test_target_that_cannot_be_there_is_refused(script, target, message) -> None:
    with pytest.raises(ConfigError, match=message):
        check_targets([target], script)


def test_name_is_split_at_the_longest_module(script, tmp_path) -> None:
    assert split_target("pkg.prices.Order.total", (str(tmp_path),)) == ("pkg.prices", "Order.total")


def test_file_that_is_no_python_is_named(tmp_path) -> None:
    (tmp_path / "bad.py").write_text("def (")

    with pytest.raises(ConfigError, match=r"cannot read .*bad\.py"):
        defined_names(str(tmp_path / "bad.py"))
