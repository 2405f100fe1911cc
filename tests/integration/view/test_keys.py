"""What each key of the page does, and what moves with what."""

from __future__ import annotations

import pytest
from tests.support.viewing import FLAMES, SPAN, bar_place, flame_place, search, settle, until


@pytest.fixture
def page(browser, address):
    """The page of `kitchen.cbx`, from the server."""
    yield browser.open(address)
    assert browser.complaints == []


def test_digits_choose_a_view(page) -> None:
    settle(page)

    shown = []
    for digit in "23451":
        page.keyboard.press(digit)
        page.wait_for_selector("[aria-selected=true]")
        shown.append(page.inner_text("[aria-selected=true]").split("\n")[0])

    assert shown == ["Flame graph", "Hotspots", "Call graph", "Exceptions", "Time line"]


def test_double_click_zooms_into_a_call(page) -> None:
    x, y = bar_place(page, "bar.label === 'shift'")
    before = page.evaluate(SPAN)

    page.mouse.dblclick(x, y)

    until(page, f"{SPAN} < {before}")
    page.keyboard.press("Home")
    until(page, f"{SPAN} >= {before}")
    assert page.evaluate(f"{SPAN} >= callboxPage.timeline.time.duration")


def test_next_and_previous_call_of_a_search(page) -> None:
    settle(page)
    search(page, "bake")
    first = page.evaluate("callboxPage.selection.row")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    until(page, f"callboxPage.selection.row !== {first}")

    page.keyboard.press("Shift+N")

    until(page, f"callboxPage.selection.row === {first}")
    assert page.inner_text("#details h2").startswith("bake")


def test_steps_that_are_asked_for_at_once_are_taken_one_after_the_other(page) -> None:
    settle(page)
    page.fill("#search", "bake")
    page.evaluate("callboxPage.search.step(false)")
    first = page.evaluate("callboxPage.selection.row")

    page.evaluate("Promise.all([false, true].map((backwards) => callboxPage.search.step(backwards)))")

    assert page.evaluate("callboxPage.selection.row") == first


def test_escape_closes_details_and_ends_the_search(page) -> None:
    settle(page)
    page.fill("#search", "bake")
    page.keyboard.press("Enter")
    page.wait_for_selector("#details h2 >> text=bake")

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    assert page.input_value("#search") == ""
    assert page.query_selector("#details h2") is None or not page.is_visible("#details h2")


def test_backspace_leaves_a_flame_graph_one_level_up(page) -> None:
    page.keyboard.press("2")
    graph = f"{FLAMES}[0]"
    until(page, f"{graph}.bars.drawn.some((bar) => bar.label === 'shift')")
    page.mouse.click(*flame_place(page, "shift"))
    until(page, f"{graph}.root > 0")
    above = page.evaluate(f"{graph}.nodes.get({graph}.root).parent")
    page.focus(".view:not([hidden]) canvas")

    page.keyboard.press("Backspace")

    until(page, f"{graph}.root === {above}")
    assert page.evaluate(f"{graph}.bars.drawn.length") > 1


def test_two_time_lines_move_together(browser, pair_address) -> None:
    page = browser.open(pair_address)
    settle(page)
    before = page.evaluate("callboxPage.timeline.lines.map((line) => line.nsPerPx)")

    page.keyboard.press("w")
    page.keyboard.press("w")
    settle(page)

    after = page.evaluate("callboxPage.timeline.lines.map((line) => line.nsPerPx)")
    assert len(after) == 2
    assert after[0] == after[1]
    assert after[0] < before[0]
