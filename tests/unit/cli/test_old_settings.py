"""Settings files of the tool whose commands `record`, `gen`, `clean` and `tead` take over."""

from __future__ import annotations

import pytest

from callbox.cli.old_settings import read_old_settings
from callbox.errors import ConfigError

PLACES = [
    "project/deep/.pytead/default_config.toml",
    "project/deep/.pytead/config.toml",
    "project/.pytead/default_config.toml",
    "project/.pytead/config.toml",
    "named.toml",
    "xdg/pytead/config.toml",
    "home/.config/pytead/config.toml",
    "home/.pytead/config.toml",
]


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "project" / "deep").mkdir(parents=True)
    return tmp_path


def write(path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(machine, command: str):
    environ = {
        "PYTEAD_CONFIG": str(machine / "named.toml"),
        "XDG_CONFIG_HOME": str(machine / "xdg"),
        "HOME": str(machine / "home"),
    }
    return read_old_settings(command, machine / "project" / "deep", environ)


@pytest.mark.parametrize("n_present", range(1, len(PLACES) + 1))
def test_nearest_project_file_comes_first_then_the_users(machine, n_present, capsys) -> None:
    places = PLACES[-n_present:]
    for limit, place in enumerate(places):
        write(machine / place, f"[run]\nlimit = {limit}\n")

    assert read(machine, "record") == {"limit": 0}
    assert f"settings of {machine / places[0]} are used: move them to callbox.toml" in capsys.readouterr().err


def test_section_of_the_command_comes_before_the_defaults(machine) -> None:
    write(machine / PLACES[0], '[defaults]\nlimit = 10\nstorage_dir = "logs"\n[run]\nlimit = 7\n[gen]\nlimit = 3\n')

    assert read(machine, "record") == {"limit": 7, "storage_dir": "logs"}
    assert read(machine, "gen") == {"limit": 3}


def test_format_of_the_defaults_is_what_gen_and_clean_read(machine) -> None:
    write(machine / PLACES[0], '[defaults]\nformat = "json"\n')

    assert read(machine, "record") == {"format": "json"}
    assert read(machine, "gen") == read(machine, "clean") == {"formats": ["json"]}


def test_no_file_says_nothing(machine, capsys) -> None:
    assert read(machine, "record") == {}
    assert capsys.readouterr().err == ""


def test_file_that_is_no_toml_is_named(machine) -> None:
    write(machine / PLACES[0], "[run\n")

    with pytest.raises(ConfigError, match=r"cannot read .*default_config\.toml"):
        read(machine, "record")
