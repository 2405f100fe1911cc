"""Whether functions became slower: times of two runs, and how much of their change may be noise.

Calls of one function vary within a run; runs vary as wholes, by clock, caches and neighbours. The first is known from
the calls. The second is estimated from the functions themselves: most of them did not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_SIGMAS = 4.0
"""How improbable a change must be to count: one in 16,000 if errors were normal; they have longer tails."""
MIN_SHARE = 0.01
"""How much of all time a change must win or lose to count."""

_MIN_RUN_NOISE = 0.03
_DEFAULT_RUN_NOISE = 0.25
_MIN_CALLS = 10
_MIN_FUNCTIONS = 8
_SIGMAS_PER_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Times:
    """Self times of calls, summed by function; columns of shape `(n_functions,)`."""

    counts: NDArray[np.int64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int64], self_ns: NDArray[np.int64], n_functions: int) -> Times:
        """Sum by label."""
        times = self_ns.astype(np.float64)
        counts = np.bincount(labels, minlength=n_functions)
        least = np.maximum(counts, 1)
        means = np.bincount(labels, times, minlength=n_functions) / least
        # About the mean: the difference of squares would cancel.
        squares = np.bincount(labels, (times - means[labels]) ** 2, minlength=n_functions)
        return cls(counts, means, squares / np.maximum(counts - 1, 1))


def find_noise(before: Times, after: Times) -> NDArray[np.float64]:
    """Return how much the mean of each function may differ by chance, in nanoseconds.

    Means vary with the calls' standard error, and all of a run by a factor. That factor's spread is taken from
    functions of ten calls and more on both sides: how far their ratios lie from one, by the median and the median
    absolute deviation, which what really changed hardly moves. With less than eight such functions it is 25%.
    """
    relative = _run_noise(before, after)
    within = sum(side.variances / np.maximum(side.counts, 1) for side in (before, after))
    # One call says nothing of its spread: then it may be as large as the call.
    lone = (before.counts == 1) | (after.counts == 1)
    within = np.where(lone, np.maximum(within, np.minimum(before.means, after.means) ** 2 / 4), within)
    noise: NDArray[np.float64] = N_SIGMAS * np.sqrt(within + (relative * before.means) ** 2)
    return noise


def _run_noise(before: Times, after: Times) -> float:
    known = (np.minimum(before.counts, after.counts) >= _MIN_CALLS) & (before.means > 0) & (after.means > 0)
    if np.count_nonzero(known) < _MIN_FUNCTIONS:
        return _DEFAULT_RUN_NOISE
    ratios = np.log(after.means[known] / before.means[known])
    shift = float(np.median(ratios))
    spread = _SIGMAS_PER_MAD * float(np.median(np.abs(ratios - shift)))
    return max(_MIN_RUN_NOISE, float(np.hypot(shift, spread)))


def find_time_changes(before: Times, after: Times) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the functions whose calls became slower or faster.

    Returns:
        Their labels, those first that won or lost most; the noise of every function.
    """
    noise = find_noise(before, after)
    differences = after.means - before.means
    weight = np.abs(differences) * np.minimum(before.counts, after.counts)
    total_ns = float((before.means * before.counts).sum())
    is_changed = (np.abs(differences) > noise) & (weight > MIN_SHARE * total_ns)
    labels = np.flatnonzero(is_changed)
    return labels[np.argsort(-weight[labels], kind="stable")], noise
