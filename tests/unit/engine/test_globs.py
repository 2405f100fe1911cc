"""Which modules a filter selects, by the Python matcher and by its C twin."""

from __future__ import annotations

import pytest
from fuzz.corpus import read_corpus, saved_path
from hypothesis import given
from hypothesis import strategies as st

from callbox import _core
from callbox.engine.globs import find_deciding, is_negated, is_selected, matches

module_names = st.text(alphabet="ab.é_", max_size=8) | st.sampled_from(["callbox", "callbox.cli", "callboxes", "a.b"])
globs = st.text(alphabet="ab.é*?[]", min_size=1, max_size=8)
patterns = st.lists(st.builds("{}{}".format, st.sampled_from(["", "!"]), globs), max_size=4)


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("app", "app"),
        ("*", "app.models"),
        ("*", ""),
        ("app.*", "app.models"),
        ("app.*", "app.models.user"),
        ("app.*", "app"),
        ("*.models", "app.models"),
        ("a?p", "app"),
        ("a??", "a.b"),
        ("?", "é"),
        ("*a*b*", "xaxbx"),
        ("*.*", "app"),
        ("[ab]", "[ab]"),
    ],
)
def test_glob_matches(glob, name) -> None:
    assert matches(glob, name)


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("app", "app.models"),
        ("app", "apps"),
        ("app.*", "apps"),
        ("app.*", "my.app.models"),
        ("*.models", "models"),
        ("?", ""),
        ("??", "é"),
        ("[ab]", "a"),
        ("App", "app"),
        (".*", ""),
        ("*a*b", "ba"),
    ],
)
def test_glob_does_not_match(glob, name) -> None:
    assert not matches(glob, name)


def test_many_stars_take_no_exponential_time() -> None:
    assert not matches("*a" * 200 + "b", "a" * 2_000)


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    [
        ([], "anything", True),
        (["app.*"], "app.models", True),
        (["app.*"], "other", False),
        (["!app.*"], "other", True),
        (["!app.*"], "app", False),
        (["!app.*", "!lib"], "other", True),
        (["app.*", "!app.tests.*"], "app.tests.unit", False),
        (["app.*", "!app.tests.*", "app.tests.unit"], "app.tests.unit", True),
        (["!app.tests", "app.*"], "app.tests", True),
        (["app", "!lib"], "other", False),
    ],
)
def test_last_match_decides_and_only_negations_mean_everything_else(patterns, name, expected) -> None:
    assert is_selected(patterns, name) is expected


@pytest.mark.parametrize("patterns", [[], ["*"], ["callbox.*"], ["callbox"], ["!other"]])
@pytest.mark.parametrize("name", ["callbox", "callbox.engine.globs"])
def test_callbox_is_never_selected(patterns, name) -> None:
    assert not is_selected(patterns, name)


def test_module_that_only_begins_like_callbox_is_selected() -> None:
    assert is_selected(["callboxes"], "callboxes")


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    [
        ([], "builtins", False),
        (["app"], "builtins", False),
        (["app", "!builtins"], "builtins", True),
        (["!builtins", "b*"], "builtins", False),
        (["app"], "callbox._core", True),
    ],
)
def test_negated_means_excluded_by_name(patterns, name, expected) -> None:
    assert is_negated(patterns, name) is expected


def test_deciding_pattern_is_the_last_that_matches() -> None:
    filters = ["a*", "!b*", "*a", "!c"]

    assert [find_deciding(filters, name) for name in ("ab", "ba", "b", "c", "d")] == [0, 2, 1, 3, None]


@given(patterns, module_names)
def test_c_twin_selects_the_same(patterns, name) -> None:
    assert _core.is_selected(patterns, name) is is_selected(patterns, name)


@pytest.mark.parametrize("data", read_corpus(saved_path("filters")))
def test_saved_inputs_are_decided_alike(data) -> None:
    name, *chosen = data.decode("utf-8", "replace").replace("\0", "").split("\n")

    assert _core.is_selected(chosen, name) is is_selected(chosen, name)
