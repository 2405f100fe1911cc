"""What a run computed, gathered: results, kept values, changed state, printed output."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from callbox.bench.model import Part
from callbox.errors import CaptureError
from callbox.values.exact import Limits, encode, fingerprint
from callbox.values.exact.secrets import find_secret

MAX_KEPT = 8
"""Values kept of one place that is passed many times, besides the last."""
MAX_WATCHED_BYTES = 256 << 20
_DIGEST_BYTES = 16
_NOTHING = object()


class Keeper:
    """Keeps the values that a rewritten body hands over, by the place that they come from."""

    def __init__(self) -> None:
        self._places: dict[str, list[Any]] = {}
        self._last: dict[str, Any] = {}

    def keep(self, name: str, value: Any) -> Any:
        """Keep a value and return it; of a place passed often, the first ones and the last."""
        kept = self._places.setdefault(name, [])
        if len(kept) < MAX_KEPT:
            kept.append(value)
        else:
            self._last[name] = value
        return value

    def values(self) -> dict[str, Any]:
        """Return what each place gave: the value, or a list if there were several; no place that gave only None."""
        found = {}
        for name, kept in self._places.items():
            values = [*kept, self._last[name]] if name in self._last else kept
            if any(value is not None for value in values):
                found[name] = values[0] if len(values) == 1 else values
        return found


class Watch:
    """Tells what a run changed in place: attributes of the benchmark's instance, and its arguments."""

    def __init__(self, instance: Any, arguments: Mapping[str, Any]) -> None:
        self._instance = instance
        self._arguments = arguments
        self._before = {name: _fingerprint(value) for name, value in self._state().items()}

    def changes(self) -> dict[str, Any]:
        """Return what is new or different now."""
        state = self._state()
        changed = {
            name: value
            for name, value in state.items()
            if self._before.get(name) != (now := _fingerprint(value)) and now is not None
        }
        gone = dict.fromkeys(self._before.keys() - state.keys(), "(deleted)")
        return {**changed, **gone}

    def _state(self) -> dict[str, Any]:
        attributes = getattr(self._instance, "__dict__", {})
        return {**{f"self.{name}": value for name, value in attributes.items()}, **self._arguments}


def _fingerprint(value: Any) -> str | None:
    """Return a hash of the content; None for what cannot be encoded, such as a lock, a file or 1 GB of data."""
    try:
        return fingerprint(value)
    except CaptureError:
        return None


def encode_parts(
    values: Mapping[str, Any], allow: tuple[str, ...] = (), known: Collection[str] = ()
) -> tuple[Part, ...]:
    """Encode values exactly, each for itself: one that cannot be encoded costs no other.

    Args:
        values: by name.
        allow: `pickle:` entries of classes that may be pickled.
        known: digests whose data are not wanted again.
    """
    parts = []
    for name, value in values.items():
        try:
            data = encode(value, allow=allow, name=name, limits=Limits(max_bytes=MAX_WATCHED_BYTES * 4))
        except CaptureError as refusal:
            parts.append(Part(name, refused=str(refusal)))
            continue
        digest = digest_of(data)
        is_known = digest in known
        secret = "" if is_known else find_secret(data)
        parts.append(Part(name, digest, len(data), secret=secret, data=b"" if is_known else data))
    return tuple(parts)


def digest_of(data: bytes) -> str:
    """Return the hash that stands for bytes, 32 hex digits."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()
