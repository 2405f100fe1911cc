"""How two recordings differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.captures import CaptureBuilder, ThreadBuilder

from callbox.recording import Recording
from callbox.render.difference import Report
from callbox.tracing.difference import Comparison, compare_recordings


def record(play: Callable[[Callable, ThreadBuilder], None], mode: str = "trace") -> Recording:
    """Record a play: it is given a function that makes functions, and a thread."""
    builder = CaptureBuilder(mode=mode)
    known = {}

    def function(name: str, *parameters: str):
        if name not in known:
            known[name] = builder.function(name, parameters=parameters)
        return known[name]

    play(function, builder.thread())
    return Recording(builder.build())


def shop(
    price: int = 3, item: str = "tea", *, extra: bool = False, raises: bool = False, mode: str = "trace"
) -> Recording:
    def play(function, thread) -> None:
        main, sell = function("main"), function("sell", "item")
        thread.call(main).values(item).call(sell)
        _ = thread.unwind(sell) if raises else thread.values(price).ret(sell)
        if extra:
            thread.call(function("log")).values(None).ret(function("log"))
        thread.values(None).ret(main)

    return record(play, mode)


def compare(before: Recording, after: Recording, **comparison) -> Report:
    return compare_recordings(before, after, ("a.cbx", "b.cbx"), Comparison(with_times=False, **comparison))


def spoken(report: Report) -> list[str]:
    return [f"{line.kind} {line.level} {line.text} {line.note}".rstrip() for line in report.lines]


def test_same_recording_twice_has_no_difference() -> None:
    recording = shop()

    report = compare_recordings(recording, recording, ("a.cbx", "a.cbx"))

    assert report.is_equal
    assert report.lines == report.counts == report.times == ()
    assert report.has_values


def test_added_call_is_shown_where_it_was_made() -> None:
    report = compare(shop(), shop(extra=True))

    assert (report.n_added, report.n_removed, report.n_changed) == (1, 0, 0)
    assert spoken(report) == ["same 0 main() → None", "same 1 … 1 call the same", "added 1 log() → None"]
    assert [(c.function, c.before, c.after) for c in report.counts] == [("app.log", 0, 1)]


def test_removed_call_is_shown_where_it_was() -> None:
    report = compare(shop(extra=True), shop())

    assert spoken(report) == ["same 0 main() → None", "same 1 … 1 call the same", "removed 1 log() → None"]


def test_first_other_argument_is_named() -> None:
    report = compare(shop(item="tea"), shop(item="bun"))

    change = report.first_change
    assert change is not None
    assert (change.path, change.call) == (("main",), "sell(item='bun')")
    assert (change.what, change.before, change.after) == ("argument item", "'tea'", "'bun'")
    assert spoken(report)[1] == "changed 1 sell(item='bun') → 3 (argument item was 'tea')"


def test_other_result_is_named() -> None:
    change = compare(shop(price=3), shop(price=4)).first_change

    assert change is not None
    assert (change.what, change.before, change.after) == ("result", "3", "4")


def test_other_outcome_is_named_with_and_without_values() -> None:
    reports = [
        compare(shop(), shop(raises=True)),
        compare(shop(), shop(raises=True), with_values=False),
        compare(shop(mode="profile"), shop(raises=True, mode="profile")),
    ]

    changes = [report.first_change for report in reports]
    assert [(c.what, c.before, c.after) for c in changes if c] == [("outcome", "returned", "raised")] * 3
    assert [report.has_values for report in reports] == [True, False, False]


def test_values_that_are_not_to_be_compared_do_not_differ() -> None:
    assert compare(shop(price=3), shop(price=4), with_values=False).is_equal


def test_values_that_one_recording_lacks_do_not_differ() -> None:
    assert compare(shop(), shop(price=4, mode="profile")).is_equal


def test_values_that_were_overwritten_do_not_differ() -> None:
    whole, cut = shop(item="tea"), shop(item="bun")
    [thread] = cut.capture.threads
    object.__setattr__(thread.values, "head", thread.values.head + thread.values.capacity)

    assert compare(whole, cut).is_equal


def moved(names: list[str]) -> Recording:
    def play(function, thread) -> None:
        thread.call(function("main"))
        for name in names:
            thread.call(function(name)).call(function("inner")).ret(function("inner")).ret(function(name))
        thread.ret(function("main"))

    return record(play, "profile")


def test_moved_call_says_from_where() -> None:
    report = compare(moved(["load", "sort"]), moved(["sort", "load"]))

    assert (report.n_added, report.n_removed, report.n_moved) == (0, 0, 1)
    assert [line for line in spoken(report) if line.startswith("moved")] in (
        ["moved 1 load() (in another order)"],
        ["moved 1 sort() (in another order)"],
    )


def test_subtree_that_was_removed_is_one_line() -> None:
    report = compare(moved(["load", "sort", "page"]), moved(["load", "page"]))

    assert spoken(report) == [
        "same 0 main()",
        "same 1 … 2 calls the same",
        "removed 1 sort() (and 1 call in it)",
        "same 1 … 2 calls the same",
    ]


def test_lines_beyond_the_limit_are_counted() -> None:
    report = compare(moved(["load"] * 3), moved(["sort"] * 3), max_lines=2)

    assert len(report.lines) == 2
    assert report.n_left_out > 0


def test_threads_are_named_where_there_are_several() -> None:
    recordings = []
    for n in (1, 2):
        builder = CaptureBuilder()
        f = builder.function("f")
        builder.thread().call(f).ret(f)
        worker = builder.thread("worker")
        for _ in range(n):
            worker.call(f).ret(f)
        recordings.append(Recording(builder.build()))

    added, removed = compare(*recordings), compare(*reversed(recordings))

    assert "added 0 f() (in worker)" in spoken(added)
    assert "removed 0 f() (in worker)" in spoken(removed)


def test_calls_that_nest_deeper_than_python_may_are_compared() -> None:
    def deep(n: int) -> Recording:
        def play(function, thread) -> None:
            f = function("f")
            for _ in range(n):
                thread.call(f)
            for _ in range(n):
                thread.ret(f)

        return record(play, "profile")

    report = compare(deep(5_000), deep(5_001))

    assert (report.n_added, report.n_removed) == (1, 0)


def test_functions_that_became_slow_are_named() -> None:
    def run(slow_ns: int) -> Recording:
        def play(function, thread) -> None:
            now = 0
            for _ in range(30):
                for number in range(10):
                    f = function(f"f{number}")
                    took_ns = slow_ns if number == 3 else 1_000 + 10 * number
                    thread.call(f, at=now).ret(f, at=now + took_ns)
                    now += took_ns + 100

        return record(play, "profile")

    report = compare_recordings(run(1_000), run(5_000), ("a.cbx", "b.cbx"))

    [change] = report.times
    assert (change.function, change.n_before, change.n_after) == ("app.f3", 30, 30)
    assert change.ratio == pytest.approx(5, rel=0.01)
    assert not report.is_equal
