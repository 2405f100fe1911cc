"""How far a run may go, and what makes two runs of the same code the same."""

from __future__ import annotations

import msgspec

DEFAULT_TIMEOUT_S = 60.0
"""ASV's own."""


class Settings(msgspec.Struct, frozen=True):
    """Settings of the processes that benchmarks run in.

    Attributes:
        seed: for `random`, NumPy's legacy generator and whatever asks the system for randomness.
        hash_seed: PYTHONHASHSEED.
        frozen_time: what `time.time()` and `datetime.now()` give, ISO 8601 with a zone; monotonic clocks run.
        timeout_s: seconds for one case, unless the benchmark states its own; for importing a module too.
        memory_bytes: a process may have so much data; 0 for no limit.
        with_deepest: keep also the result of the deepest call that has one.
        with_trace: keep a box of the calls with their values.
    """

    seed: int = 20_240_229
    hash_seed: int = 0
    frozen_time: str = "2024-02-29T12:00:00+00:00"
    timeout_s: float = DEFAULT_TIMEOUT_S
    memory_bytes: int = 4 << 30
    with_deepest: bool = False
    with_trace: bool = False


class Request(msgspec.Struct, frozen=True):
    """What is asked of a run.

    Attributes:
        index: of the combination of parameters.
        settings: of the process.
        pickled: globs of classes whose instances may be pickled.
        known: digests whose data are not wanted again.
        is_repeated: execute the body a second time, to compare the work.
    """

    index: int
    settings: Settings
    pickled: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    is_repeated: bool = False
