"""`callbox gen`: the tests that it writes, run as their project would run them."""

from __future__ import annotations

import json

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import contextlib
    import random
    from dataclasses import dataclass

    @contextlib.contextmanager
    def opened(items):
        items.append("begun")
        yield len(items)
        items.append("ended")

    def price(n, rate=0.5):
        if n < 0:
            raise ValueError(f"negative: {n}")
        return n * rate

    def grow(items):
        items.append(len(items))
        return items

    class Order:
        def __init__(self, n):
            self.n = n
            self.cost = 2 * n

        @property
        def total(self):
            return price(self.n)

        def add(self, n):
            self.n += n

        def __lt__(self, other):
            return self.n < other.n

    @dataclass
    class Line:
        sku: str
        n: int

    def lines(text):
        return [Line(word, len(word)) for word in text.split()]

    def words(text):
        yield from text.split()

    def greet(name):
        print("hello", name)

    def save(path, text):
        with open(path, "w") as file:
            return file.write(text)

    def roll():
        return random.randint(1, 6)

    def identity(value):
        return str(id(value))

    def connect():
        return open

    class State:
        def __init__(self):
            self.rules = [Order(n) for n in range(2000)]
            self.found = []

    def note(state, text):
        state.found.append(text)
"""
MAIN = """
    import random
    from shop import *
    for n in (2, 4, 2): price(n)
    price(3, 0.25)
    try: price(-1)
    except ValueError: pass
    grow([7])
    order = Order(3); order.total; order.add(4); Order(1) < Order(2)
    lines("tea cake"); list(words("a b")); greet("ann"); save("out.txt", "text")
    random.seed(3); roll()
    with opened([]): pass
    note(State(), "tea")
    identity([1])
"""


@pytest.fixture(scope="module")
def recorded(record_project) -> Project:
    """A project whose calls were recorded."""
    return record_project("shop.*", "--", "main.py", shop=SHOP, main=MAIN)


@pytest.fixture(scope="module")
def made(recorded, tmp_path_factory):
    """A project with the tests that were made of its calls; tests leave it alone."""
    project = recorded.copied(tmp_path_factory.mktemp("made"))
    project.make_tests()
    return project


def generated(project, name: str) -> str:
    return project.generated(f"shop_{name}").partition('"""\n')[2].strip()


def test_tests_pass_as_the_project_runs_them_and_need_no_callbox(made) -> None:
    result = made.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:callbox")

    assert result.returncode == 0, result.stdout
    assert "import callbox" not in "".join(p.read_text() for p in made.folder.glob("tests/generated/*.py"))


def test_nothing_is_left_beside_the_tests(recorded, made) -> None:
    before, after = ({path.name for path in project.folder.iterdir()} for project in (recorded, made))

    assert after - before == {"report.json", "tests"}


def test_tests_read_as_if_written_by_hand(made) -> None:
    assert generated(made, "price") == (
        "import re\n"
        "\n"
        "import pytest\n"
        "\n"
        "from shop import price\n"
        "\n"
        "\n"
        "@pytest.mark.parametrize(\n"
        '    ("n", "expected"),\n'
        "    [\n"
        "        (2, 1.0),\n"
        "        (3, 1.5),\n"
        "        (4, 2.0),\n"
        "    ],\n"
        ")\n"
        "def test_price(n, expected):\n"
        "    assert price(n) == expected\n"
        "\n"
        "\n"
        "def test_price_raises_value_error():\n"
        '    with pytest.raises(ValueError, match=re.escape("negative: -1")):\n'
        "        price(-1)\n"
        "\n"
        "\n"
        "def test_price_with_rate():\n"
        "    assert price(3, rate=0.25) == 0.75"
    )


def test_changed_argument_is_asserted(made) -> None:
    assert generated(made, "grow").endswith(
        "def test_grow_changes_items():\n    items = [7]\n\n    assert grow(items) is items\n    assert items == [7, 1]"
    )


def test_method_is_called_on_an_object_that_its_constructor_makes(made) -> None:
    assert generated(made, "order_add").endswith(
        "def test_order_add_changes_order():\n"
        "    order = Order(n=3)\n"
        "\n"
        "    order.add(4)\n"
        '    assert vars(order) == {"n": 7, "cost": 6}'
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("order_total", "assert Order(n=3).total == 1.5"),
        ("order_lt", "assert (Order(n=1) < Order(n=2)) is True"),
        ("lines", 'assert lines("tea cake") == [Line(sku="tea", n=3), Line(sku="cake", n=4)]'),
        ("words", 'assert list(words("a b")) == ["a", "b"]'),
        ("greet", 'assert capsys.readouterr().out == "hello ann\\n"'),
        ("save", 'path = str(tmp_path / "out.txt")'),
        ("save", 'assert Path(path).read_text(encoding="utf-8") == "text"'),
        ("roll", "random.seed(3)"),
        ("note", 'assert state.found == ["tea"]'),
        ("opened", "    with opened(items) as given:\n        assert given == 1\n"),
        ("opened", 'assert items == ["begun", "ended"]'),
        ("order_init", 'pytest.param(3, {"n": 3, "cost": 6}, id="3"),'),
        ("order_init", "assert vars(Order(n)) == expected"),
    ],
)
def test_what_a_call_does_is_what_its_test_says(made, name, line) -> None:
    assert line in generated(made, name)


def test_call_that_differs_from_run_to_run_is_quarantined(made) -> None:
    fate, _ = made.verdict_of("shop.identity")

    assert fate == "quarantined"
    assert not (made.folder / "tests" / "generated" / "test_shop_identity.py").exists()


