"""From real calls to tests: recording in full, choosing, writing, verifying."""

from __future__ import annotations

from callbox.testgen.decorator import trace
from callbox.testgen.session import install, uninstall

__all__ = ["install", "trace", "uninstall"]
