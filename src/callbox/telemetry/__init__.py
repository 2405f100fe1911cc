"""Test telemetry for pytest, unittest and Django: queries, N+1, the network, durations; one record for each test.

Names are imported when they are first used: a process that a test starts needs but few of them.
"""

from __future__ import annotations

from callbox.lazy import importer

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

__getattr__ = importer(__name__, _MODULES)
