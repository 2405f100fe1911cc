"""The decoder of exact values. An input is a body, whose checksum is made right, so that the fuzzer gets past it.

Anything but a value or a FormatError is a finding.
"""

from __future__ import annotations

from fuzz.examples import EXAMPLES

from callbox.errors import CaptureError, FormatError
from callbox.values.exact import arrays, decode, encode
from callbox.values.exact.wire import HEADER_BYTES, seal

FAMILIES = (arrays,)
"""Loaded before the first input, which would else load it with the instrumentation's pace."""


def examples() -> list[bytes]:
    """Encode one or more values of every kind."""
    return [encode(example)[HEADER_BYTES:] for example in EXAMPLES]


def check(body: bytes) -> None:
    """Decode a body; what becomes a value must be one that can be looked at."""
    try:
        value = decode(seal(body), allow=["fuzz.*"])
    except FormatError:
        return
    try:
        encode(value)
    except CaptureError:
        return
