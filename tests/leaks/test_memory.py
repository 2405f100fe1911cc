"""What a recording takes from the system, it gives back."""

from __future__ import annotations

import gc

import pytest

PAGES_PER_RING = (1 << 20) * 8 // 4096


def test_recordings_give_back_their_rings(record, added_pages) -> None:
    added = added_pages(record(max_events=1 << 20), 50)

    assert added < PAGES_PER_RING


def test_a_capture_keeps_its_ring_and_gives_it_back(new, added_pages) -> None:
    captures = []

    def once() -> None:
        recorder = new(max_events=1 << 20)
        recorder.start()
        recorder.stop()
        captures[:] = [recorder.capture()]

    added = added_pages(once, 50)

    assert added < PAGES_PER_RING
    del captures[:]
    gc.collect()


def test_clear_gives_back_the_old_rings(new, added_pages) -> None:
    recorder = new(max_events=1 << 20)
    recorder.start()

    added = added_pages(recorder.clear, 50)
    recorder.stop()

    assert added < 2 * PAGES_PER_RING


@pytest.mark.parametrize("options", [{"c_calls": True}, {"memory": True}, {"max_depth": 2}], ids=str)
def test_extras_cost_no_memory_that_stays(record, added_pages, options) -> None:
    added = added_pages(record(max_events=1 << 16, **options), 200)

    assert added < PAGES_PER_RING // 16
