"""What watching costs: a call that goes well, and a failure with its locals, beside others who do that.

`python benchmarks/failures.py [--json FILE]`; CPU time of this thread, best of several rounds taken in turn.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib.util
import json
import platform
import tempfile
import time
import traceback
from collections.abc import Callable
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


def call_loop(function: Callable[[int], int]) -> Callable[[], None]:
    def run() -> None:
        for number in range(N_CALLS):
            function(number)

    return run


def measure_calls() -> dict[str, float]:
    """Time a call that goes well: plain, by hand, and watched."""
    FailureExtractor().persist = False
    catcher = Catcher(OPTIONS)
    runs = {
        "plain": call_loop(work),
        "try/except by hand": call_loop(hand_written(work)),
        "watched, production": call_loop(decorate(work, catcher)),
        "watched, passed calls kept": call_loop(decorate(work, catcher, counts_passed=True)),
    }
    return best_us(runs, N_CALLS)


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
    options = parser.parse_args()
    print(f"CPython {platform.python_version()}, {platform.platform()}\n")
    calls = measure_calls()
    show("a call that goes well", calls, "plain")
    with tempfile.TemporaryDirectory() as folder:
        failures = measure_failures(Path(folder))
    show("a failure", failures, "nothing: raised and caught")
    added = calls["watched, production"] - calls["plain"]
    by_hand = calls["try/except by hand"] - calls["plain"]
    print(f"production: {added / by_hand:.2f} of what a wrapper by hand adds (goal: at most 0.3)")
    if options.json:
        options.json.write_text(json.dumps({"calls": calls, "failures": failures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
