"""Names that clash, that pytest collects, that no source can spell: the tests are right all the same."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import binascii, configparser, datetime

    def tag(name, **attributes):
        return name + "".join(f" {key}={value}" for key, value in attributes.items())

    def page(title):
        return tag("a", **{"class": title, "data-id": 1})

    def under(_1, _2):
        return _1 + _2

    def many(*s):
        return sum(s)

    def rest(*_):
        return len(_)

    def date(n):
        return datetime.date(2024, 1, n)

    def later(n):
        return date(n) + datetime.timedelta(n)

    def expected(n):
        return 2 * n

    def size(shape):
        return shape.n

    def fails(n):
        raise [binascii.Error, configparser.Error][n]("no")

    def test_connection(host):
        return host.upper()

    class Outer:
        class __Inner:
            @staticmethod
            def go(n):
                return n + 1

        def go(self, n):
            return self.__Inner.go(n)
"""
SHAPES = """
    from dataclasses import dataclass

    @dataclass
    class Shape:
        n: int

    def total(n):
        return n + {}
"""
MAIN = """
    import contextlib
    import shop, squares, rounds

    shop.tag("b", **{"class": "x", "data-id": 1}), shop.page("x")
    shop.under(1, 2), shop.under(3, 4), shop.many(1, 2), shop.many(3, 4), shop.rest(1, 2), shop.rest(3, 4)
    shop.later(1)
    shop.expected(1), shop.expected(2), shop.test_connection("host"), shop.Outer().go(1)
    for shapes in (squares, rounds):
        shop.size(shapes.Shape(1)), shop.size(shapes.Shape(2)), shapes.total(1), shapes.total(2)
    for n in (0, 1):
        with contextlib.suppress(Exception):
            shop.fails(n)
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("names"))
    project.write(shop=SHOP, main=MAIN, squares=SHAPES.format(1), rounds=SHAPES.format(2))
    mocks = ("--mock", "shop.tag", "--mock", "shop.date")
    project.record("shop.*", "squares.total", "rounds.total", *mocks, "--", "main.py")
    return project


@pytest.fixture(scope="module", params=[("-d", "tests/generated"), ("-o", "tests/test_all.py")], ids=["folder", "file"])
def made(request, recorded, tmp_path_factory):
    project = recorded.copied(tmp_path_factory.mktemp("names_made"))
    project.make_tests("--mock", "shop.tag", "--mock", "shop.date", *request.param)
    return project


def test_every_call_is_a_test(made) -> None:
    assert [(v["function"], v["reason"]) for v in made.report()["verdicts"] if v["fate"] != "test"] == []


def test_pytest_collects_the_tests_and_nothing_else(made) -> None:
    result = made.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:callbox")

    assert result.returncode == 0, result.stdout
    assert f"{made.report()['calls']['test']} passed" in result.stdout


@pytest.fixture(scope="module")
def text(made):
    return "".join(path.read_text() for path in sorted(made.folder.glob("tests/**/test_*.py")))


@pytest.mark.parametrize(
    "lines",
    [
        '    assert tag(name, **{"class": class_, "data-id": data_id}) == expected\n',
        'tag.assert_called_once_with("a", **{"class": "x", "data-id": 1})\n',
        "def test_under(value_1, value_2, expected):\n    assert under(value_1, value_2) == expected\n",
        "def test_expected(n, expected_value):\n    assert expected(n) == expected_value\n",
        "    from squares import Shape\n\n    assert size(Shape(n=2)) == 2\n",
        "    from configparser import Error\n\n    with pytest.raises(Error",
        '    from shop import test_connection\n\n    assert test_connection("host") == "HOST"\n',
        "date = Mock(return_value=datetime.date(2024, 1, 1))\n",
        "assert Outer._Outer__Inner.go(1) == 2\n",
    ],
)
def test_each_name_means_what_it_meant(text, lines) -> None:
    assert lines in text
