"""From real calls to tests: recording in full, choosing, writing, verifying.

Names are imported when they are first used: `callbox record` stands in the way of a program's start.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callbox.testgen.decorator import trace
    from callbox.testgen.session import install, uninstall

__all__ = ["install", "trace", "uninstall"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"callbox.testgen.{'decorator' if name == 'trace' else 'session'}"), name)
