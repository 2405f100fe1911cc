"""Stores: rows in SQLite and content-addressed blobs, safe under threads, forks, xdist and kills."""

from __future__ import annotations

from callbox.store.schema import Schema
from callbox.store.sqlite import Store

__all__ = ["Schema", "Store"]
