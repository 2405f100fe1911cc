"""Servers that tests start on the loopback, ask, and stop by their own process id."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.patience import TIMEOUT_S

_PAUSE_S = 0.02


class Service:
    """A server process that listens on a socket which the test has opened for it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        """Start it; `{fd}` in the command stands for the socket's descriptor."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        descriptor = self._socket.fileno()
        self.log = folder / "service.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [word.format(fd=descriptor) for word in command],
                cwd=folder,
                env=clean_environment() | {"HOME": str(folder)},  # where gunicorn has its control socket
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                pass_fds=[descriptor],
            )

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a path; waits for a server that is still starting."""
        connection = http.client.HTTPConnection(*self._socket.getsockname(), timeout=TIMEOUT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def signal(self, number: signal.Signals) -> None:
        """Send the server a signal."""
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it, and wait for that."""
        self._socket.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what configures callbox or pytest."""
    prefixes = ("CALLBOX", "FAILEXTRACT", "PYTEST", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for something to become true; a server that is being replaced may drop who asks it meanwhile."""

    def holds() -> bool:
        with contextlib.suppress(ConnectionError):
            return bool(condition())
        return False

    until = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < until, f"{what} did not happen in {TIMEOUT_S} s"
        time.sleep(_PAUSE_S)
