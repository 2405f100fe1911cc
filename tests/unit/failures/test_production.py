"""What is installed in production: hooks, limits, dumps, and that nothing of it stays behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import weakref

import pytest

from callbox.errors import ConfigError, EngineError, RecordingError
from callbox.failures.metrics import alerts, process_stats
from callbox.failures.production import dump, install, installed, uninstall
from callbox.failures.watched import Watched
from callbox.recording import open_recording


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Fatal signals write beside the store of the current folder: be somewhere else, and take everything out."""
    monkeypatch.chdir(tmp_path)
    yield
    uninstall()


@pytest.fixture(autouse=True)
def called_before(monkeypatch):
    """The hooks that were there before, which say nothing; what is called is noted."""
    called = []
    for owner, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(owner, name, lambda *_, hook=f"{owner.__name__}.{name}": called.append(hook))
    return called


def messages(extractor) -> list[tuple[str, str]]:
    return [(failure["origin"], failure["exception_message"]) for failure in extractor.failures]


class Late:
    def __del__(self):
        raise ValueError("unraisable")


def fail(text):
    raise ValueError(text)


async def fail_later(text):
    fail(text)


async def forget():
    asyncio.get_running_loop().call_soon(fail, "callback")
    task = asyncio.create_task(fail_later("task"))
    await asyncio.sleep(0.01)
    del task
    gc.collect()


def test_everything_that_nobody_catches_is_captured_and_told_as_ever(extractor, called_before, caplog) -> None:
    install("static")

    thread = threading.Thread(target=fail, args=("thread",))
    thread.start()
    thread.join()
    Late()
    late = Late()
    reference = weakref.ref(late, lambda _: fail("weak"))
    del late
    gc.collect()
    asyncio.run(forget())
    sys.excepthook(ValueError, ValueError("main"), None)

    assert reference() is None
    assert messages(extractor) == [
        ("threading", "thread"),
        ("unraisable", "unraisable"),
        ("unraisable", "unraisable"),
        ("unraisable", "weak"),
        ("asyncio", "callback"),
        ("asyncio", "task"),
        ("excepthook", "main"),
    ]
    assert called_before == ["threading.excepthook", *["sys.unraisablehook"] * 3, "sys.excepthook"]
    assert [record.name for record in caplog.records] == ["asyncio", "asyncio"]


def test_loop_that_is_written_in_c_is_captured_by_what_it_logs(extractor, caplog) -> None:
    uvloop = pytest.importorskip("uvloop")
    install("static")

    loop = uvloop.new_event_loop()
    loop.run_until_complete(forget())
    loop.close()

    assert sorted(messages(extractor)) == [("logging", "callback"), ("logging", "task")]
    assert [record.name for record in caplog.records] == ["asyncio", "asyncio"]


def test_logged_exceptions_are_captured_and_still_logged(extractor, caplog) -> None:
    handlers = list(logging.getLogger().handlers)
    install("static")
    try:
        raise KeyError("k")
    except KeyError:
        logging.getLogger("shop").warning("no matter", exc_info=True)
        logging.getLogger("shop").error("no exception")
        logging.getLogger("shop").exception("it broke")

    assert messages(extractor) == [("logging", "'k'")]
    assert logging.getLogger().handlers == handlers
    assert extractor.failures[0]["metadata"]["logger"] == "shop"
    assert "it broke" in caplog.text


def test_uninstall_puts_back_what_was_there() -> None:
    def hooks():
        return (
            *(sys.excepthook, threading.excepthook, sys.unraisablehook, asyncio.BaseEventLoop.call_exception_handler),
            *(logging.getLogRecordFactory(), signal.getsignal(signal.SIGUSR2)),
        )

    before = hooks()
    install("trace")
    during = hooks()
    uninstall()

    assert hooks() == before
    assert all(one is not other for one, other in zip(before, during, strict=True))


def test_hook_that_somebody_put_over_ours_stays(monkeypatch) -> None:
    install("static")
    ours = sys.excepthook

    def theirs(*args):
        ours(*args)

    sys.excepthook = theirs
    uninstall()

    assert sys.excepthook is theirs


