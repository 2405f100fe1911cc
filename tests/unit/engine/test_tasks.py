"""Tasks and greenlets: who runs is noted on the switch, and calls are folded by who ran them."""

from __future__ import annotations

import asyncio
import contextvars
from collections import defaultdict
from typing import Any

import pytest

from callbox import _core
from callbox.engine.kernels import decode_capture, fold_events
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import GREENLET, EventKind, Function

HERE = __name__


@pytest.fixture(params=_core.engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Folded:
    """The calls of a recording, with names."""

    def __init__(self, recorder: NativeRecorder) -> None:
        capture = recorder.capture()
        self.functions: dict[int, Function] = {function.id: function for function in capture.functions}
        self.events, alloc, _ = decode_capture(capture)
        self.calls, _ = fold_events(self.events, alloc, capture.header.ended.epoch_ns)

    def name(self, row: int) -> str:
        return self.functions[int(self.calls["code"][row])].qualified_name

    def names_by_task(self) -> dict[int, list[str]]:
        by_task: dict[int, list[str]] = defaultdict(list)
        for row in range(len(self.calls)):
            by_task[int(self.calls["task"][row])].append(self.name(row))
        return by_task

    def rows(self, name: str) -> list[Any]:
        return [self.calls[row] for row in range(len(self.calls)) if self.name(row) == name]

    def parents_of_tasks(self) -> dict[int, int]:
        switches = self.events[self.events["kind"] == EventKind.TASK_SWITCH]
        parents: dict[int, int] = {}
        for switch in switches:
            parents.setdefault(int(switch["frame"]), int(switch["code"]))
        return parents


async def leaf() -> None:
    await asyncio.sleep(0.001)


async def child() -> None:
    await leaf()


async def parent() -> None:
    await asyncio.gather(child(), child())


def record_async(engine: str) -> Folded:
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    asyncio.run(parent())
    recorder.stop()
    return Folded(recorder)


def test_each_task_has_its_own_calls(engine: str) -> None:
    by_task = record_async(engine).names_by_task()
    assert sorted(by_task.values()) == [["child", "leaf"], ["child", "leaf"], ["parent"]]


def test_a_task_names_the_task_that_made_it(engine: str) -> None:
    # A coroutine that ran in the context of this thread would be the parent.
    folded = contextvars.Context().run(record_async, engine)
    parents = folded.parents_of_tasks()
    root = int(folded.rows("parent")[0]["task"])
    children = [int(row["task"]) for row in folded.rows("child")]
    assert [parents[task] for task in children] == [root, root]
    assert parents[root] == 0


def test_a_suspended_coroutine_does_not_run(engine: str) -> None:
    folded = record_async(engine)
    for row in folded.rows("leaf"):
        assert row["n_resumes"] == 1
        assert row["inclusive_ns"] < row["t_end_ns"] - row["t_start_ns"]


def test_sequential_tasks_get_numbers_of_their_own(engine: str) -> None:
    async def twice() -> None:
        for _ in range(2):
            await asyncio.create_task(child())

    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    asyncio.run(twice())
    recorder.stop()
    tasks = [int(row["task"]) for row in Folded(recorder).rows("child")]
    assert len(set(tasks)) == 2


def test_greenlets_keep_stacks_of_their_own(engine: str) -> None:
    greenlet = pytest.importorskip("greenlet")

    def ping() -> None:
        work()
        second.switch()
        work()

    def pong() -> None:
        work()
        first.switch()
        work()

    def work() -> None:
        pass

    first, second = greenlet.greenlet(ping), greenlet.greenlet(pong)
    recorder = NativeRecorder(Options(filters=(HERE,)), engine)
    recorder.start()
    first.switch()
    second.switch()
    recorder.stop()
    folded = Folded(recorder)
    prefix = "test_greenlets_keep_stacks_of_their_own.<locals>."
    by_task = {task: [name.removeprefix(prefix) for name in names] for task, names in folded.names_by_task().items()}
    assert by_task == {GREENLET | 1: ["ping", "work", "work"], GREENLET | 2: ["pong", "work", "work"]}
    assert greenlet.gettrace() is None


def test_a_foreign_greenlet_trace_function_is_called_on(engine: str) -> None:
    greenlet = pytest.importorskip("greenlet")
    seen: list[str] = []

    def foreign(event: str, _: object) -> None:
        seen.append(event)

    greenlet.settrace(foreign)
    try:
        recorder = NativeRecorder(Options(filters=(HERE,)), engine)
        recorder.start()
        greenlet.greenlet(lambda: None).switch()
        recorder.stop()
        assert seen == ["switch", "switch"]
        assert greenlet.gettrace() is foreign
    finally:
        greenlet.settrace(None)
