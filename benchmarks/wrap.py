"""What `callbox.wrap` adds to a call, beside what a decorator in Python adds.

    python benchmarks/wrap.py
    python benchmarks/wrap.py --rounds 201 --calls 50000

Every variant of a call runs once a round, in turn, in one process. What it adds is its
time less the bare call's of the same round, the median over the rounds; a ratio is that
to what the decorator adds.
"""

from __future__ import annotations

import argparse
import functools
import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from racing.machine import describe_machine

from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import wrap

TARGETS = {"disabled": 0.3, "recording": 0.5, "values": math.inf}
"""At most so much of what the decorator adds; values have no goal here."""

N_DEPTHS = 16
"""Rounds run at so many depths of the stack in turn: where CPython must take a new piece of memory for the next
frame, a call costs many times as much, and one more frame moves that place."""

Function = Callable[..., Any]
Loop = Callable[[int], int]
"""Makes so many calls, and returns the nanoseconds they took."""

SOURCE = """
def loop(n):
    started = clock()
    for _ in repeat(None, n):
        {call}
    return clock() - started
"""


@dataclass(frozen=True)
class Case:
    """A function, and how it is called."""

    function: Function
    call: str

    def compile_loop(self, function: Function) -> Loop:
        """Compile a loop of its own around the call: bytecode is specialised to the callable it meets."""
        thing = type("Thing", (), {"function": function})()
        names = {"function": function, "thing": thing, "clock": time.perf_counter_ns, "repeat": repeat}
        exec(SOURCE.format(call=self.call), names)
        loop: Loop = names["loop"]  # type: ignore[assignment]
        return loop


def nothing() -> None:
    return None


def first(value: int, other: int) -> int:
    return value if value else other


CASES = (
    Case(nothing, "function()"),
    Case(first, "function(1, 2)"),
    Case(first, "function(1, other=2)"),
    Case(first, "thing.function(2)"),
    Case(math.sqrt, "function(2.0)"),
)


def decorate(function: Function) -> Function:
    """Pass calls on, as most decorators do."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@contextmanager
def recording(mode: str = "profile") -> Iterator[None]:
    recorder = NativeRecorder(Options(mode=mode, max_events=1 << 16), "wrap")
    recorder.start()
    try:
        yield
    finally:
        recorder.stop()


VARIANTS: Mapping[str, tuple[Callable[[Function], Function], Callable[[], Any]]] = {
    "bare": (lambda function: function, nullcontext),
    "decorator": (decorate, nullcontext),
    "disabled": (wrap, nullcontext),
    "recording": (wrap, recording),
    "values": (wrap, lambda: recording("trace")),
}


def at_depth(depth: int, loop: Loop, n_calls: int) -> int:
    return at_depth(depth - 1, loop, n_calls) if depth > 0 else loop(n_calls)


def measure(case: Case, n_rounds: int, n_calls: int) -> dict[str, float]:
    """Measure one call.

    Returns:
        Nanoseconds: of the bare call, and what each other variant adds to it.
    """
    loops = {name: case.compile_loop(change(case.function)) for name, (change, _) in VARIANTS.items()}
    rounds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for index in range(n_rounds):
        for name, (_, conditions) in VARIANTS.items():
            with conditions():
                loops[name](n_calls // 10)
                rounds[name].append(at_depth(index % N_DEPTHS, loops[name], n_calls) / n_calls)
    bare = rounds.pop("bare")
    added = {name: [t - b for t, b in zip(times, bare, strict=True)] for name, times in rounds.items()}
    return {"bare": statistics.median(bare), **{name: statistics.median(times) for name, times in added.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=96)
    parser.add_argument("--calls", type=int, default=20_000)
    options = parser.parse_args()
    machine = describe_machine()
    print(f"Python {machine['python']} on {machine['cpu']}, load {machine['load']}; ns per call")
    print(f"{'call':22}{'bare':>8}{'decorator':>12}" + "".join(f"{name:>12}{'ratio':>8}" for name in TARGETS))
    gc.disable()
    is_met = True
    for case in CASES:
        ns = measure(case, options.rounds, options.calls)
        ratios = {name: ns[name] / ns["decorator"] for name in TARGETS}
        is_met &= all(ratios[name] <= target for name, target in TARGETS.items())
        columns = "".join(f"{ns[name]:+12.1f}{ratios[name]:8.2f}" for name in TARGETS)
        print(f"{case.call:22}{ns['bare']:8.1f}{ns['decorator']:+12.1f}{columns}", flush=True)
    goals = ", ".join(f"{name} <= {target}" for name, target in TARGETS.items() if target < math.inf)
    print(f"targets ({goals}): {'met' if is_met else 'MISSED'}")


if __name__ == "__main__":
    main()
