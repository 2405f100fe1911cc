"""`callbox gen --report` and `--mutate`: every call is accounted for, and tests notice faults."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import socket

    def price(n):
        if n > 10:
            return n * 2
        return n

    def identity(value):
        return str(id(value))

    def login(user, password):
        return user

    def look_up(host):
        return bool(socket.getaddrinfo(host, 80))

    def warn(text):
        print(next(NUMBERS), text)
        return len(text)

    NUMBERS = iter(range(9))

    def here():
        return __file__
"""
MAIN = """
    import shop
    for n in (1, 2, 10, 11, 12, 1):
        shop.price(n)
    shop.identity([1])
    shop.login("ann", "hunter2-very-secret")
    shop.look_up("localhost")
    shop.here()
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    return record_project("shop.*", "--", "main.py", shop=SHOP, main=MAIN)


def test_every_recorded_call_ends_as_one_thing(made, tmp_path) -> None:
    project = made.copied(tmp_path)

    project.make_tests("-l", "3")

    report = project.report()
    assert Counter((v["function"], v["fate"]) for v in report["verdicts"]) == {
        ("shop.price", "test"): 3,
        ("shop.price", "not chosen"): 2,
        ("shop.identity", "quarantined"): 1,
        ("shop.login", "refused"): 1,
        ("shop.look_up", "refused"): 1,
        ("shop.here", "refused"): 1,
    }
    assert len({v["call"] for v in report["verdicts"]}) == len(report["verdicts"]) == len(project.calls())
    assert (report["seen"], report["seen_and_not_kept"]) == (10, 1)


def test_limit_keeps_the_tests_that_show_most(made, tmp_path) -> None:
    project = made.copied(tmp_path)

    project.callbox("gen", "-q", "-l", "2", "-f", "shop.price")

    text = (project.folder / "tests" / "generated" / "test_shop_price.py").read_text()
    assert "(1, 1),\n        (11, 22),\n" in text


def test_page_names_each_reason(made, tmp_path) -> None:
    project = made.copied(tmp_path)

    project.callbox("gen", "-q", "--no-verify", "--report", "report.html")

    page = (project.folder / "report.html").read_text()
    assert "redacted: argument password looks like a secret (password)" in page
    assert "it talks to the network" in page
    assert "hunter2" not in page


def test_report_of_another_kind_is_a_wrong_use(made, tmp_path) -> None:
    result = made.copied(tmp_path).callbox("gen", "--no-verify", "--report", "report.txt")

    assert result.returncode == 2
    assert "must end in .json or .html" in result.stderr


def test_mutants_that_tests_notice_are_counted_and_the_others_named(project) -> None:
    pytest.importorskip("cosmic_ray")
    project.write(shop=SHOP, main="import shop\nfor n in (1, 11): shop.price(n)")
    project.callbox("record", "-q", "shop.price", "--", "main.py")
    before = (project.folder / "shop.py").read_text()

    project.make_tests("--mutate")

    mutation = project.report()["mutation"]
    assert mutation["mutants"] == mutation["killed"] + len(mutation["survivors"])
    assert mutation["killed"] > 10
    assert "shop.py:4: ReplaceComparisonOperator_Gt_GtE" in mutation["survivors"]
    assert (project.folder / "shop.py").read_text() == before


def test_mutants_of_a_source_in_another_encoding(project) -> None:
    pytest.importorskip("cosmic_ray")
    source = '# coding: latin-1\ndef price(n):\n    return "caf\xe9" if n > 10 else n\n'
    (project.folder / "shop.py").write_bytes(source.encode("latin-1"))
    project.record("shop.price", "--", "-c", "import shop; shop.price(1), shop.price(11)")

    project.make_tests("--mutate")

    assert project.report()["mutation"]["killed"] > 5


def test_mutants_of_functions_elsewhere_are_missed(made, tmp_path) -> None:
    pytest.importorskip("cosmic_ray")
    project = made.copied(tmp_path)

    result = project.callbox("gen", "-l", "1", "-f", "shop.price", "--mutate")

    assert result.returncode == 0, result.stderr
    assert f"no mutants: none of the functions is written in a file below {project.folder}" in result.stderr
