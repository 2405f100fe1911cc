"""Where settings come from, which one wins, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbox import config
from callbox.config import load_settings
from callbox.errors import ConfigError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, and a user without settings."""
    monkeypatch.setattr(config, "_user_file", lambda: tmp_path / "user" / "config.toml")
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_nothing_configured_is_nothing(project) -> None:
    assert load_settings("run", project, {}) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("callbox.toml", "[run]\nmode = 'trace'"),
        (".callbox/config.toml", "[run]\nmode = 'trace'"),
        ("pyproject.toml", "[tool.callbox.run]\nmode = 'trace'"),
    ],
)
def test_each_file_is_read_from_a_folder_below(project, name, text) -> None:
    write(project / name, text)
    below = project / "a" / "b"
    below.mkdir(parents=True)

    assert load_settings("run", below, {}) == {"mode": "trace"}


def test_nearest_file_is_the_only_one_of_the_project(project) -> None:
    write(project / "callbox.toml", "[run]\nmode = 'trace'\nc_calls = true")
    write(project / "below" / "pyproject.toml", "[tool.callbox.run]\nmode = 'static'")

    assert load_settings("run", project / "below", {}) == {"mode": "static"}


def test_own_file_comes_before_pyproject_in_one_folder(project) -> None:
    write(project / "callbox.toml", "[run]\nmode = 'trace'")
    write(project / "pyproject.toml", "[tool.callbox.run]\nmode = 'static'")

    assert load_settings("run", project, {}) == {"mode": "trace"}


@pytest.mark.parametrize("text", ["[project]\nname = 'x'", "[project]\nname = 'callbox'", "= not TOML", "tool = 3"])
def test_pyproject_without_settings_is_passed_over(project, text) -> None:
    write(project / "callbox.toml", "[run]\nmode = 'trace'")
    write(project / "below" / "pyproject.toml", text)

    assert load_settings("run", project / "below", {}) == {"mode": "trace"}


def test_weightier_source_wins_key_by_key(project, tmp_path) -> None:
    write(project / "callbox.toml", "[run]\nmode = 'trace'\nengine = 'b'\n[defaults]\nengine = 'c'\noutput = 'd'")
    write(
        tmp_path / "user" / "config.toml",
        "[run]\noutput = 'e'\nmax_depth = 5\n[defaults]\nmax_depth = 6\nmemory = true",
    )
    environ = {"CALLBOX_RUN_MODE": "static", "CALLBOX_MODE": "profile", "CALLBOX_C_CALLS": "1"}

    settings = load_settings("run", project, environ)

    assert settings == {
        "mode": "static",
        "c_calls": True,
        "engine": "b",
        "output": "d",
        "max_depth": 5,
        "memory": True,
    }


def test_section_and_variable_of_another_command_say_nothing(project) -> None:
    write(project / "callbox.toml", "[show]\nmax_depth = 3\n[defaults]\ntop = 5")

    assert load_settings("run", project, {"CALLBOX_SHOW_MAX_DEPTH": "4", "CALLBOX_SORT": "calls"}) == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CALLBOX_INCLUDE", "myapp.*, !myapp.vendor.*,", ["myapp.*", "!myapp.vendor.*"]),
        ("CALLBOX_RUN_MAX_EVENTS", "4096", 4096),
        ("CALLBOX_MEMORY", "true", True),
        ("CALLBOX_MEMORY", "0", False),
        ("CALLBOX_OUTPUT", "7", "7"),
    ],
)
def test_variables_are_read_as_the_type_of_their_key(project, name, text, value) -> None:
    assert list(load_settings("run", project, {name: text}).values()) == [value]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nmod = 'trace'", "unknown key run.mod: did you mean mode?"),
        ("[show]\nmax_line = 3", "unknown key show.max_line: did you mean max_lines?"),
        ("[stats]\nmode = 'trace'", "unknown key stats.mode: known are top, sort"),
        ("[defaults]\nincluded = []", "unknown key defaults.included: did you mean include?"),
        ("[rum]\nmode = 'trace'", "unknown section 'rum': did you mean run?"),
        ("mode = 'trace'", "unknown section 'mode'"),
        ("run = 3", "'run' is a section: write [run] and its keys below"),
        ("[run]\nmode = 'fast'", "run.mode = 'fast': Invalid enum value 'fast'"),
        ("[run]\nmax_events = 'many'", "run.max_events = 'many': Expected `int`, got `str`"),
        ("[run]\ninclude = 'myapp'", "run.include = 'myapp': Expected `array`, got `str`"),
        ("[defaults]\nmemory = 1", "defaults.memory = 1: Expected `bool`, got `int`"),
        ("[run\n", "is no valid TOML"),
        ("\ufeff\x00", "is no valid TOML"),
    ],
)
def test_wrong_file_is_an_error_that_names_the_place(project, text, message) -> None:
    write(project / "callbox.toml", text)

    with pytest.raises(ConfigError) as caught:
        load_settings("run", project, {})

    assert str(project / "callbox.toml") in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("CALLBOX_MOD", "trace", "unknown environment variable CALLBOX_MOD: did you mean CALLBOX_MODE?"),
        ("CALLBOX_RUN_TOP", "3", "unknown environment variable CALLBOX_RUN_TOP: did you mean CALLBOX_RUN"),
        ("CALLBOX_MAX_EVENTS", "many", "CALLBOX_MAX_EVENTS = 'many': Expected `int`, got `str`"),
    ],
)
def test_wrong_variable_is_an_error_that_names_it(project, name, text, message) -> None:
    with pytest.raises(ConfigError, match="CALLBOX_") as caught:
        load_settings("run", project, {name: text})

    assert message in str(caught.value)


def test_file_that_cannot_be_read_is_an_error(project) -> None:
    write(project / "callbox.toml", "")
    (project / "callbox.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match=r"callbox\.toml is no valid TOML"):
        load_settings("run", project, {})


def test_user_file_lies_in_the_users_configuration_folder(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("platformdirs.user_config_path", lambda name, appauthor: tmp_path / name)
    write(tmp_path / "callbox" / "config.toml", "[run]\nmode = 'trace'")
    (tmp_path / "work").mkdir()

    assert load_settings("run", tmp_path / "work", {}) == {"mode": "trace"}
