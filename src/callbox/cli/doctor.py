"""`callbox doctor`: what callbox can do here, and what it costs here."""

from __future__ import annotations

import dataclasses
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import click

from callbox.cli.examples import examples
from callbox.cli.json_output import json_option, print_json
from callbox.cli.waiting import waiting
from callbox.engine import Options, choose_engine, engine_names, new_recorder
from callbox.engine.recorder import Recorder, clock_name, platform_name
from callbox.errors import CallboxError

_SAMPLE = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
_N = 18
_N_CALLS = 8361
"""Calls that `fib(18)` makes."""
_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class EngineCost:
    """What an engine costs in this process.

    Attributes:
        engine: its name.
        ns_per_event: time that recording adds to each call and each return.
        ratio: time with it over time without; None, like the above, if it cannot record here.
        problem: why it cannot.
    """

    engine: str
    ns_per_event: float | None = None
    ratio: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What callbox finds where it runs."""

    callbox: str
    python: str
    executable: str
    platform: str
    clock: str
    engine: str
    """The engine that "auto" chooses."""
    reason: str
    sample: str
    costs: tuple[EngineCost, ...]


@click.command("doctor", epilog=examples("callbox doctor"))
@json_option
def command(as_json: bool) -> None:
    """Say what recording costs here.

    The engines that this Python has, the clock, and the cost of a recorded event, measured now.
    """
    with waiting("measuring"):
        diagnosis = diagnose()
    if as_json:
        print_json(dataclasses.asdict(diagnosis))
        return
    click.echo(f"callbox   {diagnosis.callbox}")
    click.echo(f"python    {diagnosis.python}, {diagnosis.executable}")
    click.echo(f"platform  {diagnosis.platform}")
    click.echo(f"clock     {diagnosis.clock}")
    click.echo(f"engine    {diagnosis.engine}: {diagnosis.reason}")
    click.echo(f"\ncost, measured here and now on {diagnosis.sample}")
    width = max(len(cost.engine) for cost in diagnosis.costs)
    for cost in diagnosis.costs:
        click.echo(f"  {cost.engine:<{width}}  {_describe(cost)}")


def diagnose() -> Diagnosis:
    """Look at this process, and measure every engine in it."""
    engine, reason = choose_engine(Options())
    return Diagnosis(
        callbox=metadata.version("callbox"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        executable=sys.executable,
        platform=platform_name(),
        clock=clock_name(),
        engine=engine,
        reason=reason,
        sample=f"fib({_N}), {_N_CALLS:,} calls that do nothing else, the best of {_ROUNDS} rounds",
        costs=tuple(measure(name) for name in engine_names()),
    )


def measure(engine: str, clock: Callable[[], int] = time.perf_counter_ns) -> EngineCost:
    """Run a sample with and without an engine by turns; compare the best times.

    Args:
        engine: its name.
        clock: gives nanoseconds.
    """
    namespace: dict[str, Callable[[int], int]] = {"__name__": "sample"}  # type: ignore[dict-item]
    exec(_SAMPLE, namespace)  # a module of its own: callbox never records itself
    sample = namespace["fib"]
    try:
        recorder = new_recorder(Options(engine=engine, max_events=4 * _N_CALLS))
        rounds = [(_time(sample, clock), _time_recorded(sample, clock, recorder)) for _ in range(_ROUNDS)]
    except CallboxError as error:
        return EngineCost(engine, problem=str(error))
    without_ns, with_ns = min(w for w, _ in rounds), min(r for _, r in rounds)
    return EngineCost(engine, (with_ns - without_ns) / (2 * _N_CALLS), with_ns / without_ns)


def _time(sample: Callable[[int], int], clock: Callable[[], int]) -> int:
    before = clock()
    sample(_N)
    return clock() - before


def _time_recorded(sample: Callable[[int], int], clock: Callable[[], int], recorder: Recorder) -> int:
    recorder.start()
    try:
        return _time(sample, clock)
    finally:
        recorder.stop()


def _describe(cost: EngineCost) -> str:
    if cost.ns_per_event is None or cost.ratio is None:
        return cost.problem
    return f"{cost.ns_per_event:+.0f} ns an event, {cost.ratio:.2f} times as long"
