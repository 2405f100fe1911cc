"""What a program prints and opens that is no ordinary text: it costs one call at most, never the recording."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import sys

    def warns(name):
        print("no", name, file=sys.stderr)

    def opens(name):
        open(name, "w").close()

    def writes(text):
        try:
            sys.stdout.write(5)
        except TypeError:
            print(text)

    def size(path):
        with open(path, "rb") as file:
            return len(file.read())
"""
MAIN = """
    import shop
    shop.warns("caf\\udce9"), shop.opens("caf\\udce9.txt"), shop.writes("done"), shop.warns("ann")
    open("goods", "w").close()
    shop.size(b"goods")
"""


@pytest.fixture(scope="module")
def recorded(record_project) -> Project:
    return record_project("shop.*", "--", "main.py", shop=SHOP, main=MAIN)


def calls_of(project, name):
    return [call for call in project.calls() if call.target.qualname == name]


def test_characters_that_no_encoding_has_cost_the_call_that_prints_them(recorded) -> None:
    refusals = {call.refusal: call.stderr for call in calls_of(recorded, "warns")}

    assert refusals == {"": "no ann\n", "it prints characters that no encoding has": ""}


def test_file_whose_name_no_encoding_has_is_told_of(recorded) -> None:
    [call] = calls_of(recorded, "opens")

    assert [(effect.kind, effect.detail) for effect in call.effects] == [("writes file", "caf\\udce9.txt")]


def test_what_a_stream_does_not_take_was_not_printed(recorded) -> None:
    [call] = calls_of(recorded, "writes")

    assert call.stdout == "done\n"


def test_file_that_bytes_name_is_told_of(recorded) -> None:
    [call] = calls_of(recorded, "size")

    assert [(effect.kind, effect.detail) for effect in call.effects] == [("reads file", "goods")]
