"""A recording with a budget keeps less where it would cost too much, and says so."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from callbox import FunctionTracer, _core
from callbox.engine.budget import measure_costs
from callbox.engine.choice import new_recorder
from callbox.engine.options import Options
from callbox.errors import ConfigError, EngineError
from callbox.model import Level, Outcome
from callbox.tracing.steps import describe_steps, read_steps
from callbox.values.thawed import Cut

HERE = __name__
TINY = 1e-4
"""Less than any engine's hook costs."""
HUGE = 100.0


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def numbers(n: int) -> int:
    return sum(number for number in range(n))


def busy(seconds: float, work: Callable[[], object] = lambda: fib(18)) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        work()


def record(budget: float, engine: str, mode: str = "profile", seconds: float = 0.15) -> FunctionTracer:
    tracer = FunctionTracer([HERE], mode=mode, engine=engine, overhead_budget=budget, max_events=1 << 22)
    with tracer:
        busy(seconds)
    return tracer


def test_recording_that_costs_too_much_steps_down_to_samples(engine) -> None:
    tracer = record(TINY, engine)

    steps = read_steps(tracer.recording)

    assert steps[0].level > Level.PROFILE
    assert steps[0].t_ns > 0
    assert tracer.recording.n_events < record(HUGE, engine).recording.n_events / 4


def test_recording_that_is_cheap_enough_never_steps(engine) -> None:
    tracer = record(HUGE, engine, "trace")

    assert read_steps(tracer.recording) == ()
    assert tracer.recording.n_events > 1000


def test_event_is_reckoned_to_cost_something(engine) -> None:
    costs = measure_costs(engine)

    assert 0 < costs.recorded_ns < 100_000
    assert 0 < costs.sampled_ns < 100_000


def test_values_are_kept_until_the_first_step_only(engine) -> None:
    recording = record(0.01, engine, "trace", seconds=0.5).recording
    returned = [row for row, call in enumerate(recording.tree.calls) if call["outcome"] == Outcome.RETURNED]

    assert isinstance(recording.values.result(returned[0]), int)
    assert recording.values.result(returned[-1]) is Cut.SPARED


def test_sampled_calls_are_whole_or_said_to_be_cut(engine) -> None:
    calls = record(TINY, engine).recording.tree.calls

    assert set(calls["outcome"]) <= {Outcome.RETURNED, Outcome.CUT, Outcome.OPEN}
    assert (calls["outcome"] == Outcome.RETURNED).sum() > 100
    assert (calls["outcome"] == Outcome.CUT).any()


def test_samples_are_taken_again_after_every_rest(engine) -> None:
    def count_tenths(seconds: float) -> int:
        t_ns = record(TINY, engine, seconds=seconds).recording.tree.calls["t_start_ns"]
        return len(set((t_ns - t_ns[0]) // 100_000_000))

    # A burst takes longer where others have the processor, and so does the rest after it.
    assert any(count_tenths(seconds) > 3 for seconds in (0.6, 3, 12))


def test_child_that_was_forked_during_a_rest_takes_samples_too(engine, tmp_path) -> None:
    script = (
        "import os, sys, time\n"
        "from callbox.engine.choice import new_recorder\n"
        "from callbox.engine.options import Options\n"
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
        "def busy(until):\n"
        "    while time.process_time() < until: fib(15)\n"
        "recorder = new_recorder(Options(engine=sys.argv[1], overhead_budget=1e-4, max_events=1 << 20))\n"
        "recorder.start()\n"
        "busy(time.process_time() + 0.3)\n"
        "child = os.fork()\n"
        "before = sum(thread.n_events for thread in recorder.capture().threads)\n"
        "after, last = before, time.process_time() + 10\n"
        "while after == before and time.process_time() < last:\n"
        "    busy(time.process_time() + 0.05)\n"
        "    after = sum(thread.n_events for thread in recorder.capture().threads)\n"
        "os._exit(not before < after) if child == 0 else os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, engine], cwd=tmp_path, check=False)

    assert done.returncode == 0


def test_steps_are_told_in_a_sentence(engine) -> None:
    recording = record(TINY, engine).recording

    sentence = describe_steps(recording, read_steps(recording))

    assert sentence.startswith("to cost no more than 0.0% it kept less: from ")
    assert "whole call trees" in sentence


def test_generators_and_threads_are_sampled_too(engine) -> None:
    tracer = FunctionTracer([HERE], engine=engine, overhead_budget=TINY, max_events=1 << 22)
    with tracer:
        threads = [threading.Thread(target=busy, args=(0.3, lambda: numbers(500))) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    levels = {step.level for step in read_steps(tracer.recording)}

    assert max(levels) > Level.PROFILE
    assert set(tracer.recording.tree.calls["outcome"]) <= {*Outcome} - {Outcome.RAISED}


def test_tracer_that_starts_again_begins_in_full(engine) -> None:
    tracer = record(TINY, engine)
    tracer.clear()
    with tracer:
        fib(5)

    assert tracer.recording.n_events == 30


@pytest.mark.parametrize("budget", [0, -0.1, 101, float("nan")])
def test_budget_that_makes_no_sense_is_refused(budget) -> None:
    with pytest.raises(ConfigError, match=r"overhead_budget=.*above 0"):
        FunctionTracer(overhead_budget=budget)


def test_recorder_tells_what_it_spends(engine) -> None:
    recorder = new_recorder(Options(engine, filters=(HERE,), max_events=1 << 12, overhead_budget=TINY))
    before = recorder.spending
    recorder.start()
    busy(0.15)
    spending = recorder.spending
    recorder.stop()

    assert before is None
    assert (spending.budget, spending.level > Level.PROFILE, spending.n_down > 0) == (TINY, True, True)
    assert spending.overhead > 0


def test_oracle_keeps_to_no_budget() -> None:
    with pytest.raises(EngineError, match="overhead budget"):
        FunctionTracer(engine="oracle", overhead_budget=0.05)
