"""Production in real processes: forked children, threads, fatal signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from callbox.failures.history import History


@pytest.fixture
def run(tmp_path):
    """Run a program in a project of its own, and return its exit code and its stderr."""
    (tmp_path / "pyproject.toml").touch()

    def start(program: str) -> tuple[int, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("CALLBOX", "FAILEXTRACT"))}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    return start


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / ".callbox" / "failures.db")
    yield history
    history.close()


def test_uncaught_exception_is_stored_and_still_printed(run, history) -> None:
    code, stderr = run("""
        import callbox
        callbox.install("trace", include="__main__")
        def half(n):
            return n / 2
        half(8)
        {}["absent"]
    """)

    assert code == 1
    assert stderr.endswith("KeyError: 'absent'\n")
    [failure] = history.failures()
    assert (failure.origin, failure.summary) == ("excepthook", "KeyError: 'absent'")
    assert "half(n=8) → 4.0" in failure.calls


def test_forked_workers_store_their_failures(run, history) -> None:
    code, stderr = run("""
        import os, sys, callbox
        callbox.install("trace", include="__main__")
        def work(n):
            raise ValueError(n)
        for number in range(3):
            if not os.fork():
                try:
                    work(number)
                except ValueError as error:
                    sys.excepthook(type(error), error, error.__traceback__)
                os._exit(0)
        for number in range(3):
            os.wait()
    """)

    assert code == 0, stderr
    found = {failure.exception.message: failure for failure in history.failures()}
    assert sorted(found) == ["0", "1", "2"]
    assert "work(n=2) ✗ ValueError(2)" in found["2"].calls
    assert len({failure.metadata["process_id"] for failure in found.values()}) == 3


def test_whatever_nobody_catches_is_listed_afterwards(run, tmp_path) -> None:
    code, _ = run("""
        import asyncio, logging, sys, threading, callbox
        from callbox.failures.watched import watch_task
        callbox.install("static")
        class Late:
            def __del__(self):
                raise ValueError("late")
        def fail(text):
            raise ValueError(text)
        @watch_task(name="nightly")
        def task():
            fail("in a task")
        async def main():
            asyncio.get_running_loop().call_soon(fail, "in a callback")
            await asyncio.sleep(0.01)
        thread = threading.Thread(target=fail, args=["in a thread"])
        thread.start()
        thread.join()
        Late()
        asyncio.run(main())
        try:
            task()
        except ValueError:
            pass
        try:
            fail("logged")
        except ValueError:
            logging.exception("it broke")
        fail("at last")
    """)

    command = [sys.executable, "-m", "callbox", "failures", "report"]
    told = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout)
    assert code == 1
    assert {failure["origin"]: failure["exception_message"] for failure in told["failures"]} == {
        "threading": "in a thread",
        "unraisable": "late",
        "asyncio": "in a callback",
        "task": "in a task",
        "logging": "logged",
        "excepthook": "at last",
    }


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"])
def test_fatal_signal_leaves_the_stacks_of_all_threads(run, tmp_path, name) -> None:
    code, _ = run(f"""
        import os, signal, callbox
        callbox.install("static")
        def crash_here():
            os.kill(os.getpid(), signal.{name})
        crash_here()
    """)

    assert code == -signal.Signals[name]
    assert "crash_here" in (tmp_path / ".callbox" / "fatal.txt").read_text()
    assert (tmp_path / ".callbox" / "fatal.txt").stat().st_mode & 0o077 == 0


def test_handler_of_fatal_signals_that_is_there_already_stays(run, tmp_path) -> None:
    code, err = run("""
        import faulthandler, os, signal, callbox
        faulthandler.enable()
        callbox.install("static")
        def crash_here():
            os.kill(os.getpid(), signal.SIGSEGV)
        crash_here()
    """)

    assert code == -signal.SIGSEGV
    assert "crash_here" in err
    assert not (tmp_path / ".callbox" / "fatal.txt").exists()


@pytest.mark.parametrize(("mode", "size"), [("profile", 8 << 10), ("trace", 72 << 10)])
def test_ring_of_the_last_calls_is_small(run, tmp_path, mode, size) -> None:
    run(f"""
        import os, signal, callbox
        callbox.install("{mode}", include="__main__", budget=None)
        def work(): pass
        work()
        os.kill(os.getpid(), signal.SIGKILL)
    """)

    rings = list((tmp_path / ".callbox" / "flight.cbx.parts").glob("*.ring"))
    assert [ring.stat().st_size for ring in rings] == [size]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_box_survives_what_no_handler_sees(run, tmp_path, name) -> None:
    code, _ = run(f"""
        import os, signal, callbox
        callbox.install("trace", include="__main__")
        def price(order):
            return order["n"] * 2
        def crash_here(reason):
            os.kill(os.getpid(), signal.{name})
        price({{"n": 4}})
        crash_here("no memory")
    """)

    shown = subprocess.run(
        [sys.executable, "-m", "callbox", "show", "--last", "10", str(tmp_path / ".callbox" / "flight.cbx")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert code == -getattr(signal, name)
    assert "price(order={'n': 4}) → 8" in shown.stdout
    assert "crash_here(reason='no memory')" in shown.stdout
    assert "killed or crashed" in shown.stderr


def test_crashes_are_kept_over_restarts_until_newer_ones_come(run, tmp_path) -> None:
    for number in range(10):
        run(f"""
            import os, callbox
            callbox.install("trace", include="__main__")
            def crash(number):
                os._exit(1)
            crash({number})
        """)

    shown = subprocess.run(
        [sys.executable, "-m", "callbox", "show", str(tmp_path / ".callbox" / "flight.cbx")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [number for number in range(10) if f"crash(number={number})" in shown.stdout] == list(range(1, 10))


def test_children_that_multiprocessing_ends_leave_nothing_behind_for_long(run, tmp_path) -> None:
    code, stderr = run("""
        import multiprocessing, callbox
        callbox.install("profile", include="__main__")
        def work():
            pass
        if __name__ == "__main__":
            context = multiprocessing.get_context("fork")
            for _ in range(130):
                child = context.Process(target=work)
                child.start()
                child.join()
    """)

    assert code == 0, stderr
    assert len(list((tmp_path / ".callbox" / "flight.cbx.parts").iterdir())) <= 40


def test_program_without_failures_writes_nothing_but_an_empty_file(run, tmp_path) -> None:
    code, stderr = run("""
        import callbox
        callbox.install("profile")
        callbox.uninstall()
    """)

    assert (code, stderr) == (0, "")
    assert not (tmp_path / ".callbox" / "failures.db").exists()
