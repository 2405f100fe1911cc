"""What watching costs: a call that goes well, and a failure with its locals, beside others who do that.

`python benchmarks/failures.py [--instructions] [--json FILE]`; CPU time of this thread, best of several rounds taken in
turn.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from callbox.failures import FailureExtractor
from callbox.failures.capture import capture
from callbox.failures.catch import Catcher
from callbox.failures.decorator import decorate
from callbox.failures.flight import FlightRecorder
from callbox.failures.history import History
from callbox.failures.options import CaptureOptions
from callbox.failures.spool import Spool

ROUNDS = 12
N_CALLS = 20_000
N_FAILURES = 60
OPTIONS = CaptureOptions(include_locals=True)
PLAIN, BY_HAND, WATCHED = "plain", "try/except by hand", "watched, production"
GOAL = 0.3


class Order:
    def __init__(self, price: float, n: int) -> None:
        self.price = price
        self.n = n
        self.tags = ["new", "paid"]


def price(order: Order, rates: dict[str, float], token: str = "not to be seen") -> float:
    total = order.price * order.n
    return total / rates["none"]


def check_out(orders: list[Order], customer: dict[str, Any]) -> float:
    rates = {"none": 0.0, "full": 0.19, "half": 0.07}
    return sum(price(order, rates) for order in orders)


def fail() -> BaseException:
    customer = {"name": "Ada", "mail": "ada@example.com", "visits": list(range(50))}
    try:
        check_out([Order(9.5, 2), Order(1.25, 10)], customer)
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def work(n: int) -> int:
    return n + 1


def hand_written(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what everybody writes: a wrapper with try and except."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception:
            raise

    return run


def hand_written_async(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same for coroutine functions."""

    @functools.wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except Exception:
            raise

    return run


