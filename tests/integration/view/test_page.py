"""What a person does with the page, in a real Chromium."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from tests.support.captures import SLOT, CaptureBuilder
from tests.support.viewing import FLAMES, LABELS, LINE, MATCHES, SPAN, bar_place, flame_place, search, settle, until

from callbox.model import EventKind
from callbox.recording import Recording


@pytest.fixture
def page(browser, address):
    """The page of `kitchen.cbx`, from the server."""
    yield browser.open(address)
    assert browser.complaints == []


@pytest.fixture(params=["served", "file"])
def any_page(request, browser, address, file_address):
    """The page of `kitchen.cbx`, from the server and from a file."""
    yield browser.open(address if request.param == "served" else file_address)
    assert browser.complaints == []


def test_page_opens_with_the_calls_of_every_thread(any_page) -> None:
    settle(any_page)

    assert any_page.title() == "kitchen.cbx · callbox"
    assert {"<module __main__>", "shift"} <= set(any_page.evaluate(LABELS))
    assert any_page.evaluate(f"{LINE}.lanes.lanes.map((lane) => lane.title)") == ["MainThread", "cook"]


def test_page_asks_nobody_but_its_own_server(any_page, browser) -> None:
    any_page.keyboard.press("4")
    any_page.wait_for_selector(".graph svg")

    hosts = {re.sub(r"^(\w+://[^/]*).*", r"\1", url, flags=re.DOTALL) for url in browser.requested}
    assert all(re.match(r"(http://127\.0\.0\.1:\d+|file://|data:|blob:)", host) for host in hosts), hosts


def test_wheel_with_control_zooms_to_the_pointer(page) -> None:
    settle(page)
    x, y = bar_place(page, "bar.label === 'shift'")
    before = page.evaluate(SPAN)
    time_below = f"callboxPage.timeline.time.start + {{x}} * {LINE}.nsPerPx"
    at = page.evaluate(time_below.format(x=x))

    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    until(page, f"{SPAN} < {before} / 2")

    assert page.evaluate(time_below.format(x=x)) == pytest.approx(at, rel=1e-6)


def test_zooming_in_tells_calls_apart(any_page) -> None:
    settle(any_page)
    search(any_page, "knead")
    any_page.evaluate(
        "callboxPage.timeline.time.frame(callboxPage.selection.start, callboxPage.selection.start + 2000)"
    )
    settle(any_page)

    until(any_page, f"{LABELS}.includes('knead')")
    assert any_page.evaluate("callboxPage.timeline.lines[0].bars.drawn.some((bar) => bar.isSelected)")


def test_drag_and_keys_move_through_time(page) -> None:
    settle(page)
    x, y = bar_place(page, "bar.label === '<module __main__>'")
    page.keyboard.press("w")
    page.keyboard.press("w")
    before = page.evaluate("callboxPage.timeline.time.start")

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 150, y, steps=4)
    page.mouse.up()
    dragged = page.evaluate("callboxPage.timeline.time.start")
    page.keyboard.press("d")
    moved = page.evaluate("callboxPage.timeline.time.start")
    page.keyboard.press("0")

    assert dragged < before
    assert moved > dragged
    assert page.evaluate(f"{SPAN} >= callboxPage.timeline.time.duration")


def test_threads_fold_and_are_gone_to_by_keys(page) -> None:
    settle(page)
    page.set_viewport_size({"width": 1300, "height": 300})
    settle(page)
    page.keyboard.press("]")
    top_of_second = page.evaluate(f"{LINE}.lanes.lanes[1].top")
    scrolled = page.evaluate(f"{LINE}.top")
    page.keyboard.press("f")
    settle(page)

    assert 0 < scrolled <= top_of_second
    assert page.evaluate(f"{LINE}.bars.drawn.length") == 0
    assert page.evaluate(f"{LINE}.top") == 0


def test_search_marks_functions_and_steps_through_their_calls(page) -> None:
    settle(page)
    page.fill("#search", "bake")
    settle(page)
    until(page, "callboxPage.timeline.lines[0].bars.drawn.some((bar) => bar.isMatch)")
    page.keyboard.press("Enter")
    page.wait_for_selector("#details h2 >> text=bake")
    first = page.evaluate("callboxPage.selection")
    page.keyboard.press("Enter")
    until(page, f"callboxPage.selection.row !== {first['row']} && callboxPage.selection.start !== undefined")

    assert page.inner_text("#search-count") == "1"
    assert page.evaluate("callboxPage.selection.start") > first["start"]
    assert page.evaluate(f"{MATCHES}.length > 0 && {MATCHES}.every((bar) => !bar.isDimmed)")


def test_call_shows_arguments_result_and_callers(any_page) -> None:
    x, y = bar_place(any_page, "bar.label === 'shift'")
    any_page.mouse.click(x, y)
    any_page.wait_for_selector("#details h2 >> text=shift")
    any_page.click("#details .links button >> text=bake >> nth=0")
    any_page.wait_for_selector("#details h2 >> text=bake")

    values = [value.inner_text().split("\n") for value in any_page.query_selector_all("#details .value")]
    assert values == [
        ["oven", "Oven(name='large')"],
        ["kind", "'</script><b>tart</b>'"],
        ["returned", "{'cake': '</script><b>tart</b>', 'layers': [1, 2, 3]}"],
    ]
    assert any_page.inner_text("#details .links >> nth=0").startswith("shift")


def test_exception_leads_to_the_call_that_raised(page) -> None:
    page.keyboard.press("5")
    page.wait_for_selector(".flights li")
    text = page.inner_text(".flights li >> nth=0")
    page.click(".flights li >> nth=0")
    page.wait_for_selector("#details h2 >> text=Oven.heat")

    assert "ValueError('too hot', 300)" in text
    assert "left Oven.heat into burn" in text
    assert page.inner_text("#details .value.raised code") == "ValueError('too hot', 300)"


def test_call_shows_what_it_changed_and_the_variables_it_left(any_page) -> None:
    any_page.keyboard.press("5")
    any_page.wait_for_selector(".flights li")
    any_page.click(".flights li >> nth=0")
    any_page.wait_for_selector("#details h2 >> text=Oven.heat")
    left = section_values(any_page, "Variables when it raised")
    any_page.click("#details .links button >> text=burn >> nth=0")
    any_page.wait_for_selector("#details h2 >> text=burn")

    assert left == [["self", "Oven(name='small')"], ["degrees", "300"]]
    assert section_values(any_page, "Arguments it changed") == [["notes", "['burnt']"]]


def section_values(page, title: str) -> list[list[str]]:
    found = page.query_selector_all(f"#details section:has(h3:text-is('{title}')) .value")
    return [value.inner_text().split("\n") for value in found]


def test_search_marks_exceptions_by_the_functions_they_left(page) -> None:
    page.keyboard.press("5")
    page.wait_for_selector(".flights li")
    page.fill("#search", "knead")
    dimmed = page.eval_on_selector_all(".flights li", "items => items.map((item) => item.className)")
    page.fill("#search", "heat")
    found = page.eval_on_selector_all(".flights li", "items => items.map((item) => item.className)")

    assert (dimmed, found) == (["dimmed"], [""])


def test_secret_is_on_no_page(page) -> None:
    page.fill("#search", "burn")
    page.keyboard.press("Enter")
    page.wait_for_selector("#details h2 >> text=burn")

    assert "redacted" in page.inner_text("#details .value code")
    assert "hunter2" not in page.content()


def test_tasks_have_lanes_from_their_coroutine_on(page) -> None:
    page.click("button >> text=Tasks")
    settle(page)

    titles = page.evaluate("callboxPage.timeline.lines[0].lanes.lanes.map((lane) => lane.title.replace(/\\d+/, 'N'))")
    assert titles.count("Task N: serve") == 3


def test_hotspots_sort_by_any_column(page) -> None:
    page.keyboard.press("3")
    page.wait_for_selector("tbody tr")
    page.click("th button >> text=Calls")
    by_calls = page.inner_text("tbody tr >> nth=0")
    page.click("th button >> text=Function")
    names = [cell.inner_text() for cell in page.query_selector_all("tbody .named b")]

    assert "knead" in by_calls or "<genexpr>" in by_calls
    assert names == sorted(names, key=str.lower)


def test_flame_graph_looks_below_a_function_and_back(page) -> None:
    page.keyboard.press("2")
    graph = f"{FLAMES}[0]"
    until(page, f"{graph}.bars.drawn.some((bar) => bar.label === 'shift')")
    page.mouse.click(*flame_place(page, "shift"))
    until(page, f"{graph}.root > 0")
    page.wait_for_selector("#details h2 >> text=shift")
    below = page.evaluate(f"{graph}.nodes.get({graph}.root).children.length")
    page.keyboard.press("Escape")
    page.focus(".view:not([hidden]) canvas")
    page.keyboard.press("0")
    until(page, f"{graph}.root === 0")

    assert below == 2  # bake and Oven.__init__


def test_call_graph_is_drawn_and_names_functions(page) -> None:
    page.keyboard.press("4")
    page.wait_for_selector(".graph svg g.node")
    nodes = [node.text_content() for node in page.query_selector_all(".graph g.node")]
    page.click(".graph g.node >> text=knead")
    page.wait_for_selector("#details h2 >> text=knead")

    assert any("Oven.heat" in node for node in nodes)
    assert page.evaluate("getComputedStyle(document.querySelector('.graph .node path')).fill") != "rgb(0, 0, 0)"


def test_theme_changes_with_a_key(page) -> None:
    settle(page)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)

    page.keyboard.press("t")

    assert page.evaluate(colour) != light
    assert page.evaluate("callboxPage.palette.isDark")


def test_page_follows_the_scheme_of_the_system(browser, address) -> None:
    assert browser.open(address, scheme="dark").evaluate("callboxPage.palette.isDark")


def test_keys_are_listed(page) -> None:
    page.keyboard.press("?")

    assert "zoom in and out" in page.inner_text("#keys")


def test_two_recordings_stand_side_by_side(browser, pair_address) -> None:
    page = browser.open(pair_address)
    settle(page)
    n_stages = len(page.query_selector_all(".timeline"))
    page.keyboard.press("3")
    page.wait_for_selector("tbody tr")
    page.fill("#search", "shift")
    cells = [cell.inner_text() for cell in page.query_selector_all("tbody tr:first-child td")]
    page.fill("#search", "bake")
    calls = [cell.inner_text() for cell in page.query_selector_all("tbody tr:first-child td")][5:7]

    assert n_stages == 2
    assert cells[5:7] == ["1", "1"]
    assert calls == ["6", "33"]
    assert browser.complaints == []


def test_flame_graphs_are_coloured_by_difference(browser, pair_address) -> None:
    page = browser.open(pair_address)
    page.keyboard.press("2")
    until(page, f"{FLAMES}.every((graph) => graph.bars.drawn.length > 3)")
    page.click("button >> text=By difference")
    fill = f"{FLAMES}[1].bars.drawn.find((bar) => bar.label === 'bake').fill"
    until(page, f"{fill}.startsWith('oklch')")

    hue_of_slower = " 35)"
    assert page.evaluate(fill).endswith(hue_of_slower)


def test_recording_without_values_says_how_to_get_them(browser, start_view) -> None:
    with start_view("plain.cbx") as (_, address):
        page = browser.open(address)
        x, y = bar_place(page, "bar.label === 'shift'")
        page.mouse.click(x, y)
        page.wait_for_selector("#details h2 >> text=shift")

        assert "Not recorded: record with --mode trace." in page.inner_text("#details")


def test_page_says_when_its_server_has_ended(browser, start_view) -> None:
    with start_view("plain.cbx") as (_, address):
        page = browser.open(address)
        settle(page)
    page.keyboard.press("3")
    page.wait_for_selector("#notes .failure")

    assert "callbox view has ended" in page.inner_text("#notes")


def test_page_does_not_go_on_asking_a_server_that_has_ended(browser, address) -> None:
    page = browser.open(address)
    settle(page)
    page.route("**/api/**", lambda route: route.abort())
    page.set_viewport_size({"width": 640, "height": 500})
    page.wait_for_selector("#notes .failure")
    page.wait_for_timeout(300)
    browser.requested.clear()
    page.wait_for_timeout(300)

    assert browser.requested == []


@pytest.fixture
def million() -> Recording:
    """A recording of a million calls: `main` calls `outer`, which calls `inner` nine times, over and over."""
    builder = CaptureBuilder()
    main, outer, inner = (builder.function(name) for name in ("main", "outer", "inner"))
    builder.thread().call(main, at=0)
    capture = builder.build()
    start, n_rounds = 1_000, 100_000
    [ticks] = {SLOT.unpack(capture.threads[0].segments[0])[0]}
    kinds = [
        (EventKind.CALL, outer),
        *[(EventKind.CALL, inner), (EventKind.RETURN, inner)] * 9,
        (EventKind.RETURN, outer),
    ]
    words = np.array([kind | function.id << 8 for kind, function in kinds], "<u4")
    slots = np.empty((n_rounds * len(words), 2), "<u4")
    slots[:, 0] = ticks + start + np.arange(len(slots)) * 100
    slots[:, 1] = np.tile(words, n_rounds)
    thread = capture.threads[0]
    filled = dataclasses.replace(thread, segments=(*thread.segments, slots.tobytes()), n_events=1 + len(slots))
    return Recording(dataclasses.replace(capture, threads=(filled,)))


def test_million_calls_are_few_bars_at_any_zoom(browser, serve, million) -> None:
    page = browser.open(serve(million))
    settle(page)
    n_bars = page.evaluate("callboxPage.timeline.lines[0].bars.drawn.length")
    page.evaluate("callboxPage.timeline.time.frame(100_000_000, 100_002_000)")
    settle(page)
    labels = page.evaluate(LABELS)

    assert len(million.tree.calls) == 1_000_001
    assert 3 < n_bars < 5_000
    assert labels.count("main") == 1
    assert 5 <= labels.count("inner") <= 60
    assert browser.complaints == []
