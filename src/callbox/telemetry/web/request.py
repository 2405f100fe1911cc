"""A request: while it is under way, and what came of it; no secrets of URLs."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from callbox.telemetry.places import Place, project_path

_MAX_URL = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what came of it.

    Attributes:
        method: "GET" and the like.
        url: without what is secret in it.
        host, port: of the server.
        duration_ns: until the head of the response was there.
        status: of the response; None if there was none.
        error: the exception's class if there was no response.
        path: places of the project's code that led to it, the nearest first.
    """

    method: str
    url: str
    host: str
    port: int | None
    duration_ns: int
    status: int | None
    error: str
    path: tuple[Place, ...]

    @classmethod
    def ended(cls, method: str, url: str, duration_ns: int, outcome: int | BaseException) -> Request:
        """Describe a request that ended now, made by the code that calls.

        Args:
            method: as the library was given it.
            url: the whole of it.
            duration_ns: what it took.
            outcome: the status of the response, or what was raised in place of one.
        """
        host, port = host_of(url)
        return cls(
            method=method.upper(),
            url=clean_url(url),
            host=host,
            port=port,
            duration_ns=duration_ns,
            status=None if isinstance(outcome, BaseException) else outcome,
            error=type(outcome).__qualname__ if isinstance(outcome, BaseException) else "",
            path=project_path(sys._getframe()),
        )

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "duration": round(self.duration_ns / 1e6, 3),
            "error": self.error,
            "site": str(self.path[0]) if self.path else "",
        }


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A request that is under way: its URL as it is, its host, and the places that led to it, the nearest first."""

    url: str
    host: str
    path: tuple[Place, ...]


_under_way: list[Begun] = []
Note = Callable[[Request], object]


@contextlib.contextmanager
def timed(note: Note, method: str, url: str) -> Iterator[list[int]]:
    """Time a request, and tell of it; the block adds the status of its response."""
    statuses: list[int] = []
    begun = Begun(url, host_of(url)[0], project_path(sys._getframe()))
    _under_way.append(begun)
    began_ns = time.perf_counter_ns()
    try:
        yield statuses
    except BaseException as error:
        note(Request.ended(method, url, time.perf_counter_ns() - began_ns, error))
        raise
    finally:
        _under_way.remove(begun)
    note(Request.ended(method, url, time.perf_counter_ns() - began_ns, statuses[0]))


def under_way(host: str) -> Begun | None:
    """Return the request that a host is asked for now, the last one that began; None if there is none.

    Asynchronous libraries look names up in threads and connect in tasks of their own, whose frames tell nothing of it.
    """
    return next((begun for begun in reversed(_under_way) if begun.host == host.lower()), None)


def host_of(url: str) -> tuple[str, int | None]:
    """Return host and port of a URL; what is none has none: the library that is asked for it refuses it."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None


def clean_url(url: str) -> str:
    """Return a URL without passwords and secret parameters, not too long."""
    return clean_text(url[:_MAX_URL])


def clean_text(text: str) -> str:
    """Return a text with markers in the place of secrets."""
    from callbox.values.redact import project_redactor

    return project_redactor().redact_text(text)
