"""Folders of benchmarks and their `asv.conf.json`."""

from __future__ import annotations

import pytest

from callbox.bench.suite import find_suite, read_config
from callbox.errors import ConfigError, NothingFoundError


def test_comments_and_trailing_commas_are_no_part_of_the_configuration(tmp_path) -> None:
    path = tmp_path / "asv.conf.json"
    path.write_text('{"project": "a // b", /* c */ "dvcs": ["x, ]", "y",], // end\n}')

    assert read_config(path) == {"project": "a // b", "dvcs": ["x, ]", "y"]}


def test_folder_of_the_project_leads_to_its_benchmarks(tmp_path) -> None:
    (tmp_path / "asv.conf.json").write_text('{"project": "shop", "benchmark_dir": "speed"}')
    (tmp_path / "speed").mkdir()
    (tmp_path / "speed" / "a.py").touch()

    suite = find_suite(tmp_path)

    assert (suite.root, suite.project, suite.package) == (str(tmp_path / "speed"), "shop", "speed")
    assert find_suite(tmp_path / "speed") == suite


@pytest.mark.parametrize(
    ("config", "kind", "message"),
    [
        ("{", ConfigError, "cannot read"),
        ('{"benchmark_dir": "nowhere"}', ConfigError, "which is no folder"),
        ('{"benchmark_dir": "."}', NothingFoundError, "no Python file"),
    ],
)
def test_wrong_configuration_is_told(tmp_path, config, kind, message) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "asv.conf.json").write_text(config)

    with pytest.raises(kind, match=message):
        find_suite(folder)


def test_configuration_in_another_encoding_is_told(tmp_path) -> None:
    (tmp_path / "asv.conf.json").write_bytes('{"project": "café"}'.encode("latin-1"))

    with pytest.raises(ConfigError, match=r"cannot read .*asv\.conf\.json"):
        find_suite(tmp_path)


def test_folder_that_cannot_be_imported_is_told(tmp_path) -> None:
    folder = tmp_path / "no-name"
    folder.mkdir()

    with pytest.raises(ConfigError, match="'no-name' is no name of a Python package"):
        find_suite(folder)


def test_files_without_benchmarks_are_not_imported_unless_somebody_calls_them_a_suite(tmp_path) -> None:
    (tmp_path / "sorting.py").write_text("def time_sort():\n    sorted([2, 1])\n")
    (tmp_path / "deploy.py").write_text("raise SystemExit\n")
    root = str(tmp_path)

    with pytest.raises(
        ConfigError, match=r"no asv\.conf\.json in .* its module deploy has no benchmark: name the folder"
    ):
        find_suite(tmp_path)

    (tmp_path / "__init__.py").touch()
    assert find_suite(tmp_path).root == root


def test_folder_of_benchmarks_alone_needs_no_configuration(tmp_path) -> None:
    (tmp_path / "sorting.py").write_text("class Sorting:\n    def time_sort(self):\n        sorted([2, 1])\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "__init__.py").touch()
    (tmp_path / "deep" / "memory.py").write_text("def peakmem_list():\n    return [0] * 9\n")

    assert find_suite(tmp_path).root == str(tmp_path)
