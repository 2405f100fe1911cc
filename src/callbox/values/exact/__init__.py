"""The exact codec: a value as bytes that give the same value back, or a refusal that says why not."""

from __future__ import annotations

from callbox.values.exact import (
    aliases,
    containers,
    exceptions,
    iterators,
    library,
    locks,
    objects,
    references,
    streams,
)
from callbox.values.exact.decode import decode
from callbox.values.exact.encode import encode, fingerprint
from callbox.values.exact.wire import Limits

__all__ = ["KINDS", "Limits", "decode", "encode", "fingerprint"]

KINDS = (aliases, containers, exceptions, iterators, library, locks, objects, references, streams)
"""The modules that register what the standard library has; those of other libraries load when they are met."""
