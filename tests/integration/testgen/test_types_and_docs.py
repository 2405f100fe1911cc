"""`callbox types` and `callbox docs`, on what a program did."""

from __future__ import annotations

import pytest

from callbox.testgen.documents import HEADING

SHOP = '''
def price(n, rate=0.5):
    """Price."""
    if n < 0:
        raise ValueError(f"negative: {n}")
    return n * rate


def words(text):
    """Split a text.

    Returns:
        Words.
    """
    yield from text.split()


def any_of(value):
    return value


def path():
    r"""Return \\d."""
    return "a\\\\b"


class Order:
    def __init__(self, n):
        self.n = n

    @staticmethod
    def double(n):
        """Double."""
        return 2 * n

    def copy(self):
        return Order(self.n)
'''
MAIN = """
    import shop
    shop.price(2), shop.price(4, 0.25)
    try: shop.price(-1)
    except ValueError: pass
    list(shop.words("a b")), shop.path(), shop.Order.double(4), shop.Order(1).copy()
    for value in (1, "a", b"b", 2.5, None, [1], {"k": 1}): shop.any_of(value)
"""


@pytest.fixture
def recorded(project):
    project.write(shop=SHOP, main=MAIN)
    result = project.callbox("record", "-q", "shop.*", "--", "main.py")
    assert result.returncode == 0, result.stderr
    return project


def test_stub_says_what_was_observed(recorded) -> None:
    result = recorded.callbox("types")

    assert result.returncode == 0, result.stderr
    assert (recorded.folder / "stubs" / "shop.pyi").read_text() == (
        "from collections.abc import Iterator\n"
        "from typing import Any\n"
        "\n"
        "def price(n: int, rate: float = ...) -> float: ...\n"
        "def words(text: str) -> Iterator[str]: ...\n"
        "def any_of(value: Any) -> Any: ...\n"
        "def path() -> str: ...\n"
        "class Order:\n"
        "    def __init__(self, n: int) -> None: ...\n"
        "    @staticmethod\n"
        "    def double(n: int) -> int: ...\n"
        "    def copy(self) -> Order: ...\n"
    )


def test_docstrings_get_examples_that_doctest_runs(recorded) -> None:
    result = recorded.callbox("docs")

    source = (recorded.folder / "shop.py").read_text()
    assert result.returncode == 0, result.stderr
    assert (
        '    """Price.\n'
        "\n"
        f"    {HEADING}\n"
        "        >>> price(2)\n"
        "        1.0\n"
        "        >>> price(4, rate=0.25)\n"
        "        1.0\n"
        "        >>> price(-1)\n"
        "        Traceback (most recent call last):\n"
        "            ...\n"
        "        ValueError: negative: -1\n"
        '    """\n'
    ) in source
    assert recorded.python("-m", "doctest", "shop.py").stdout == ""


def test_second_run_changes_nothing_even_after_a_new_recording(recorded) -> None:
    recorded.callbox("docs")
    once = (recorded.folder / "shop.py").read_text()

    recorded.callbox("docs")
    recorded.callbox("clean", "-y")
    recorded.callbox("record", "-q", "shop.*", "--", "main.py")
    recorded.callbox("docs")

    assert (recorded.folder / "shop.py").read_text() == once


def test_examples_are_taken_out_again(recorded) -> None:
    before = (recorded.folder / "shop.py").read_text()
    recorded.callbox("docs")

    result = recorded.callbox("docs", "--remove")

    assert result.returncode == 0, result.stderr
    assert (recorded.folder / "shop.py").read_text() == before


def test_dry_run_changes_nothing(recorded) -> None:
    before = (recorded.folder / "shop.py").read_text()

    result = recorded.callbox("docs", "--dry-run")

    assert "would change" in result.stdout
    assert (recorded.folder / "shop.py").read_text() == before


