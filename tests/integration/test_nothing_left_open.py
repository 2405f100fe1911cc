"""What callbox opens, it closes: Python's development mode, which tells of what is let go, has nothing to say."""

from __future__ import annotations

import pytest
from tests.support import shop
from tests.support.desk import Desk

CALLBOX = ["-X", "dev", "-m", "callbox"]
JOBS = {
    "box": [
        ["run", "-q", "-o", "kept.cbx", "--", "shop.py"],
        ["show", "kept.cbx"],
        ["stats", "kept.cbx"],
        ["export", "-o", "kept.json", "kept.cbx"],
        ["diff", "kept.cbx", "kept.cbx"],
        ["merge", "-o", "one.cbx", "kept.cbx"],
    ],
    "calls": [
        ["record", "-q", "shop", "--", "shop.py"],
        ["gen"],
        ["types"],
        ["clean", "-y"],
    ],
}
PYTEST = ["-X", "dev", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox", "--callbox-failures"]
TESTS = [
    [*PYTEST, "--callbox-telemetry"],
    *([*CALLBOX, *words] for words in (["failures", "list"], ["telemetry", "list"])),
]
ALL = {**{name: [[*CALLBOX, *words] for words in job] for name, job in JOBS.items()}, "tests": TESTS}


@pytest.mark.parametrize("commands", ALL.values(), ids=ALL)
def test_commands_leave_nothing_open(tmp_path, commands) -> None:
    desk = Desk.at(tmp_path)
    shop.lay_out(desk)

    for words in commands:
        ending = desk.python(*words)

        told = [line for line in ending.err.decode().splitlines() if "Warning" in line or "ignored" in line]
        assert (ending.code in (0, 1), told) == (True, []), (words, ending.err)
