"""Stores: rows in SQLite and content-addressed blobs, safe under threads, forks, xdist and kills.

Names are imported when they are first used: who looks only for where a store is needs no SQLite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.lazy import importer

if TYPE_CHECKING:
    from callbox.store.schema import Schema
    from callbox.store.sqlite import Store

__all__ = ["Schema", "Store"]

__getattr__ = importer(__name__, {"Schema": "schema", "Store": "sqlite"})
