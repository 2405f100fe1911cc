from __future__ import annotations

import numpy as np
import pytest

from callbox.tracing.segments import Segments
from callbox.view.lanes import find_lanes
from callbox.view.track import MAX_RECTANGLES, TILE_CELLS, TILE_LEVELS, Track


def track_of(*spans: tuple[int, int, int]) -> Track:
    """Make a track of segments `(start, end, level)`, one row each."""
    start, end, level = (np.array(column) for column in zip(*sorted(spans), strict=True))
    return Track(Segments(start, end, level.astype(np.int32), np.arange(len(start), dtype=np.int32)), 0)


def test_wide_segments_are_rectangles_of_their_own() -> None:
    tile = track_of((0, 100, 0), (10, 40, 1), (50, 90, 1)).tile(0, 0, 0)

    assert tile.level.tolist() == [0, 1, 1]
    assert tile.start_ns.tolist() == [0, 10, 50]
    assert tile.end_ns.tolist() == [100, 40, 90]
    assert tile.n_calls.tolist() == [1, 1, 1]


def test_narrow_segments_of_one_cell_are_drawn_together_as_the_longest() -> None:
    tile = track_of((0, 1, 0), (2, 9, 0), (10, 12, 0), (16, 17, 0)).tile(4, 0, 0)

    assert tile.n_calls.tolist() == [3, 1]
    assert (tile.start_ns[0], tile.end_ns[0]) == (0, 12)
    assert tile.row[0] == 1
    assert tile.longest_ns[0] == 7


def test_tile_has_what_began_before_it_and_still_runs() -> None:
    span = TILE_CELLS
    track = track_of((0, 3 * span, 0), (10, 20, 1), (span - 5, span + 5, 1), (3 * span, 4 * span, 1))

    tile = track.tile(0, 1, 0)

    assert list(zip(tile.level.tolist(), tile.start_ns.tolist(), strict=True)) == [(0, 0), (1, span - 5)]


def test_segments_that_overlap_on_a_level_are_all_found() -> None:
    track = track_of((0, 5 * TILE_CELLS, 0), (10, 20, 0), (TILE_CELLS + 10, TILE_CELLS + 20, 0))

    assert track.tile(0, 1, 0).start_ns.tolist() == [0, 10, TILE_CELLS + 10]


def test_blocks_divide_the_levels() -> None:
    track = track_of(*[(level, 10_000 - level, level) for level in range(TILE_LEVELS + 3)])

    assert len(track.tile(5, 0, 0)) == TILE_LEVELS
    assert track.tile(5, 0, 1).level.tolist() == [TILE_LEVELS, TILE_LEVELS + 1, TILE_LEVELS + 2]
    assert len(track.tile(5, 0, 2)) == 0


def test_tile_never_has_more_rectangles_than_can_be_drawn_quickly() -> None:
    rng = np.random.default_rng(1)
    spans = [(int(start), int(start) + 300, level) for level in range(60) for start in rng.integers(0, 1 << 17, 400)]

    tile = track_of(*spans).tile(8, 0, 0)

    assert 0 < len(tile) <= MAX_RECTANGLES
    assert tile.n_calls.sum() == len(spans)


@pytest.mark.parametrize("zoom", [0, 5, 9, 12, 20])
def test_every_call_is_in_some_tile_at_any_zoom(busy, zoom) -> None:
    recording = busy(500)
    [lane] = find_lanes(recording.events, recording.tree)
    n_tiles = int(lane.track.end_ns.max() // (TILE_CELLS << zoom)) + 1

    rows = [lane.track.tile(zoom, index, 0) for index in range(min(n_tiles, 4_000))]

    calls_that_begin = sum(
        int(tile.n_calls[tile.start_ns >= index * (TILE_CELLS << zoom)].sum()) for index, tile in enumerate(rows)
    )
    assert calls_that_begin == 501


def test_call_is_found_by_its_row() -> None:
    track = track_of((0, 100, 0), (10, 40, 1), (50, 90, 1))

    assert track.at(2, 50) == (1, 50, 90)
    assert track.at(7, 50) is None
