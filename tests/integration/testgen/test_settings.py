"""Calls that depend on what an earlier call has set in a variable of the project."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

WORDS = """
    import threading

    _WORDS = {None: {"one": "one"}, "de": {"one": "eins"}, "fr": {"one": "un"}, "it": {"one": "uno"}}
    _current = threading.local()
    _level = 0
    _tax = 0

    def activate(language):
        _current.language = language

    def deactivate():
        _current.language = None

    def word(key):
        return _WORDS[getattr(_current, "language", None)][key]

    def shout(key):
        return word(key) + "!" * _level

    def become(level):
        global _level
        _level = level

    def reset():
        global _tax
        _tax = 0

    def taxed(price):
        return price + _tax
"""
MAIN = """
    import words

    words.word("one")
    for language in ("de", "fr"):
        words.activate(language)
        words.word("one")
    words.deactivate()
    words._current.language = "it"
    words.word("one")
    words.deactivate()
    words.become(2)
    words.shout("one")
    words._level = 0
    words._tax = 5
    words.taxed(1)
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    project = record_project("words", "--", "main.py", words=WORDS, main=MAIN)
    project.make_tests()
    return project


def text(made: Project, name: str) -> str:
    return made.generated(f"words_{name}")


def test_tests_pass_in_any_order(made) -> None:
    done = made.python("-m", "pytest", "-q", "-p", "no:callbox", "tests/generated")

    assert done.returncode == 0, done.stdout


def test_what_was_set_before_is_set_by_the_call_that_did_it_and_undone(made) -> None:
    assert (
        text(made, "word").partition("\n\n\n")[2]
        == """\
def test_word():
    assert word("one") == "one"


@pytest.mark.parametrize(
    ("key", "language", "expected"),
    [
        ("one", "fr", "un"),
        ("one", "it", "uno"),
        ("one", "de", "eins"),
    ],
)
def test_word_after_activate(key, language, expected, request):
    request.addfinalizer(deactivate)
    activate(language)

    assert word(key) == expected
"""
    )


def test_what_a_call_sets_is_asserted_and_undone(made) -> None:
    assert """\
def test_activate(language, language_after, request):
    request.addfinalizer(deactivate)

    activate(language)
    assert words._current.language == language_after
""" in text(made, "activate")


def test_what_no_call_undoes_is_put_back_by_monkeypatch(made) -> None:
    assert """\
    monkeypatch.setattr("words._level", 0)
    become(2)

    assert shout("one") == "one!!"
""" in text(made, "shout")


def test_what_no_call_sets_is_set_by_monkeypatch(made) -> None:
    assert """\
def test_taxed_with_tax(monkeypatch):
    monkeypatch.setattr("words._tax", 5)

    assert taxed(1) == 6
""" in text(made, "taxed")


def test_variable_may_hold_quotation_marks(project) -> None:
    project.write(marks='_mark = "«raw»"\n\ndef put(mark):\n    global _mark\n    _mark = mark\n')
    project.record("marks.put", "--", "-c", "import marks; marks.put('«')")

    project.make_tests("--no-verify")

    assert r'monkeypatch.setattr("marks._mark", "\xabraw»")' in project.generated("marks_put")
    assert project.python("-m", "pytest", "-q", "-p", "no:cacheprovider").returncode == 0


@pytest.mark.parametrize("begin", ["callbox.testgen.install('shop.double')", "callbox.testgen.trace()(shop.double)"])
def test_setting_that_makes_no_sense_is_told_where_recording_begins(project, begin) -> None:
    project.write(
        shop="def double(n): return n + n",
        main=f"""
        import callbox, callbox.testgen, shop
        try:
            {begin}
        except callbox.CallboxError as error:
            print(error)
        print(shop.double(2))
        """,
    )

    ran = project.python("main.py", CALLBOX_NONSENSE="1")

    told, answer = ran.stdout.splitlines()
    assert told.startswith("unknown environment variable CALLBOX_NONSENSE")
    assert (answer, ran.stderr) == ("4", "")
