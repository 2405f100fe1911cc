"""What of a change of times is noise."""

from __future__ import annotations

import numpy as np

from callbox.tracing.timing import Times, find_noise, find_time_changes

N_FUNCTIONS = 20
N_CALLS = 200


def times(seed: int, *, factor: float = 1.0, slow: dict[int, float] | None = None, n_calls: int = N_CALLS) -> Times:
    """Times of a run of 20 functions, about 1 µs a call, log-normal as times of calls are."""
    labels = np.repeat(np.arange(N_FUNCTIONS), n_calls)
    samples = np.random.default_rng(seed).lognormal(np.log(1000), 0.3, len(labels)) * factor
    for label, by in (slow or {}).items():
        samples[labels == label] *= by
    return Times.of(labels, samples.astype(np.int64), N_FUNCTIONS)


def test_means_and_variances_are_those_of_each_function() -> None:
    found = Times.of(np.array([0, 0, 2]), np.array([10, 20, 7]), 3)

    assert found.counts.tolist() == [2, 0, 1]
    assert found.means.tolist() == [15.0, 0.0, 7.0]
    assert found.variances.tolist() == [50.0, 0.0, 0.0]


def test_runs_that_differ_by_chance_have_no_changes() -> None:
    found = [find_time_changes(times(seed), times(seed + 1000))[0].tolist() for seed in range(100)]

    assert [labels for labels in found if labels] == []


def test_slower_and_faster_functions_are_found_the_heaviest_first() -> None:
    labels, noise = find_time_changes(times(1), times(2, slow={3: 1.5, 7: 4.0, 9: 0.4}))

    assert labels.tolist() == [7, 9, 3]
    assert (noise < 500).all()


def test_machine_that_is_slower_as_a_whole_makes_no_function_slow() -> None:
    labels, _ = find_time_changes(times(1), times(2, factor=1.3))

    assert labels.tolist() == []


def test_noise_grows_with_the_spread_of_calls() -> None:
    quiet = Times(np.array([100]), np.array([1000.0]), np.array([10.0**2]))
    loud = Times(np.array([100]), np.array([1000.0]), np.array([9000.0**2]))

    assert find_noise(loud, loud)[0] > 3 * find_noise(quiet, quiet)[0]


def test_single_call_says_little() -> None:
    before, after = times(1, n_calls=1), times(2, n_calls=1, slow={3: 2.0})

    assert find_time_changes(before, after)[0].tolist() == []


def test_change_without_weight_is_none() -> None:
    before = Times(np.array([100, 100]), np.array([1e9, 1.0]), np.array([0.0, 0.0]))
    after = Times(np.array([100, 100]), np.array([1e9, 90.0]), np.array([0.0, 0.0]))

    assert find_time_changes(before, after)[0].tolist() == []
