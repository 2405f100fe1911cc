"""The name of the local time zone, for tests of calls that depend on it."""

from __future__ import annotations

import functools
import os

_LINK = "/etc/localtime"
_DATABASE = "/zoneinfo/"


def local_zone() -> str:
    """Return the name of the time zone that this process shows times in, as IANA names it; empty if unknown.

    Source: tzset(3): `TZ` says it, else what `/etc/localtime` is a link to, and without either it is UTC.
    """
    name = os.environ.get("TZ")
    return _system_zone() if name is None else name.removeprefix(":") or "UTC"


@functools.cache
def _system_zone() -> str:
    if not os.path.lexists(_LINK):
        return "UTC" if os.name == "posix" else ""
    return os.path.realpath(_LINK).partition(_DATABASE)[2]