def test_captures_are_limited_by_rate(extractor) -> None:
    n_before = process_stats()["over_limit"]
    install("static", rate_limit=1e-4)  # the next one in hours
    for number in range(100):
        sys.excepthook(ValueError, ValueError(number), None)

    assert len(extractor.failures) == 1
    assert process_stats()["over_limit"] - n_before == 99


def test_sample_of_failures_is_captured(extractor, monkeypatch) -> None:
    installation = install("static", sample=0.5, rate_limit=1000)
    draws = iter([0.4, 0.6] * 10)
    monkeypatch.setattr(installation, "_draw", lambda: next(draws))
    errors = [ValueError(number) for number in range(20)]
    for error in errors:
        sys.excepthook(ValueError, error, None)
    sys.excepthook(ValueError, errors[1], None)

    assert len(extractor.failures) == 10
    assert installation.n_sampled_out == 10


def test_sinks_get_failures_and_store_does_not_where_switched_off(extractor) -> None:
    got = []
    install("static", sinks=[got.append], store=False)
    sys.excepthook(ValueError, ValueError("x"), None)

    assert [failure.exception.message for failure in got] == ["x"]
    assert extractor.failures == []


def test_last_calls_come_with_a_failure(extractor) -> None:
    install("trace", include=__name__)

    def half(n):
        return n / 2

    def work():
        half(8)
        raise ValueError("end")

    with pytest.raises(ValueError, match="end"), Watched("job 5", queue="mail"):
        work()

    failure = extractor.failures[0]
    assert (failure["test_name"], failure["metadata"]["queue"]) == ("job 5", "mail")
    assert "half(n=8) → 4.0" in failure["calls"]
    assert failure["exception"]["frames"][-1]["function"].endswith("work")


def test_signal_writes_a_dump_of_all_threads(extractor) -> None:
    install("profile", include=__name__)
    release, begun = threading.Event(), threading.Event()

    def wait_here():
        reason = "none"  # noqa: F841  (to be looked at from outside)
        begun.set()
        release.wait(10)

    thread = threading.Thread(target=wait_here, name="waiter")
    thread.start()
    begun.wait(10)
    os.kill(os.getpid(), signal.SIGUSR2)
    release.set()
    thread.join()
    uninstall()

    failure = extractor.failures[0]
    stacks = {other["type"]: [f["function"] for f in other["frames"]] for other in failure["exception"]["related"]}
    assert failure["exception_message"] == "SIGUSR2"
    assert any("wait_here" in function for function in stacks["thread waiter"])
    assert "test_signal_writes_a_dump_of_all_threads" in stacks["thread MainThread"]
    assert "'reason': \"'none'\"" in str(failure["exception"]["related"])
    assert "wait_here()" in failure["calls"]


def test_signal_waits_for_no_lock_of_the_code_that_it_interrupts(extractor) -> None:
    told = []
    lock = threading.Lock()

    def tell(failure):
        with lock:
            told.append(failure.origin)

    install("static", sinks=[tell])
    with lock:
        os.kill(os.getpid(), signal.SIGUSR2)
        assert told == []
    uninstall()

    assert told == ["dump"]
    assert [failure["origin"] for failure in extractor.failures] == ["dump"]


def test_dump_without_an_installation_says_what_to_do() -> None:
    with pytest.raises(RecordingError, match=r"callbox\.install\(\)"):
        dump("now")


def test_second_installation_takes_the_place_of_the_first(extractor) -> None:
    before = sys.excepthook
    first = install("profile")
    second = install("static")
    sys.excepthook(ValueError, ValueError("once"), None)
    uninstall()

    assert installed_nothing(first)
    assert second.options.mode == "static"
    assert messages(extractor) == [("excepthook", "once")]
    assert sys.excepthook is before


def installed_nothing(installation) -> bool:
    return installation.recorder is None and installation.tell(ValueError("late"), "test") is None


def test_wrong_second_installation_leaves_the_first_alone() -> None:
    first = install("static")

    with pytest.raises(ConfigError, match="rate_limit"):
        install("static", rate_limit=-1)
    assert installed() is first


