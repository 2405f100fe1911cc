"""Test telemetry for pytest, unittest and Django: queries, N+1, the network, durations; one record for each test."""

from __future__ import annotations

from callbox.telemetry.collector import Collector
from callbox.telemetry.database import watch_connection
from callbox.telemetry.network import NetworkBlockedError
from callbox.telemetry.records import Identity
from callbox.telemetry.settings import TelemetrySettings

__all__ = ["Collector", "Identity", "NetworkBlockedError", "TelemetrySettings", "watch_connection"]
