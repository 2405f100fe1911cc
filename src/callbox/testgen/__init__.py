"""From real calls to tests: recording in full, choosing, writing, verifying.

Names are imported when they are first used: `callbox record` stands in the way of a program's start.
"""

from __future__ import annotations

from callbox.lazy import importer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callbox.testgen.decorator import trace
    from callbox.testgen.session import install, uninstall

__all__ = ["install", "trace", "uninstall"]

_MODULES = {"install": "session", "trace": "decorator", "uninstall": "session"}

__getattr__ = importer(__name__, _MODULES)
