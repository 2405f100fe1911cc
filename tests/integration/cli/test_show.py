"""`callbox show`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest


def shown(shop, *words: str) -> str:
    ending = shop.callbox("show", *words)
    assert ending.code == 0
    return ending.out.decode()


def without_times(text: str) -> list[str]:
    return [line[10:] for line in text.splitlines()]


def test_tree_is_what_is_shown(shop) -> None:
    text = shown(shop, "shop.cbx")

    assert without_times(text)[:11] == [
        "MainThread",
        "└─ <module __main__>",
        "   ├─ Shop()",
        "   └─ Shop.open()",
        "      ├─ prices()",
        "      │  └─ price() ×2",
        "      │     └─ total()",
        "      │        └─ total()",
        "      │           └─ total()",
        "      │              └─ total()",
        "      └─ price() ✗ raised",
    ]


def test_function_is_shown_with_what_it_called(shop) -> None:
    assert {line.strip("└─ ()") for line in without_times(shown(shop, "shop.cbx", "--function", "*.total"))} >= {
        "total"
    }
    assert "price" not in shown(shop, "shop.cbx", "--function", "total")


def test_last_calls_are_shown(shop) -> None:
    text = shown(shop, "shop.cbx", "--last", "2", "--format", "json")

    assert len(json.loads(text)["calls"]) == 2


def test_flat_list_shows_the_events_of_the_chosen_calls(shop) -> None:
    lines = shown(shop, "shop.cbx", "--format", "flat", "--function", "__main__.price").splitlines()

    assert sum(" unwind " in line for line in lines) == 1
    assert all(re.search(r"__main__\.(price|total)$", line) for line in lines[1:])


def test_json_holds_every_call(shop) -> None:
    calls = json.loads(shown(shop, "shop.cbx", "-f", "json"))["calls"]

    assert len(calls) == len(shop.recording("shop.cbx").tree.calls)


def test_dot_is_a_graph_of_functions(shop) -> None:
    text = shown(shop, "shop.cbx", "-f", "dot")

    assert text.startswith("digraph ")
    assert "Shop.open" in text


@pytest.mark.parametrize(("option", "value"), [("--max-lines", "6"), ("--max-depth", "2")])
def test_limits_shorten_the_tree_and_count_the_rest(shop, option, value) -> None:
    whole = shown(shop, "shop.cbx")

    text = shown(shop, "shop.cbx", option, value)

    assert len(text.splitlines()) < len(whole.splitlines())
    assert "…" in text


@pytest.mark.parametrize("command", ["show", "stats"])
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["none.cbx"], 4, "cannot read 'none.cbx' as a box"),
        (["shop.py"], 4, "cannot read 'shop.py' as a box"),
        (["."], 4, "cannot read '.' as a box"),
        (["empty.cbx"], 3, "empty.cbx holds no calls: filter 'nothing' matched no module"),
        (["killed.cbx"], 3, "killed.cbx holds no calls: the program ended without closing the recording"),
        ([], 2, "Missing argument 'BOX"),
    ],
)
def test_box_that_answers_nothing_gets_one_line_and_its_exit_code(shop, command, words, code, message) -> None:
    expect_refusal(shop.callbox(command, *words), code, message)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--function", "nope"], 3, "no function in shop.cbx matches 'nope'"),
        (["--last", "0"], 2, "'--last'"),
        (["--format", "xml"], 2, "'xml' is not one of"),
    ],
)
def test_wrong_option_gets_one_line_and_its_exit_code(shop, words, code, message) -> None:
    expect_refusal(shop.callbox("show", "shop.cbx", *words), code, message)


def expect_refusal(ending, code: int, message: str) -> None:
    assert ending.code == code
    assert ending.out == b""
    assert ending.err.startswith(b"callbox: error: ")
    assert ending.err.count(b"\n") == 1
    assert message in ending.err.decode()


def test_killed_program_is_shown_as_stacks_with_arguments(desk) -> None:
    source = "import os\ndef work(n): os.kill(os.getpid(), 9) if n == 3 else n\nfor n in range(9): work(n)\n"
    desk.write("work.py", source)
    desk.recorded(["work.py"], "--mode", "trace", "--include", "__main__")

    ending = desk.callbox("show", "--last", "3", "callbox.cbx")

    assert ending.code == 0
    assert [re.sub(r"^ *[\d.]+ .?s|  +[\d.]+ .?s$", "", line).strip() for line in ending.out.decode().splitlines()] == [
        "MainThread: 2 open calls, the newest last",
        f"<module __main__>  {desk.folder}/work.py:1",
        "· work(n=2) → None",
        f"work(n=3)  {desk.folder}/work.py:2",
    ]


def test_damaged_box_is_shown_as_far_as_it_goes(shop) -> None:
    ending = shop.callbox("show", "damaged.cbx")

    assert ending.code == 4
    assert b"Shop.open()" in ending.out
    assert b"is cut off where the file ends" in ending.err


def test_program_is_followed_until_it_ends(desk) -> None:
    desk.write("steps.py", "import sys\ndef step(n): return n\nfor n, line in enumerate(sys.stdin): step(n)\n")
    run = [sys.executable, "-P", "-m", "callbox"]
    options = {"cwd": desk.folder, "env": desk.environ, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    recorded = [*run, "run", "-q", "--include", "__main__", "--mode", "trace", "--", "steps.py"]
    with subprocess.Popen(recorded, **options, bufsize=0) as program:
        program.stdin.write(b"\n")
        wait_for(desk.folder / "callbox.cbx.parts", "*.functions")
        with subprocess.Popen([*run, "show", "--follow", "--function", "*step", "callbox.cbx"], **options) as follower:
            first = follower.stdout.readline()
            program.stdin.write(b"\n\n")
            second, third = follower.stdout.readline(), follower.stdout.readline()
            program.stdin.close()
            rest = follower.stdout.read()

    shown = [line.decode().split()[1] for line in (first, second, third)]
    assert shown == ["step(n=0)", "step(n=1)", "step(n=2)"]
    assert rest == b"ended: exit code 0\n"
    assert follower.returncode == 0


def wait_for(folder, pattern: str) -> None:
    deadline_s = time.monotonic() + 30
    while not list(folder.glob(pattern)) and time.monotonic() < deadline_s:
        time.sleep(0.02)


@pytest.mark.parametrize("command", ["show", "stats"])
def test_what_is_missing_from_a_recording_is_said(shop, command) -> None:
    dropped = shop.callbox(command, "small.cbx").err.decode()
    damaged = shop.callbox(command, "damaged.cbx").err.decode()

    assert re.search(r"callbox: warning: \d+ older events were overwritten or lost: --max-events or --spill", dropped)
    assert "callbox: warning: " in damaged


@pytest.mark.parametrize(
    "words",
    [
        ["export", "small.cbx", "--to", "folded", "-o", "-"],
        ["diff", "small.cbx", "small.cbx", "--no-times"],
        ["view", "small.cbx", "--static", "small.html"],
        ["merge", "small.cbx", "shop.cbx", "-o", "merged.cbx"],
        ["query", "small.cbx", "select 1"],
    ],
)
def test_what_was_dropped_is_said_by_every_other_reader_too(shop, words) -> None:
    ending = shop.callbox(*words)

    assert ending.code == 0
    assert re.search(rb"callbox: warning: \d+ older events were overwritten or lost", ending.err)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["stats", "damaged.cbx"], 4),
        (["stats", "shop.cbx", "damaged.cbx"], 4),
        (["query", "damaged.cbx", "select count(*) from calls"], 4),
        (["export", "damaged.cbx", "--to", "folded", "-o", "-"], 4),
        (["merge", "shop.cbx", "damaged.cbx", "-o", "merged.cbx"], 4),
        (["diff", "damaged.cbx", "damaged.cbx", "--no-times"], 4),
        (["diff", "small.cbx", "damaged.cbx", "--no-times"], 1),
    ],
)
def test_damage_is_in_the_exit_code_of_every_reader_and_on_standard_error(shop, words, code) -> None:
    ending = shop.callbox(*words)

    assert ending.code == code
    assert b"is cut off where the file ends" in ending.err


@pytest.mark.parametrize("command", ["show", "stats"])
def test_output_into_a_closed_pipe_ends_quietly(shop, command) -> None:
    shop.write("many.py", "\n".join(f"def f{i}(): pass\nf{i}()" for i in range(5000)))
    shop.recorded(["many.py"], "-o", "many.cbx")
    options = {"show": "--max-lines 100000", "stats": "--top 100000"}[command]

    ending = shop.python(
        "-c",
        "import subprocess, sys;"
        f"p = subprocess.Popen([sys.executable, '-P', '-m', 'callbox', '{command}', 'many.cbx', *'{options}'.split()],"
        " stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0);"
        "print(p.stdout.read(9)); p.stdout.close(); print(p.stderr.read(), p.wait())",
    )

    assert ending.out.splitlines()[-1] == b"b'' 141"
