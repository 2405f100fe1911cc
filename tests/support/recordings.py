"""Recordings with calls that are interrupted, built slot by slot."""

from __future__ import annotations

from tests.support.captures import CaptureBuilder

from callbox.model import EventKind
from callbox.recording import Recording


def record_generators(builder: CaptureBuilder) -> Recording:
    """A thread whose `main` drives the generator `numbers` and sees `fails` raise; one that calls `work`."""
    main, work, numbers, fails = (builder.function(name) for name in ("main", "work", "numbers", "fails"))
    first, second = builder.thread(), builder.thread("worker")
    first.call(main, at=1_000).call(numbers, frame=77, at=2_000).suspend(numbers, at=3_000)
    first.call(work, at=4_000).resume(numbers, frame=77, at=5_000).ret(numbers, at=6_000).ret(work, at=7_000)
    first.call(fails, at=8_000).unwind(fails, at=9_000).ret(main, at=20_000)
    second.call(work, at=2_000).ret(work, at=4_000)
    return Recording(builder.build())


def record_tasks(builder: CaptureBuilder) -> Recording:
    """A loop that runs two tasks in turn; the coroutine of each waits once."""
    loop, serve = builder.function("loop"), builder.function("serve")
    thread = builder.thread().call(loop, at=1_000)
    switch = EventKind.TASK_SWITCH
    thread.event(switch, loop, frame=1, at=1_500).call(serve, frame=11, at=2_000).suspend(serve, at=3_000)
    thread.event(switch, loop, frame=2, at=3_500).call(serve, frame=22, at=4_000).suspend(serve, at=5_000)
    thread.event(switch, loop, frame=1, at=5_500).resume(serve, frame=11, at=6_000).ret(serve, at=7_000)
    thread.event(switch, loop, frame=2, at=7_500).resume(serve, frame=22, at=8_000).ret(serve, at=9_000)
    thread.ret(loop, at=10_000)
    return Recording(builder.build())
