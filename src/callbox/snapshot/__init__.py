"""Snapshots: what code did, as a text that is the same whenever it does the same."""

from __future__ import annotations

from callbox.snapshot.traced import TracedSnapshot

__all__ = ["TracedSnapshot"]
