"""What calls touch besides their arguments, and what differs from run to run: tests bring it about, or are not made."""

from __future__ import annotations

import re

import pytest
from tests.integration.testgen.conftest import Project

ODD = """
    import datetime, os, random, sqlite3, subprocess, sys, time

    def starts():
        return subprocess.run([sys.executable, "-c", "pass"]).returncode

    def asks():
        sqlite3.connect(":memory:").close()

    def sets(value):
        os.environ["SHOP_COLOUR"] = value

    def makes(folder):
        os.mkdir(folder)

    def draws():
        return random.random()

    def splits(text):
        return list(set(text.split()))

    def peeks():
        return random.getstate()[1][:3]

    def nearly(n):
        return n + time.timezone * 1e-20

    def fails(name):
        raise ValueError(f"{name} at {id(name)}")

    def is_valid(until):
        return time.time() < until

    def today():
        return datetime.date.today().isoformat()

    def shows(moment):
        return time.strftime("%H:%M", time.localtime(moment))

    class Order:
        def __init__(self, n):
            self.n = n
            self.id = n * 7

    class Sealed:
        def __init__(self, text):
            self.n = len(text)

    def count(order):
        return order.n
"""
MAIN = """
    import time
    import odd

    odd.starts(), odd.asks(), odd.sets("red"), odd.makes("new"), odd.draws(), odd.peeks()
    odd.splits("one two three four five six seven eight nine ten eleven twelve")
    odd.nearly(1.0), odd.today(), odd.shows(1.75e9), odd.is_valid(time.time() + 100 * 86400)
    order = odd.Order(2)
    order.id = "late"
    odd.count(order), odd.count(odd.Sealed("four"))
    try: odd.fails("tea")
    except ValueError: pass
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    pytest.importorskip("time_machine")
    project = record_project("odd", "--", "main.py", environ={"TZ": "Asia/Kathmandu"}, odd=ODD, main=MAIN)
    project.make_tests(TZ="UTC")
    return project


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("starts", "it starts a process"),
        ("asks", "it opens a database (:memory:)"),
        ("sets", "it changes the environment"),
        ("makes", "it changes files or folders (new)"),
        ("draws", "it draws random numbers from a state that no small seed gives: call random.seed first"),
    ],
)
def test_what_a_test_cannot_bring_about_is_refused(made, name, reason) -> None:
    fate, found = made.verdict_of(f"odd.{name}")

    assert fate == "refused"
    assert found.startswith(reason)


@pytest.mark.parametrize("name", ["splits", "peeks"])
def test_what_hangs_on_hash_seeds_or_the_state_of_random_is_quarantined(made, name) -> None:
    assert made.verdict_of(f"odd.{name}")[0] == "quarantined"
    assert not (made.folder / "tests" / "generated" / f"test_odd_{name}.py").exists()


def test_float_that_another_time_zone_changes_is_compared_approximately(made) -> None:
    assert "assert nearly(1.0) == pytest.approx(" in made.generated("odd_nearly")


def test_message_that_differs_is_left_out(made) -> None:
    assert "with pytest.raises(ValueError):\n" in made.generated("odd_fails")


def test_what_more_than_a_year_later_is_otherwise_has_a_frozen_clock(made) -> None:
    frozen = r"\n@time_machine.travel\(\"[-0-9]+ [:0-9]+\+00:00\", tick=False\)\n"
    assert re.search(frozen, made.generated("odd_is_valid"))


@pytest.mark.parametrize("name", ["today", "shows"])
def test_what_another_time_zone_shows_otherwise_has_the_zone_of_the_recording(made, name) -> None:
    assert "@time_machine.travel(" in made.generated(f"odd_{name}")
    assert 'tzinfo=ZoneInfo("Asia/Kathmandu"))' in made.generated(f"odd_{name}")


def test_attribute_that_was_set_later_is_set_by_a_statement(made) -> None:
    text = made.generated("odd_count")

    assert '    order = Order(n=2)\n    order.id = "late"\n\n    assert count(order) == 2\n' in text


def test_object_that_its_constructor_does_not_give_is_made_of_its_state(made) -> None:
    assert "sealed = object.__new__(Sealed)\n    vars(sealed).update(n=4)\n" in made.generated("odd_count")


def test_tests_pass_where_they_stand(made) -> None:
    done = made.python("-m", "pytest", "-q", "-p", "no:callbox", "-p", "no:cacheprovider", "tests/generated")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("options", "depths"), [((), [3]), (("--nested",), [0, 1, 2, 3])])
def test_calls_inside_a_call_of_the_same_function_are_recorded_where_asked_for(project, options, depths) -> None:
    project.write(odd="def power(n): return 2 * power(n - 1) if n else 1", main="import odd\nodd.power(3)")

    project.callbox("record", "-q", *options, "odd.power", "--", "main.py")
    project.callbox("gen", "-q", "--no-verify", "-d", "mine")

    text = (project.folder / "mine" / "test_odd_power.py").read_text()
    assert [n for n in range(4) if f"({n}, {2**n})" in text or f"power({n})" in text] == depths