def test_every_kept_call_is_accounted_for(made) -> None:
    report = made.report()

    assert sum(report["calls"].values()) == len(report["verdicts"]) == len(made.calls())


def test_second_run_changes_nothing(made) -> None:
    folder = made.folder / "tests" / "generated"
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.py")}

    result = made.callbox("gen")

    assert "wrote 0 test modules, " in result.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.py")} == before


def test_edited_test_is_left_alone(made, tmp_path) -> None:
    made = made.copied(tmp_path)
    path = made.folder / "tests" / "generated" / "test_shop_price.py"
    path.write_text(path.read_text() + "# mine\n")

    result = made.callbox("gen", "--no-verify")

    assert path.read_text().endswith("# mine\n")
    assert "test_shop_price.py was edited and is left as it is" in result.stderr


def test_options_for_pytest_in_the_environment_are_not_for_verifying(recorded, tmp_path) -> None:
    shop = recorded.copied(tmp_path)

    result = shop.callbox("gen", "-q", "-f", "shop.words", PYTEST_ADDOPTS="-k nothing")

    assert (result.returncode, result.stderr) == (0, "")


def test_quiet_run_warns(made, tmp_path) -> None:
    made = made.copied(tmp_path)
    path = made.folder / "tests" / "generated" / "test_shop_words.py"
    path.write_text(path.read_text() + "# mine\n")

    result = made.callbox("gen", "-q", "--no-verify", "-f", "shop.words", "-f", "shop.greet")

    assert result.stdout == ""
    assert result.stderr == "callbox: warning: tests/generated/test_shop_words.py was edited and is left as it is\n"


def test_only_paths_in_the_checkout_are_refused(tmp_path) -> None:
    shop = Project(tmp_path / " ".join(["app"] * 25))  # so long that its literal is in parts
    shop.write(shop="def first(text): return text[:1]\ndef show(place): print(texts[place])")
    texts = [str(shop.folder), f"{shop.folder}/x", f"{shop.folder}lication", f"http://host{shop.folder}/x"]
    calls = "[(shop.first(text), shop.show(place)) for place, text in enumerate(shop.texts)]"
    shop.record("shop.first", "shop.show", "--", "-c", f"import shop; shop.texts = {texts}; {calls}")

    shop.make_tests("--no-verify")

    assert [v["fate"] for v in shop.report()["verdicts"]] == ["refused", "refused", "test", "test"] * 2


def test_calls_that_differ_in_what_they_read_are_two_tests(tmp_path) -> None:
    shop = Project(tmp_path)
    shop.write(shop="import sys\ndef show(path):\n    print(open(path).read(), file=sys.stderr)\n")
    for content in ("tea", "cake"):
        (tmp_path / "goods").write_text(content)
        shop.record("shop.show", "--", "-c", "import shop; shop.show('goods')")

    shop.make_tests()

    assert shop.report()["calls"]["test"] == 2
    assert all(f'"{content}\\n"' in shop.generated("shop_show") for content in ("tea", "cake"))


def test_one_file_for_all(recorded, tmp_path) -> None:
    shop = recorded.copied(tmp_path)
    result = shop.callbox("gen", "-q", "-o", "tests/test_all.py")

    assert result.returncode == 0, result.stderr
    assert [path.name for path in shop.folder.glob("tests/*")] == ["test_all.py"]
    assert shop.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_all.py").returncode == 0


@pytest.mark.parametrize(
    ("functions", "files"),
    [
        (["shop.Order"], ["order_add", "order_init", "order_lt", "order_total"]),
        (["shop.Order", "!shop.Order.__*"], ["order_add", "order_total"]),
        (["shop.w*", "shop.greet"], ["greet", "words"]),
    ],
)
def test_functions_are_named_as_for_a_recording(recorded, tmp_path, functions, files) -> None:
    shop = recorded.copied(tmp_path)
    options = [word for name in functions for word in ("-f", name)]

    result = shop.callbox("gen", "-q", "--no-verify", *options)

    assert result.returncode == 0, result.stderr
    written = sorted(path.stem for path in shop.folder.glob("tests/generated/test_*.py"))
    assert written == [f"test_shop_{name}" for name in files]


def test_function_that_no_call_is_of_is_named(recorded) -> None:
    result = recorded.callbox("gen", "-f", "shop.nothing")

    assert result.returncode == 3
    assert "has no calls of shop.nothing: record some" in result.stderr


def test_no_calls_is_nothing_found(project) -> None:
    result = project.callbox("gen")

    assert result.returncode == 3
    assert "record some by callbox record" in result.stderr


def test_clock_is_not_frozen_for_a_test_that_fails_after_others(project) -> None:
    project.write(
        diary="""
            pages = []

            def write(page):
                pages.append(page)

            def count():
                return len(pages)
            """,
        main="""
            import diary
            diary.count()
            for n in range(4): diary.write(n)
            """,
    )
    project.callbox("record", "-q", "diary.*", "--", "main.py")

    result = project.callbox("gen", "--json")

    report = json.loads(result.stdout)
    assert report["calls"]["test"] == 4
    assert [path.rpartition("/")[2] for path in report["files"]] == ["test_diary_write.py"]
    assert project.python("-m", "pytest", "-q", "-p", "no:cacheprovider").returncode == 0
    assert [row["reason"] for row in report["reasons"]] == ["quarantined: beside the others: assert # == #"]
    assert "time" not in "".join(p.read_text() for p in project.folder.glob("tests/generated/*.py"))
