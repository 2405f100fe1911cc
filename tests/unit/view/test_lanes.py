from __future__ import annotations

from callbox.view.lanes import find_lanes


def test_threads_are_lanes_in_their_order(shop) -> None:
    lanes = find_lanes(shop.events, shop.tree)

    described = [lane.describe(shop.tree) for lane in lanes]
    assert [(lane["kind"], lane["thread"], lane["levels"]) for lane in described] == [
        ("thread", "MainThread", 3),
        ("thread", "worker", 1),
    ]
    assert (described[1]["start"], described[1]["end"]) == (1_000, 3_000)


def test_tasks_are_lanes_from_level_0_on(tasks) -> None:
    thread, first, second = find_lanes(tasks.events, tasks.tree)

    assert (thread.kind, thread.n_levels) == ("thread", 2)
    assert [(lane.kind, lane.number, lane.n_levels) for lane in (first, second)] == [("task", 1, 1), ("task", 2, 1)]
    assert (first.track.start_ns.tolist(), first.track.end_ns.tolist()) == ([1_000, 5_000], [2_000, 6_000])


def test_calls_of_a_task_that_wait_are_known_from_begin_to_end(tasks) -> None:
    thread, first, _ = find_lanes(tasks.events, tasks.tree)

    waits = first.waits
    assert thread.waits is None
    assert waits is not None
    assert (waits.start_ns.tolist(), waits.end_ns.tolist()) == ([1_000], [6_000])
