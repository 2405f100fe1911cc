"""HTTP requests of whatever library a process has loaded, told to one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.telemetry.attachments import Attachments

if TYPE_CHECKING:
    from callbox.telemetry.web.request import Note

_LIBRARIES = {"http.client": "http_client", "httpx": "httpx", "aiohttp.client": "aiohttp"}


class RequestWatchers:
    """Attaches to HTTP libraries as they are loaded, and lets go of them."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._attachments = Attachments(__name__, _LIBRARIES)

    def attach(self) -> None:
        """Attach to libraries that were loaded since the last time."""
        self._attachments.attach(self._note)

    def detach(self) -> None:
        """Let go of all of them."""
        self._attachments.detach()
