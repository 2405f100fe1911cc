"""Configured values reach the commands, and the command line comes first."""

from __future__ import annotations

import json

import pytest

RUN = """
[run]
include = ["__main__", "!json.*"]
mode = "profile"
engine = "setprofile"
c_calls = true
memory = true
max_events = 4321
max_depth = 9
output = "configured.cbx"
"""


def test_every_key_of_run_reaches_the_recording(desk) -> None:
    desk.write("callbox.toml", RUN)

    desk.recorded(["-c", "import json"])

    header = desk.recording("configured.cbx").header
    assert header.filters == ("__main__", "!json.*")
    assert (header.mode, header.engine, header.c_calls, header.memory) == ("profile", "setprofile", True, True)
    assert (header.max_events, header.max_depth) == (4321, 9)


@pytest.mark.parametrize(("told", "mode"), [("static", "static"), ("ci", "profile")])
def test_mode_of_the_file_or_the_command_line_reaches_the_recording(desk, told, mode) -> None:
    desk.recorded(["-c", "pass"], "--mode", told, "-o", "said.cbx")
    desk.write("callbox.toml", f"[run]\nmode = '{told}'")
    desk.recorded(["-c", "pass"])

    assert [desk.recording(name).header.mode for name in ("said.cbx", "callbox.cbx")] == [mode, mode]


@pytest.mark.parametrize(
    ("environment", "mode"), [("production", "static"), ("ci", "profile"), ("development", "trace")]
)
def test_name_of_an_environment_is_a_mode_to_run_as_it_is_to_failures(desk, environment, mode) -> None:
    program = "from callbox.failures.options import find_mode; print(find_mode())"

    ending = desk.recorded(["-c", program], CALLBOX_MODE=environment)

    assert ending.out.decode() == f"{mode}\n"
    assert desk.recording().header.mode == mode


def test_command_line_comes_before_environment_before_file(desk) -> None:
    desk.write("callbox.toml", RUN)
    options = ["--include", "os", "--no-memory", "-o", "said.cbx"]

    desk.recorded(["-c", "pass"], *options, CALLBOX_INCLUDE="re", CALLBOX_OUTPUT="env.cbx", CALLBOX_MAX_DEPTH="4")

    header = desk.recording("said.cbx").header
    assert (header.filters, header.memory, header.max_depth, header.max_events) == (("os",), False, 4, 4321)


def test_user_file_counts_last(desk) -> None:
    desk.write("config-home/callbox/config.toml", "[run]\nmax_depth = 3\nmax_events = 77\n")
    desk.write("pyproject.toml", "[tool.callbox.run]\nmax_depth = 5\n")

    desk.recorded(["-c", "pass"])

    assert (desk.recording().header.max_depth, desk.recording().header.max_events) == (5, 77)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("format", '"json"', ["--format", "json"]),
        ("function", '"total"', ["--function", "total"]),
        ("last", "3", ["--last", "3"]),
        ("max_depth", "2", ["--max-depth", "2"]),
        ("max_lines", "5", ["--max-lines", "5"]),
    ],
)
def test_every_key_of_show_is_as_its_option(shop, tmp_path, key, value, words) -> None:
    box = str(shop.folder / "shop.cbx")
    there = type(shop).at(tmp_path)
    default, expected = there.callbox("show", box), there.callbox("show", box, *words)
    there.write("callbox.toml", f"[show]\n{key} = {value}\n")

    configured = there.callbox("show", box)

    assert configured == expected
    assert configured != default


@pytest.mark.parametrize(
    ("key", "value", "words"), [("top", "1", ["--top", "1"]), ("sort", '"calls"', ["--sort", "calls"])]
)
def test_every_key_of_stats_is_as_its_option(shop, tmp_path, key, value, words) -> None:
    box = str(shop.folder / "shop.cbx")
    there = type(shop).at(tmp_path)
    default, expected = there.callbox("stats", box), there.callbox("stats", box, *words)
    there.write("callbox.toml", f"[defaults]\n{key} = {value}\n")

    configured = there.callbox("stats", box)

    assert configured == expected
    assert configured != default


def test_unknown_key_stops_the_command(desk) -> None:
    desk.write("callbox.toml", "[run]\nincluded = []\n")

    ending = desk.callbox("run", "--", "-c", "print('ran')")

    assert ending.code == 2
    assert ending.out == b""
    expected = f"callbox: error: {desk.folder / 'callbox.toml'}: unknown key run.included: did you mean include?\n"
    assert ending.err.decode() == expected


def test_program_does_not_see_where_its_settings_came_from(desk) -> None:
    ending = desk.recorded(
        ["-c", "import json, os; print(json.dumps([n for n in os.environ if 'CALLBOX' in n]))"], CALLBOX_MODE="profile"
    )

    assert json.loads(ending.out) == ["CALLBOX_MODE"]
