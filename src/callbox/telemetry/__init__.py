"""Test telemetry for pytest, unittest and Django: queries, N+1, the network, durations; one record for each test.

Names are imported when they are first used: a process that a test starts needs but few of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callbox.telemetry.collector import Collector
    from callbox.telemetry.database import watch_connection
    from callbox.telemetry.network import NetworkBlockedError
    from callbox.telemetry.records import Identity
    from callbox.telemetry.settings import TelemetrySettings

__all__ = ["Collector", "Identity", "NetworkBlockedError", "TelemetrySettings", "watch_connection"]

_MODULES = {
    "Collector": "collector",
    "Identity": "records",
    "NetworkBlockedError": "network",
    "TelemetrySettings": "settings",
    "watch_connection": "database",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
