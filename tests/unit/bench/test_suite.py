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


def test_folder_that_cannot_be_imported_is_told(tmp_path) -> None:
    folder = tmp_path / "no-name"
    folder.mkdir()

    with pytest.raises(ConfigError, match="'no-name' is no name of a Python package"):
        find_suite(folder)
