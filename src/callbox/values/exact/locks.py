"""Locks that nobody holds: objects that are safe for threads have one, and nothing in it is worth keeping."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

MAKERS = {"lock": threading.Lock, "RLock": threading.RLock}
"""What makes a lock, by the name of its type."""
_NAMES = tuple(MAKERS)
LOCKS = tuple(cls for cls in (type(make()) for make in MAKERS.values()) if cls.__module__ == "_thread")
"""Without those that gevent has put in their places."""


def _pack_lock(_encoder: Encoder, value: Any, link: Link) -> Row:
    # An RLock says no other way that another thread holds it; this is C that makes a text.
    if not repr(value).startswith("<unlocked "):
        raise RefusedPartError(link, "it is a lock that is held: it belongs to the running process")
    return [_NAMES.index(type(value).__name__)]


def _build_lock(_decoder: Decoder, row: Row) -> Any:
    (index,) = row
    return MAKERS[_NAMES[index]]()


register(Eager(Tag.LOCK, LOCKS, _pack_lock, _build_lock, is_shared_by_content=False))
