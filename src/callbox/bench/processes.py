"""Hosts as their parent sees them: started, asked, and ended when they no longer answer."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import TypeVar

from callbox.bench.limits import Request, Settings
from callbox.bench.model import Run, Status
from callbox.bench.sealed import ENVIRONMENT
from callbox.bench.suite import Suite
from callbox.bench.wire import Compared, CompareOrder, Hello, RunOrder, Welcome, receive, send
from callbox.errors import CaptureError

_MARGIN_S = 30.0
"""A host kills a child that is late; whoever waits for the host waits so much longer."""
T = TypeVar("T")
_alive: set[HostProcess] = set()
_is_ending = threading.Event()


@contextlib.contextmanager
def ended() -> Iterator[None]:
    """End all hosts, and start none as long as the context lasts: who waits for one waits no more."""
    _is_ending.set()
    try:
        for host in tuple(_alive):
            host.interrupt()
        yield
    finally:
        _is_ending.clear()


class HostProcess:
    """A host of one module, as a context manager."""

    def __init__(self, suite: Suite, module: str, settings: Settings) -> None:
        self._suite = suite
        self._module = module
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._fd_in = self._fd_out = -1
        self._welcome: Welcome | None = None

    @property
    def welcome(self) -> Welcome:
        """What the module has. Waits until it is imported: hosts that are entered together import it together."""
        if self._welcome is None:
            found = self._receive(Welcome, self._settings.timeout_s)
            self._welcome = Welcome(problem=self._loss()) if found is None else found
        return self._welcome

    def __enter__(self) -> HostProcess:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def interrupt(self) -> None:
        """Have the host end what it runs, and itself; whoever waits for it hears that it died."""
        process = self._process
        if process is not None:
            process.send_signal(signal.SIGINT)

    def start_run(self, benchmark: str, request: Request, timeout_s: float) -> None:
        """Ask for a run; `finish_run` gives it."""
        self._ask(RunOrder(benchmark, request, timeout_s))

    def finish_run(self, timeout_s: float) -> Run:
        """Wait for the run that was asked for."""
        run = self._receive(Run, 2 * timeout_s + _MARGIN_S)  # the first may have to make a cache
        if run is None:
            return Run(Status.FAILED, self._loss())
        return run

    def compare(self, order: CompareOrder) -> Compared:
        """Compare two encoded values, where the classes of the suite are loaded."""
        self._ask(order)
        found = self._receive(Compared, order.timeout_s + _MARGIN_S)
        return Compared(problem=self._loss()) if found is None else found

    def _ask(self, order: RunOrder | CompareOrder) -> None:
        """Send an order when the module is imported; where the last process was lost, to a new one."""
        if self._process is None:
            self._start()
        _ = self.welcome  # waits for it, or finds that the process died
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                send(self._fd_in, order)

    def _start(self) -> None:
        if _is_ending.is_set():
            raise CaptureError(f"{self._module} is not run: an interruption ends this")
        their_in, self._fd_in = os.pipe()
        self._fd_out, their_out = os.pipe()
        environ = {**os.environ, **ENVIRONMENT, "PYTHONHASHSEED": str(self._settings.hash_seed)}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "callbox.bench.host", str(their_in), str(their_out)],
                env=environ,
                pass_fds=(their_in, their_out),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(their_in)
            os.close(their_out)
        self._welcome = None
        self._work = tempfile.mkdtemp(prefix="callbox-bench-")
        _alive.add(self)
        if _is_ending.is_set():
            self.interrupt()
        path = (self._suite.project_root,) if self._suite.project_root else ()
        with contextlib.suppress(BrokenPipeError):
            send(self._fd_in, Hello(self._suite, self._module, path, self._settings.memory_bytes, self._work))

    def _receive(self, kind: type[T], timeout_s: float) -> T | None:
        """Wait for a message; a host that sends none in time, or dies, is ended."""
        if self._process is None:
            return None
        if select.select([self._fd_out], [], [], timeout_s)[0]:
            message = receive(self._fd_out, kind)
            if message is not None:
                return message
            self._lost = ""
        else:
            self._lost = f"its module takes longer than {timeout_s:g} s to import: raise --timeout"
        self._stop()
        return None

    _lost = ""

    def _loss(self) -> str:
        return self._lost or f"the process of module {self._module} died{_how(self._code)}"

    _code: int | None = None
    _work = ""

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _alive.discard(self)
        for fd in (self._fd_in, self._fd_out):
            os.close(fd)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2 if self._lost else 2.0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        self._code = process.wait()
        shutil.rmtree(self._work, ignore_errors=True)


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f" of {signal.Signals(-code).name}"
    return "" if not code else f" with exit code {code}"


def ask(hosts: list[HostProcess], benchmark: str, requests: list[Request], timeout_s: float) -> list[Run]:
    """Run a case in several hosts at a time; `requests` has one for each."""
    for host, request in zip(hosts, requests, strict=True):
        host.start_run(benchmark, request, timeout_s)
    return [host.finish_run(timeout_s) for host in hosts]


def problem_of(hosts: list[HostProcess]) -> str:
    """Say why a module cannot be imported; empty if it can."""
    return next((host.welcome.problem for host in hosts if host.welcome.problem), "")
