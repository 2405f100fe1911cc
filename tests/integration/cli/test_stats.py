"""`callbox stats`."""

from __future__ import annotations

import json
import re

import pytest


def table(text: str) -> list[list[str]]:
    """Split the function table into its cells."""
    lines = text.partition("\n\n")[2].partition("\n\n")[0].splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


def test_heading_says_what_ran_and_how_it_ended(shop) -> None:
    lines = shop.callbox("stats", "shop.cbx").out.decode().splitlines()

    assert lines[0] == "command  shop.py"
    assert lines[1] == "ended    exit code 0"
    assert re.fullmatch(r"engine   \w+, mode profile, Python 3\.\d+\.\d+\w*", lines[2])
    assert lines[3] == "events   44 events, 0 dropped"
    assert re.fullmatch(r"calls    20 calls in 2 threads, .* [mµ]?s, 1 raised", lines[4])
    assert re.fullmatch(r"depth    8 at most, \d\.\d on average", lines[5])


def test_functions_are_listed_with_their_place(shop) -> None:
    rows = table(shop.callbox("stats", "shop.cbx", "--sort", "calls").out.decode())

    assert rows[0] == ["self", "share", "inclusive", "calls", "raised", "function", "where"]
    assert rows[1][3:] == ["12", "__main__.total", f"{shop.folder / 'shop.py'}:4"]
    assert rows[2][3:] == ["4", "1", "__main__.price", f"{shop.folder / 'shop.py'}:7"]


@pytest.mark.parametrize(
    ("order", "key"), [("self", "self_time_s"), ("inclusive", "inclusive_time_s"), ("calls", "calls")]
)
def test_order_is_the_one_that_was_asked_for(shop, order, key) -> None:
    functions = json.loads(shop.callbox("stats", "shop.cbx", "--json").out)["functions"]
    names = [row[-2] for row in table(shop.callbox("stats", "shop.cbx", "--sort", order).out.decode())[1:]]
    amounts = {function["function"]: function[key] for function in functions}

    assert names == sorted(names, key=amounts.get, reverse=True)
    assert names[0] == max(amounts, key=amounts.get)


def test_top_limits_the_list_and_counts_the_rest(shop) -> None:
    text = shop.callbox("stats", "shop.cbx", "--top", "2").out.decode()

    assert "… 4 more functions: see --top" in text


def test_recursion_and_threads_are_named(shop) -> None:
    text = shop.callbox("stats", "shop.cbx").out.decode()

    assert "recursion\n  4 deep  __main__.total\n" in text
    assert re.search(r"threads\n  MainThread: 15 calls, .*\n  .*: 5 calls, ", text)


def test_memory_is_counted_where_it_was_recorded(shop) -> None:
    text = shop.callbox("stats", "memory.cbx").out.decode()

    assert re.search(r"^memory   [\d,]+ bytes in [\d,]+ blocks? allocated$", text, re.MULTILINE)
    assert table(text)[0] == ["self", "share", "inclusive", "calls", "raised", "bytes", "function", "where"]
    assert "memory" not in shop.callbox("stats", "shop.cbx").out.decode()


def test_json_holds_the_metrics_and_how_they_came_about(shop) -> None:
    report = json.loads(shop.callbox("stats", "small.cbx", "--json").out)

    assert report["recording"]["command"] == ["shop.py"]
    assert report["recording"]["exit_status"] == "exit code 0"
    assert report["recording"]["dropped"] > 0
    assert report["total_calls"] == sum(report["call_counts"].values())


def test_output_that_is_no_terminal_is_plain_and_cuts_no_name(shop) -> None:
    name = "a_function_with_a_very_long_name_" * 10
    shop.write("long.py", f"def {name}(): pass\n{name}()\n")
    shop.recorded(["long.py"], "-o", "long.cbx")

    text = shop.callbox("stats", "long.cbx", COLUMNS="40", TERM="xterm-256color").out.decode()

    assert f" __main__.{name} " in text
    assert "\x1b" not in text
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_names_from_the_program_cannot_command_the_terminal(shop) -> None:
    code = "exec(compile('def f(): pass\\nf()', '\\x1b[2Jevil.py', 'exec'))"
    shop.recorded(["-c", code, "\x1b[1m"], "--include", "__main__", "-o", "evil.cbx")

    ending = shop.callbox("stats", "evil.cbx")

    assert b"\\x1b[2Jevil.py:1" in ending.out
    assert b"\x1b" not in ending.out + ending.err
