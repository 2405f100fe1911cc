from __future__ import annotations

import pytest

from callbox.engine.kernels import clock_map
from callbox.model import ClockReading


@pytest.mark.parametrize(
    ("n_ticks", "elapsed_ns", "rate"), [(3_000, 1_500, 0.5), (3_000, 1_000, 1.0), (0, 5_000, 1.0), (-7, 5_000, 1.0)]
)
def test_tick_has_the_length_that_two_readings_tell_unless_they_are_too_close(n_ticks, elapsed_ns, rate) -> None:
    started, ended = ClockReading(100, 7, 1_000), ClockReading(100 + n_ticks, 7 + elapsed_ns, 9_999)

    assert clock_map(started, ended) == (100, 1_000, rate)
