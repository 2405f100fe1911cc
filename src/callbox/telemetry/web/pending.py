"""The URL that a library was about to ask for, read from the frames that lead to a connection."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

from callbox.telemetry.web.http_client import origin, whole_url
from callbox.telemetry.web.request import clean_url

_MAX_FRAMES = 60


def pending_url(frame: FrameType | None) -> str:
    """Return the URL that the code on a stack asks for; "" where no library known here is on it.

    Only variables of the libraries' own functions are read, which are of their own types.
    """
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return ""
        read = _READERS.get(frame.f_code.co_name)
        if read is not None and frame.f_code.co_filename.endswith(read[0]):
            return clean_url(read[1](frame.f_locals))
        frame = frame.f_back
    return ""


def _of_urllib3(found: dict[str, Any]) -> str:
    pool, url = found["self"], str(found["url"])
    return url if "://" in url else f"{origin(pool.scheme, pool.host, pool.port)}{url}"


_READERS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "_send_request": ("/http/client.py", lambda found: whole_url(found["self"], str(found["url"]))),
    "do_open": ("/urllib/request.py", lambda found: str(found["req"].full_url)),
    "urlopen": ("/urllib3/connectionpool.py", _of_urllib3),
    "handle_request": ("/httpx/_transports/default.py", lambda found: str(found["request"].url)),
    "handle_async_request": ("/httpx/_transports/default.py", lambda found: str(found["request"].url)),
    "_connect_and_send_request": ("/aiohttp/client.py", lambda found: str(found["req"].url)),
    "_request": ("/aiohttp/client.py", lambda found: str(found["str_or_url"])),
}
"""By the name of a function: the end of its file, and how its variables give the URL."""
