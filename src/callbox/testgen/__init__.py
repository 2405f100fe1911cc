"""From real calls to tests: recording in full, choosing, writing, verifying."""

from __future__ import annotations