def hand_written_generator(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same for generators."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return (yield from function(*args, **kwargs))
        except Exception:
            raise

    return run


async def work_async(n: int) -> int:
    await asleep()
    return n + 1


@types.coroutine
def asleep() -> Iterator[None]:
    yield


def work_in_steps(n: int) -> Iterator[int]:
    yield n
    yield n + 1


def await_loop(function: Callable[[int], Any], n: int) -> None:
    """Await a coroutine of the function so often, as other coroutines do."""

    async def run() -> None:
        for number in range(n):
            await function(number)

    waiting = run()
    with suppress(StopIteration):
        while True:
            waiting.send(None)


def best_us(runs: dict[str, Callable[[], object]], n: int) -> dict[str, float]:
    """Return the least CPU time of each, in microseconds, for one of the `n` that a run does."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(ROUNDS):
        for name, run in runs.items():
            gc.collect()
            started = time.thread_time_ns()
            run()
            best[name] = min(best[name], (time.thread_time_ns() - started) / n / 1000)
    return best


def iterate_loop(function: Callable[[int], Iterator[int]], n: int) -> None:
    """Run a generator of the function to its end so often."""
    for number in range(n):
        for _ in function(number):
            pass


def plain_loop(function: Callable[[int], object], n: int) -> None:
    """Call the function so often."""
    for number in range(n):
        function(number)


Loop = Callable[[Callable[..., Any], int], None]
KINDS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Loop]] = {
    "function": (work, hand_written, plain_loop),
    "coroutine": (work_async, hand_written_async, await_loop),
    "generator": (work_in_steps, hand_written_generator, iterate_loop),
}
"""A function of each kind, a decorator for it, and what calls it."""


def variants_of(kind: str) -> dict[str, Callable[..., Any]]:
    """Return each variant of a kind of function."""
    function, by_hand, _ = KINDS[kind]
    catcher = Catcher(OPTIONS)
    made = {PLAIN: function, BY_HAND: by_hand(function), WATCHED: decorate(function, catcher)}
    if kind == "function":
        made["watched, passed calls kept"] = decorate(function, catcher, counts_passed=True)
    return made


def measure_calls() -> dict[str, dict[str, float]]:
    """Time a call that goes well, by kind of function: plain, by hand, and watched."""
    FailureExtractor().persist = False
    found = {}
    for kind, (_, _, loop) in KINDS.items():
        runs = {name: partial(loop, function, N_CALLS) for name, function in variants_of(kind).items()}
        found[kind] = best_us(runs, N_CALLS)
    return found


def count_instructions(kind: str, variant: str) -> float:
    """Return the instructions of a call, by valgrind: they repeat where times do not."""
    counted = []
    for n_calls in (2_000, 12_000):
        child = [sys.executable, __file__, "--child", kind, variant, str(n_calls)]
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *child]
        environ = os.environ | {"PYTHONHASHSEED": "0"}
        told = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stderr
        counted.append(int(re.search(r"Collected : (\d+)", told)[1]))  # type: ignore[index]
    return (counted[1] - counted[0]) / 10_000


def run_child(kind: str, variant: str, n_calls: str) -> None:
    """Call one variant so often, for valgrind to watch."""
    function = variants_of(kind)[variant]
    gc.disable()
    KINDS[kind][2](function, int(n_calls))
    os._exit(0)


def failure_loop(handle: Callable[[BaseException], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(N_FAILURES):
            handle(fail())

    return run


def measure_failures(folder: Path) -> dict[str, float]:
    """Time a failure of three frames with its locals."""
    extractor = FailureExtractor()
    spool = Spool(History(folder / "failures.db"), n_in_full=1_000_000)
    repeated = Spool(History(folder / "repeated.db"))
    recorder = FlightRecorder("trace", ["__main__"])
    runs: dict[str, Callable[[], object]] = {
        "nothing: raised and caught": failure_loop(lambda _: None),
        "callbox": failure_loop(lambda error: capture(error, OPTIONS)),
        "callbox, without locals": failure_loop(lambda error: capture(error, CaptureOptions())),
        "callbox, with store, each in full": failure_loop(lambda error: spool.add(capture(error, OPTIONS))),
        "callbox, with store, of one kind": failure_loop(lambda error: repeated.add(capture(error, OPTIONS))),
        "traceback, capture_locals": failure_loop(_by_traceback),
        **_peers(),
    }
    found = best_us(runs, N_FAILURES)
    recorder.start()
    handle = failure_loop(lambda error: capture(error, OPTIONS, calls=recorder.last_calls()))
    found |= best_us({"callbox, with the last calls": handle}, N_FAILURES)
    recorder.stop()
    extractor.clear()
    return found


def measure_hostile() -> dict[str, float]:
    """Time captures among values that are too much for whoever looks at all of them."""
    errors = {
        "a text of 1 GB": _failed_among("x" * (1 << 30)),
        "10 million items": _failed_among([7] * 10**7),
        "a dictionary of a million": _failed_among(dict.fromkeys(range(10**6))),
        "10,000 objects of 10 attributes": _failed_among([_Wide(n) for n in range(10_000)]),
        "60 frames, 10,000 objects each": _failed_deep(60),
        "1,000 frames": _failed_deep(1_000, 10),
    }
    runs: dict[str, Callable[[], object]] = {"nothing: raised and caught": failure_loop(lambda _: None)}
    for name, error in errors.items():
        runs[name] = lambda error=error: [capture(error, OPTIONS) for _ in range(N_FAILURES)]  # type: ignore[misc]
    return best_us(runs, N_FAILURES)


class _Wide:
    def __init__(self, number: int) -> None:
        vars(self).update({f"attribute_{k}": number + k for k in range(10)})


def _failed_among(value: Any) -> BaseException:
    held = {"value": value}
    try:
        raise LookupError(held.keys())
    except LookupError as error:
        return error


def _failed_deep(n_frames: int, n_objects: int = 10_000) -> BaseException:
    def descend(n: int) -> None:
        held = [Order(float(k), n) for k in range(n_objects)]
        if n == 0:
            raise LookupError(len(held))
        descend(n - 1)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, n_frames + 200))
    try:
        descend(n_frames - 1)
    except LookupError as error:
        return error
    finally:
        sys.setrecursionlimit(limit)
    raise AssertionError


def _by_traceback(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def _peers() -> dict[str, Callable[[], object]]:
    found: dict[str, Callable[[], object]] = {}
    if importlib.util.find_spec("rich"):
        from rich.traceback import Traceback

        found["rich, show_locals, not yet drawn"] = failure_loop(
            lambda error: Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        )
    if importlib.util.find_spec("stackprinter"):
        import stackprinter

        found["stackprinter"] = failure_loop(stackprinter.format)
    if importlib.util.find_spec("sentry_sdk"):
        import sentry_sdk

        class Nowhere(sentry_sdk.transport.Transport):
            def capture_envelope(self, envelope: Any) -> None:
                envelope.serialize()

        sentry_sdk.init(dsn="https://key@localhost/1", transport=Nowhere, include_local_variables=True)
        found["sentry-sdk, local variables"] = failure_loop(sentry_sdk.capture_exception)
    return found


def show(title: str, found: dict[str, float], base: str) -> None:
    """Print a Markdown table: microseconds, and what that is more than the base."""
    print(f"| {title} | µs | added |\n|---|---:|---:|")
    for name, t_us in found.items():
        print(f"| {name} | {t_us:,.3g} | {t_us - found[base]:,.3g} |")
    print()


def main() -> None:
    """Measure and print; write every number where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--instructions", action="store_true", help="count instructions of calls, with valgrind")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        run_child(*options.child)
    print(f"CPython {platform.python_version()}, {platform.platform()}\n")
    calls = measure_calls()
    for kind, found in calls.items():
        show(f"a call that goes well: {kind}", found, PLAIN)
        print(f"{share_of(found):.2f} of what a wrapper by hand adds (goal for functions: at most {GOAL})\n")
    if options.instructions:
        for kind in KINDS:
            counts = {variant: count_instructions(kind, variant) for variant in (PLAIN, BY_HAND, WATCHED)}
            added = ", ".join(f"{name} {count - counts[PLAIN]:+.0f}" for name, count in counts.items())
            print(f"instructions, {kind}: {counts[PLAIN]:.0f}; {added}; {share_of(counts):.2f}")
        print()
    with tempfile.TemporaryDirectory() as folder:
        failures = measure_failures(Path(folder))
    show("a failure", failures, "nothing: raised and caught")
    hostile = measure_hostile()
    show("a failure among hostile values", hostile, "nothing: raised and caught")
    if options.json:
        numbers = {"calls": calls, "failures": failures, "hostile": hostile}
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


def share_of(found: dict[str, float]) -> float:
    """Return what watching adds as a share of what a wrapper by hand adds."""
    return (found[WATCHED] - found[PLAIN]) / (found[BY_HAND] - found[PLAIN])


if __name__ == "__main__":
    main()
