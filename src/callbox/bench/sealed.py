"""Makes a process that runs a benchmark deterministic: seeds, the clock, and the system's randomness."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

from callbox.bench.limits import Settings

ENVIRONMENT = {
    # One thread: sums have one order, and a fork finds no other thread.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    "TZ": "UTC",
}
"""What a process that runs benchmarks is started with, besides PYTHONHASHSEED."""


def preload() -> None:
    """Import what `sealed` will need, so that every child of this process finds it there."""
    with _hidden("pytest"):  # a fixture of time_machine's is made with it, which takes longer than all the rest
        import time_machine  # noqa: F401

    if "numpy" in sys.modules:
        import numpy.random  # noqa: F401  (comes when it is asked for)


@contextlib.contextmanager
def _hidden(name: str) -> Iterator[None]:
    """Have no module of a name, unless it is loaded, as long as the context lasts."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


@contextlib.contextmanager
def sealed(settings: Settings) -> Iterator[None]:
    """Seed and freeze, as long as the context lasts.

    Code that asks the system for randomness gets numbers of a seeded generator:
    `os.urandom` and what stands on it, such as `uuid.uuid4`, `secrets` and
    NumPy's `default_rng()`. Monotonic clocks run on: who waits for them still ends.
    """
    import time_machine

    source = random.Random(settings.seed)
    with contextlib.ExitStack() as stack:
        random.seed(settings.seed)
        stack.enter_context(_replaced(os, "urandom", source.randbytes))
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.random.seed(settings.seed % 2**32)
            stack.enter_context(_replaced(numpy.random.bit_generator, "randbits", source.getrandbits))
        moment = dt.datetime.fromisoformat(settings.frozen_time)
        stack.enter_context(time_machine.travel(moment, tick=False))
        yield


@contextlib.contextmanager
def _replaced(owner: Any, name: str, stand_in: Callable[..., Any]) -> Iterator[None]:
    own = getattr(owner, name)
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        setattr(owner, name, own)
