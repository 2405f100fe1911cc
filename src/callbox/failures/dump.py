"""What all threads are doing at one moment, as a failure that nobody raised."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

from callbox.engine.quiet import Quiet
from callbox.failures.capture import format_traceback, surroundings
from callbox.failures.frames import FrameReader
from callbox.failures.model import Failure, Raised, new_id
from callbox.failures.options import CaptureOptions
from callbox.failures.redaction import Secrets, shared_redactor
from callbox.failures.values import ValueWriter

KIND = "dump"
_MAX_THREADS = 50


def dump_threads(
    reason: str, options: CaptureOptions, calls: str = "", *, clock: Callable[[], float] = time.time
) -> Failure:
    """Keep the stacks of all threads, with their variables if the options ask for them.

    Args:
        reason: why it is done, in a few words.
        options: how much is kept.
        calls: the last recorded calls, as text.
        clock: seconds since the epoch.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    with Quiet(), Secrets() as secrets:
        reason = shared_redactor().redact_text(reason)
        stacks = []
        for ident, frame in list(sys._current_frames().items())[:_MAX_THREADS]:
            reader = FrameReader(options, ValueWriter(shared_redactor(), options))
            frames, n_omitted = reader.read(_as_traceback(frame))
            name = names.get(ident, f"thread {ident}")
            stacks.append(Raised(f"thread {name}", frames=frames, n_omitted=n_omitted, relation="member"))
        raised = Raised(f"dump of {len(stacks)} threads", reason, related=tuple(stacks))
        failure = Failure(
            id=new_id(),
            timestamp=clock(),
            test_name=reason,
            exception=raised,
            traceback=format_traceback(raised),
            fingerprint=KIND,
            calls=calls,
            origin=KIND,
            metadata=surroundings(),
        )
        return secrets.remove_from(failure)


def _as_traceback(frame: FrameType | None) -> TracebackType | None:
    found: TracebackType | None = None
    while frame is not None:
        found = TracebackType(found, frame, max(0, frame.f_lasti), frame.f_lineno or frame.f_code.co_firstlineno)
        frame = frame.f_back
    return found
