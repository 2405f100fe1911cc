"""Requests of aiohttp's client."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from callbox.telemetry.web.request import Note, timed


def attach(note: Note) -> Callable[[], None]:
    """Wrap what every method of a session calls; return what undoes it."""
    import aiohttp

    kind: Any = aiohttp.ClientSession
    own = kind._request

    @functools.wraps(own)
    async def request(session: Any, method: str, url: Any, **kwargs: Any) -> Any:
        with timed(note, method, _whole_url(session, url)) as statuses:
            response = await own(session, method, url, **kwargs)
            statuses.append(response.status)
        return response

    kind._request = request

    def detach() -> None:
        kind._request = own

    return detach


def _whole_url(session: Any, url: Any) -> str:
    try:
        return str(session._build_url(url))
    except (ValueError, TypeError):
        return url if isinstance(url, str) else ""  # aiohttp refuses it in its own words
