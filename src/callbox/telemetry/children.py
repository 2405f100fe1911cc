"""The network guard in the processes that tests start.

A Python process that inherits the environment is let in as those of `callbox run` are, and
watches from its first instruction. Until it reaches for the network, that costs it an
audit hook and no import. What it and forked processes reach for they tell by a file, which
the process of the tests reads when a test ends. The first that has something to tell makes it:
most runs have none, and one that is killed leaves none.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from callbox import boarding

if TYPE_CHECKING:
    from callbox.telemetry.network import Call, NetworkGuard

LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getnameinfo", *LOOKUPS})
"""Audit events of what reaches for a host."""
_PIECE_BYTES = 1 << 16
_FILE_MODE = 0o600
_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_inherited: list[_Inherited] = []


class Children:
    """Has the processes that this one starts guarded, and hears what they reach for."""

    def __init__(self, mode: str, allowed: Sequence[str]) -> None:
        """Prepare.

        Args:
            mode: "block", "record" or "off".
            allowed: names, addresses and networks that may be reached.
        """
        self._mode = mode
        self._plan: dict[str, Any] = {"owner": os.getpid(), "allowed": list(allowed)}
        self._told = ""
        """The file; "" where nobody is guarded."""
        self._fd = -1

    def install(self) -> None:
        """Begin; a guard that this process has from the one that started it makes way."""
        if self._mode == "off":
            return
        import tempfile

        _inherited.clear()
        # The name cannot be guessed: no stranger has put something else in its place.
        self._told = f"{tempfile.gettempdir()}/callbox-{os.urandom(16).hex()}.jsonl"
        self._plan["told"] = self._told
        self.let_in(is_exempt=False)

    def let_in(self, *, is_exempt: bool) -> None:
        """Guard the processes that begin from now on; what an exempt one reaches for is recorded."""
        if self._told:
            boarding.let_in(__name__, {**self._plan, "mode": "record" if is_exempt else self._mode})

    def tell(self, call: Call) -> None:
        """Say in a process that this one has forked what it reaches for."""
        _tell(self._plan, call)

    def heard(self) -> list[dict[str, Any]]:
        """Return what was told since the last time."""
        if self._fd < 0 and self._told and os.access(self._told, os.R_OK):
            with contextlib.suppress(OSError):
                self._fd = os.open(self._told, os.O_RDONLY | _NO_LINK)
        if self._fd < 0:
            return []
        return [json.loads(line) for line in _read(self._fd).splitlines()]

    def uninstall(self) -> None:
        """Guard no more of them."""
        if not self._told:
            return
        boarding.keep_out(__name__)
        if self._fd >= 0:
            os.close(self._fd)
        with contextlib.suppress(OSError):
            os.unlink(self._told)  # noqa: PTH108
        self._told, self._fd = "", -1


class _Inherited:
    """The guard of a process that a test has started; what it takes is imported when it is first needed."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._plan = plan
        self._guard: NetworkGuard | None = None

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at an attempt; it may be refused."""
        if self._guard is None:
            self._guard = _imported("callbox.telemetry.network").NetworkGuard(self._plan["mode"], self._plan["allowed"])
            self._guard.on_call = functools.partial(_tell, self._plan)
        self._guard.check(event, args)


def board(plan: Mapping[str, Any], _loaded_before: Collection[str]) -> None:
    """Guard this process, and those that it starts."""
    _inherited.append(_Inherited(plan))
    sys.addaudithook(_audit)
    boarding.let_in(__name__, plan)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in EVENTS and _inherited:
        _inherited[0].check(event, args)


def _imported(name: str) -> Any:
    """Import a module, from where the tests have it if this interpreter does not."""
    sys.path.append(boarding.PACKAGE_PARENT)
    try:
        return importlib.import_module(name)
    finally:
        # The last one: the folder may have been on the path before.
        del sys.path[len(sys.path) - 1 - sys.path[::-1].index(boarding.PACKAGE_PARENT)]


def _tell(plan: Mapping[str, Any], call: Call) -> None:
    """Say what a process reaches for, as long as somebody listens."""
    if not _is_running(plan["owner"]):
        return
    line = json.dumps(call.as_record()).encode() + b"\n"
    with contextlib.suppress(OSError):
        descriptor = os.open(plan["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, _FILE_MODE)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def _is_running(process: int) -> bool:
    """Say whether a process lives; on Windows, where to ask would end it, it is believed to."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is another user's
    return True


def _read(descriptor: int) -> bytes:
    """Return what was written since the last time, line by line."""
    data = b""
    with contextlib.suppress(OSError):
        while piece := os.read(descriptor, _PIECE_BYTES):
            data += piece
    return data
