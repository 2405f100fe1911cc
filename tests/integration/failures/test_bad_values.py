"""A program that fails among the worst of values: what it sees, and what `callbox failures` shows."""

from __future__ import annotations

import json
import sys

import pytest
from tests.support.desk import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

PROGRAM = """
import json
import os
import time
from collections.abc import Mapping

from callbox import FailureExtractor, extract_on_failure

touched = []


class Remote(Mapping):
    def __getitem__(self, key):
        touched.append("download")
        time.sleep(600)

    def __iter__(self):
        touched.append("listing")
        time.sleep(600)

    def __len__(self):
        touched.append("size")
        time.sleep(600)


class Row:
    def __init__(self):
        self.__dict__["id"] = 7

    def __getattr__(self, name):
        touched.append("query " + name)
        raise OSError("no database")

    @property
    def orders(self):
        touched.append("query of orders")
        raise OSError("no database")


class Slow:
    def __repr__(self):
        touched.append("slow")
        time.sleep(600)


class Raising:
    def __repr__(self):
        touched.append("raising")
        raise KeyboardInterrupt


class Exiting:
    def __repr__(self):
        os._exit(99)

    __str__ = __len__ = __bool__ = __hash__ = __repr__


class Refusal(Exception):
    def __str__(self):
        os._exit(98)


mine = Refusal("closed", 4)
mine.__cause__ = ValueError("in the middle")
mine.__cause__.__context__ = mine


@extract_on_failure(include_locals=True)
def work(remote, *rest, row):
    text, items = "x" * (1 << 30), [7] * 10**7
    slow, raising, exiting, held = Slow(), Raising(), Exiting(), [remote, row]
    held.append(held)
    raise mine


@extract_on_failure(include_locals=True)
def descend(n):
    return descend(n + 1)


outcomes = []
for call in (lambda: work(Remote(), Slow(), Exiting(), row=Row()), lambda: descend(0)):
    try:
        call()
    except BaseException as error:
        outcomes.append([type(error).__name__, error is mine])
print(json.dumps({"outcomes": outcomes, "touched": touched, "kept": len(FailureExtractor().failures)}))
"""


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = Desk.at(tmp_path)
    desk.write("pyproject.toml", "")
    desk.write("program.py", PROGRAM)
    return desk


def test_caller_sees_what_was_raised_and_no_value_is_asked_anything(desk) -> None:
    ran = desk.python("program.py")

    assert (ran.code, ran.err) == (0, b"")
    assert json.loads(ran.out) == {
        "outcomes": [["Refusal", True], ["RecursionError", False]],
        "touched": [],
        "kept": 2,
    }


def test_failure_is_shown_with_what_could_be_known_without_asking(desk) -> None:
    desk.python("program.py")
    kinds = json.loads(desk.callbox("failures", "list", "--json").out)
    by_name = {kind["test_name"]: kind["fingerprint"] for kind in kinds}

    shown = json.loads(desk.callbox("failures", "show", by_name["work"], "--json").out)
    printed = desk.callbox("failures", "show", by_name["work"]).out.decode()

    variables = shown["exception"]["frames"][-1]["locals"]
    assert variables["text"].endswith("(1,073,741,824 characters)")
    assert variables["items"].endswith("9,999,990 more]")
    assert (variables["remote"], variables["row"], variables["exiting"]) == ("Remote()", "Row(id=7)", "Exiting()")
    assert "  remote = Remote()\n" in printed
    assert "ValueError: in the middle\n" in printed
    assert printed.count("__main__.Refusal: 'closed', 4\n") == 1
    assert "maximum recursion depth exceeded\n" in desk.callbox("failures", "show", by_name["descend"]).out.decode()
