"""A guard at the door of the network: what tests reach for outside this machine is recorded, and refused if so wished.

It stands on audit events, so whatever opens a connection is seen, also C code that
calls Python's sockets, asyncio, ssl and Unix sockets; `socket.socket` stays the class
it is.

Source: PEP 578, and the table of audit events in the library reference.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from callbox import boarding
from callbox.engine.audit import unwatch_audit, watch_audit
from callbox.telemetry.children import EVENTS, LOOKUPS

_STARTS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"})
_SETTING = frozenset({"os.putenv", "os.unsetenv"})
_WAY_IN: frozenset[str | bytes] = frozenset({b"PYTHONPATH", "PYTHONPATH"})
_WATCHED = {**dict.fromkeys(EVENTS | _STARTS), **dict.fromkeys(_SETTING, _WAY_IN)}
"""Of variables only those that let the guard into new processes: pytest sets one of its own in every phase."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", ""})


class NetworkBlockedError(OSError):
    """A test reached for another machine."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt to reach another machine.

    Attributes:
        kind: "connect", "send" or "lookup".
        host: name or address.
        port: number, or None for a lookup.
        is_blocked: it was refused.
        url: what was to be asked for, where a library's frames tell; else host and port.
        path: places of the project's code that led to it, the nearest first.
        is_child: a process that the test has started made it.
    """

    kind: str
    host: str
    port: int | None
    is_blocked: bool
    url: str
    path: tuple[str, ...]
    is_child: bool = False

    @classmethod
    def of_child(cls, record: dict[str, Any]) -> Call:
        """Return what a process that a test started has told."""
        about = {name: record[name] for name in ("kind", "host", "port", "url")}
        return cls(**about, is_blocked=record["blocked"], path=tuple(record["path"]), is_child=True)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "kind": self.kind,
            "host": self.host,
            "port": self.port,
            "url": self.url,
            "blocked": self.is_blocked,
            "site": self.path[0] if self.path else "",
            "path": list(self.path),
            "child": self.is_child,
        }


class NetworkGuard:
    """Watches, and blocks where it is told to."""

    def __init__(self, mode: str, allowed: Iterable[str] = ()) -> None:
        """Prepare.

        Args:
            mode: "block", "record" or "off".
            allowed: names, addresses and networks (`10.0.0.0/8`) that may be reached.
        """
        self._mode = mode
        self._allowed = frozenset(name.lower() for name in allowed)
        self._process_id = os.getpid()
        self.is_way_in_touched = False
        """Whether a test has set variables of the environment, perhaps those that let the guard into new processes."""
        self.on_call: Callable[[Call], object] = lambda _call: None
        """Told of every attempt to reach another machine that is not allowed."""
        self.is_exempt = False
        """Whether the running test may reach what it likes; it is recorded all the same."""

    def install(self) -> None:
        """Begin to watch."""
        if self._mode == "off":
            return
        # In a forked process, that of the parent has done its duty.
        _guards[:] = [*(guard for guard in _guards if guard._process_id == self._process_id), self]
        watch_audit(_WATCHED, _audit)

    def uninstall(self) -> None:
        """Watch no more."""
        if self in _guards:
            _guards.remove(self)
            if not _guards:
                unwatch_audit()

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at an attempt.

        Raises:
            NetworkBlockedError: it is refused.
        """
        found = _target(event, args)
        if found is None or self._is_allowed(found[1]):
            return
        kind, name, port = found
        host = name.rpartition("@")[2]  # urllib takes a login for a part of the name
        is_blocked = self._mode == "block" and not self.is_exempt
        frame = sys._getframe(1)
        where = host if port is None else f"{host}:{port}"
        url, path = _purpose(host, frame)
        self.on_call(Call(kind, host, port, is_blocked, url or where, path))
        if is_blocked:
            raise NetworkBlockedError(
                f"callbox blocked a {kind} to {where}{f' for {url}' if url else ''}: a test reaches for another "
                "machine; allow the host, or mark the test with @pytest.mark.allow_network"
            )

    def _is_allowed(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        if name in _LOCAL_NAMES or name.endswith(".localhost") or name in self._allowed or name == _own_name():
            return True
        try:
            address = _address(name)
        except ValueError:
            return False
        if address.is_loopback or address.is_unspecified:
            return True
        return any(_contains(entry, address) for entry in self._allowed) or self._is_address_of_allowed(address)

    def _is_address_of_allowed(self, address: Address) -> bool:
        """Say whether an allowed name leads to an address; after a look-up, only the address is connected to."""
        names = [name for name in (_own_name(), *sorted(self._allowed)) if not _is_address(name) and "/" not in name]
        return any(address in _addresses_of(name) for name in names)


def _purpose(host: str, frame: FrameType | None) -> tuple[str, tuple[str, ...]]:
    """Return the URL that a host is reached for, "" where no library tells, and the places that led there."""
    from callbox.telemetry.places import project_path  # few tests reach for the network
    from callbox.telemetry.web.pending import pending_url
    from callbox.telemetry.web.request import clean_url, under_way

    url, path = pending_url(frame), project_path(frame)
    begun = None if url and path else under_way(host)
    if begun is not None:
        url, path = url or clean_url(begun.url), path or begun.path
    return url, tuple(str(place) for place in path)


def _contains(entry: str, address: Address) -> bool:
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _own_name() -> str:
    return socket.gethostname().lower()


def _addresses_of(name: str) -> set[Address]:
    """Look an allowed name up; none where it cannot be."""
    try:
        found = socket.getaddrinfo(name, None)
    except OSError:
        return set()
    return {_address(str(entry[4][0])) for entry in found}


def _address(text: str) -> Address:
    """Read an address; one of IPv4 that stands in one of IPv6 is itself.

    Raises:
        ValueError: it is a name.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def _target(event: str, args: tuple[Any, ...]) -> tuple[str, str, int | None] | None:
    """Return what an event reaches for; None for Unix sockets and the like."""
    if event in LOOKUPS:
        host = args[0]
        takes_none = host is None or (event != "socket.gethostbyaddr" and _is_address(host))
        return None if takes_none else ("lookup", _as_text(host), None)
    address = args[0] if event == "socket.getnameinfo" else args[1]
    if not isinstance(address, tuple) or len(address) < 2:
        return None
    if event == "socket.getnameinfo":
        return ("lookup", _as_text(address[0]), None)
    if args[0].family not in (socket.AF_INET, socket.AF_INET6):
        return None
    return ("connect" if event == "socket.connect" else "send", _as_text(address[0]), int(address[1]))


def _is_address(host: Any) -> bool:
    """Say whether looking a host up takes no network; the connection that follows tells more."""
    try:
        _address(_as_text(host))
    except ValueError:
        return False
    return True


def _as_text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


_guards: list[NetworkGuard] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _STARTS:
        boarding.renew()
    elif event in _SETTING:
        for guard in _guards:
            guard.is_way_in_touched = True
    else:
        for guard in tuple(_guards):
            guard.check(event, args)