def test_marks_in_markdown_are_filled_and_emptied(recorded) -> None:
    page = recorded.folder / "README.md"
    page.write_text("# Shop\n\n<!-- callbox: examples of shop.price -->\n\nEnd.\n")

    recorded.callbox("docs", "-m", "README.md")
    filled = page.read_text()
    recorded.callbox("docs", "-m", "README.md")
    again = page.read_text()
    recorded.callbox("docs", "-m", "README.md", "--remove")

    assert "```pycon\n>>> from shop import price\n>>> price(2)\n1.0\n" in filled
    assert again == filled
    assert page.read_text() == ("# Shop\n\n<!-- callbox: examples of shop.price -->\n<!-- callbox: end -->\n\nEnd.\n")


def test_stub_has_one_class_for_each_and_both_sides_of_a_property(project) -> None:
    rate = "class Rate:\n    pass\n"
    project.write(
        euro=rate,
        pound=rate,
        shop="""
        import euro, pound

        def rates():
            return [euro.Rate(), pound.Rate()]

        class Order:
            @property
            def total(self):
                return 1.5

            @total.setter
            def total(self, value):
                pass

            @property
            def hidden(self):
                pass

            @hidden.setter
            def hidden(self, value):
                pass

            class Line:
                def double(self, n):
                    return 2 * n

            def line(self):
                return self.Line()
        """,
        main="import shop\no = shop.Order()\no.total, o.line().double(1), shop.rates()\no.total = o.hidden = 'x'",
    )
    project.record("shop.*", "--", "main.py")

    assert project.callbox("types").returncode == 0
    assert (project.folder / "stubs" / "shop.pyi").read_text() == (
        "from euro import Rate\n"
        "from typing import Any\n"
        "import pound\n"
        "\n"
        "def rates() -> list[Rate | pound.Rate]: ...\n"
        "class Order:\n"
        "    @property\n"
        "    def total(self) -> float: ...\n"
        "    @total.setter\n"
        "    def total(self, value: str) -> None: ...\n"
        "    @property\n"
        "    def hidden(self) -> Any: ...\n"
        "    @hidden.setter\n"
        "    def hidden(self, value: str) -> None: ...\n"
        "    def line(self) -> Order.Line: ...\n"
        "    class Line:\n"
        "        def double(self, n: int) -> int: ...\n"
    )


@pytest.mark.parametrize(
    ("source", "encoding"),
    [
        ('# coding: latin-1\ndef quote(text):\n    """Caf\xe9."""\n    return text + "\xe9"\n', "latin-1"),
        ('def quote(text):\r\n    """Quote."""\r\n    return text\r\n', "utf-8"),
        ('\ufeffdef quote(text):\n    """Quote."""\n    return text\n', "utf-8"),
        ('def quote(text):\n    """Quote."""\n    return \'"""\' + text\n', "utf-8"),
        ('def quote(text):\n    r"""Quote."""\n    return \'"""\' * (text == "b") + text\n', "utf-8"),
        ('def quote(text):\n\t"""Quote.\n\n\tIt.\n\t"""\n\treturn text\n', "utf-8"),
    ],
    ids=["encoding", "ends_of_lines", "mark", "quotes", "raw_quotes", "tabs"],
)
def test_source_keeps_what_is_its_own(project, source, encoding) -> None:
    path = project.folder / "odd.py"
    path.write_bytes(source.encode(encoding))
    project.record("odd.quote", "--", "-c", "import odd; odd.quote('a'), odd.quote('b')")

    added = project.callbox("docs")
    revised = path.read_bytes().decode(encoding)
    tested = project.python("-m", "doctest", "odd.py", PYTHONIOENCODING="utf-8")
    removed = project.callbox("docs", "--remove")

    assert (added.returncode, removed.returncode) == (0, 0), added.stderr
    assert ">>> quote(" in revised
    assert tested.stdout == ""
    assert path.read_bytes() == source.encode(encoding)


def test_page_without_marks_is_a_mistake(recorded) -> None:
    (recorded.folder / "README.md").write_text("# Shop\n")

    result = recorded.callbox("docs", "-m", "README.md")

    assert result.returncode == 2
    assert "README.md has no mark" in result.stderr


@pytest.mark.parametrize("command", ["types", "docs"])
def test_nothing_recorded_is_nothing_found(project, command) -> None:
    assert project.callbox(command).returncode == 3