def test_installation_that_cannot_record_puts_nothing_in_place(monkeypatch) -> None:
    def refuse(_self):
        raise EngineError("taken")

    monkeypatch.setattr("callbox.failures.flight.FlightRecorder.start", refuse)
    before = sys.excepthook

    with pytest.raises(EngineError, match="taken"):
        install("profile")
    assert sys.excepthook is before
    with pytest.raises(RecordingError, match="not installed"):
        installed()


def test_budget_bounds_what_recording_costs(over_budget) -> None:
    assert over_budget.spending.budget == 1e-4
    assert over_budget.spending.n_down > 0


def test_budget_can_be_left_out() -> None:
    assert install("profile", budget=None).spending is None
    assert install("static").spending is None


def test_hook_below_another_one_does_nothing_after_uninstall(extractor) -> None:
    install("static")
    ours = sys.excepthook
    sys.excepthook = lambda *args: ours(*args)
    uninstall()
    sys.excepthook(ValueError, ValueError("late"), None)

    assert extractor.failures == []


def test_sink_that_fails_keeps_nothing_from_the_others(extractor) -> None:
    got = []
    install("static", sinks=[lambda failure: 1 / 0, got.append])
    sys.excepthook(ValueError, ValueError("x"), None)
    dump("by hand")

    assert [failure.exception.message for failure in got] == ["x", "by hand"]
    assert len(extractor.failures) == 2


def test_calls_lie_in_a_box_while_installed(tmp_path) -> None:
    def price(n):
        return n * 2

    install("profile", include=__name__, box=tmp_path / "own.cbx")
    price(4)
    names = {call.name for call in open_recording(tmp_path / "own.cbx").functions.values()}
    uninstall()

    assert "price" in names
    assert open_recording(tmp_path / "own.cbx").header.is_complete
    assert list((tmp_path / "own.cbx.parts").iterdir()) == []


def test_box_that_cannot_be_is_a_note_and_calls_are_recorded_all_the_same(tmp_path) -> None:
    (tmp_path / "file").touch()
    installation = install("profile", box=tmp_path / "file" / "own.cbx")

    assert installation.recorder.is_recording
    assert "the last calls are lost if the process crashes" in installation.notes[0]
    assert installation.notes[0] in alerts()


def test_mode_is_that_of_the_environment_and_else_records_nothing(monkeypatch) -> None:
    unset = install(box=False)
    monkeypatch.setenv("CALLBOX_MODE", "ci")
    of_environment = install(box=False)

    assert (unset.options.mode, unset.recorder) == ("static", None)
    assert (of_environment.options.mode, of_environment.recorder.mode) == ("profile", "profile")


def test_signal_can_be_left_alone() -> None:
    before = signal.getsignal(signal.SIGUSR2)
    install("static", handle_signal=False)

    assert signal.getsignal(signal.SIGUSR2) == before


@pytest.mark.parametrize(("chosen", "variables"), [({}, {"text": "'x'"}), ({"include_locals": False}, None)])
def test_captures_are_as_chosen(extractor, caught, chosen, variables) -> None:
    install("static", **chosen)
    error = caught(fail, "x")
    sys.excepthook(ValueError, error, None)

    assert extractor.failures[0]["exception"]["frames"][-1]["locals"] == variables


def test_box_can_be_left_out(tmp_path) -> None:
    install("profile", box=False)

    assert not list(tmp_path.rglob("*.cbx"))


@pytest.mark.parametrize("options", [{"rate_limit": 0}, {"budget": 0}, {"sample": 0}, {"sample": 2}, {"colour": "red"}])
def test_wrong_options_are_refused_and_install_nothing(options) -> None:
    before = sys.excepthook

    with pytest.raises(ConfigError):
        install("static", **options)
    assert sys.excepthook is before


def test_exception_seen_at_two_places_is_captured_once(extractor) -> None:
    install("static")
    error = ValueError("once")
    sys.excepthook(ValueError, error, None)
    logging.getLogger("shop").error("again", exc_info=error)

    assert len(extractor.failures) == 1
