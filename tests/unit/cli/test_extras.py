"""A command without the package that it stands on says which extra installs it, and does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callbox.cli.main import main

BOX = str(Path(__file__).parents[2] / "gold" / "recording" / "version-2.cbx")


@pytest.mark.parametrize(
    ("words", "package", "said"),
    [
        (["gen"], "pytest", "callbox gen needs pytest: pip install 'callbox[testgen]'"),
        (["tead", "m", "--", "-c", "1"], "pytest", "callbox tead needs pytest: pip install 'callbox[testgen]'"),
        (["bench", "list", "."], "asv_runner", "callbox bench needs asv_runner: pip install 'callbox[bench]'"),
        (["bench", "capture", "."], "asv_runner", "callbox bench needs asv_runner: pip install 'callbox[bench]'"),
        (["bench", "verify", "."], "asv_runner", "callbox bench needs asv_runner: pip install 'callbox[bench]'"),
        (["query", BOX, "select 1 from calls"], "duckdb", "queries need DuckDB: pip install 'callbox[scale]'"),
        (["export", BOX, "--to", "parquet"], "pyarrow", "tables need pyarrow: pip install 'callbox[scale]'"),
        (["show", "memory://app.cbx"], "fsspec", "'memory://app.cbx' needs fsspec: pip install 'callbox[scale]'"),
    ],
)
def test_command_without_its_package_names_the_extra(tmp_path, monkeypatch, capsys, words, package, said) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)

    code = main(words)

    assert (code, capsys.readouterr().err.splitlines()[-1]) == (2, f"callbox: error: {said}")
    assert list(tmp_path.iterdir()) == []


def test_tests_that_are_not_verified_need_no_pytest(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pytest", None)

    code = main(["gen", "--no-verify"])

    assert (code, "needs" in capsys.readouterr().err) == (3, False)
