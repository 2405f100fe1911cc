"""From an exception to a `Failure`: bounded in time and size, redacted, none of the values' own code run."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import platform
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from callbox.failures import source
from callbox.failures.frames import FrameReader
from callbox.failures.model import Failure, Frame, Raised, Reproduction, new_id
from callbox.failures.options import CaptureOptions
from callbox.failures.raised import RaisedReader, traceback_of
from callbox.failures.redaction import Secrets, shared_redactor
from callbox.failures.values import ValueWriter

_FINGERPRINT_FRAMES = 8
_RELATIONS = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What failed: a test or a function, and what it was called with.

    Attributes:
        name: its name; empty: that of the innermost function of the program in the traceback.
        module: where it is defined.
        code: its code, if it is a Python function.
        arguments: by name; None where they are to be read from its frame in the traceback.
        fixtures: those of a test, by name.
        is_test: whether a test runner called it, so that its arguments are fixtures.
        metadata: what else is known.
    """

    name: str = ""
    module: str = ""
    code: types.CodeType | None = None
    arguments: Mapping[str, Any] | None = None
    fixtures: Mapping[str, Any] = field(default_factory=dict)
    is_test: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


def capture(
    error: BaseException,
    options: CaptureOptions,
    subject: Subject | None = None,
    *,
    origin: str = "",
    calls: str = "",
    clock: Callable[[], float] = time.time,
) -> Failure:
    """Keep what can be known of a failure. The exception and its traceback stay as they are.

    Args:
        error: what was raised.
        options: how much to keep.
        subject: what failed, if the caller knows.
        origin: who caught it.
        calls: the last recorded calls, as text.
        clock: seconds since the epoch.
    """
    with Secrets() as secrets:
        failure = _capture(error, options, subject or Subject())
        return secrets.remove_from(dataclasses.replace(failure, timestamp=clock(), origin=origin, calls=calls))


def _capture(error: BaseException, options: CaptureOptions, subject: Subject) -> Failure:
    redactor = shared_redactor()
    writer = ValueWriter(redactor, options)
    arguments = writer.write_all(subject.arguments)
    fixtures = writer.write_all(subject.fixtures) if options.include_fixtures else {}
    raised = RaisedReader(FrameReader(options, writer, subject.code), writer).read(error)
    own = _own_frame(raised)
    is_fixtures = subject.is_test and options.include_fixtures and not subject.fixtures
    return Failure(
        id=new_id(),
        timestamp=0.0,
        test_name=redactor.redact_text(subject.name) or (own.function if own else "unknown"),
        module=subject.module or (own.module if own else ""),
        filename=own.filename if own else subject.code.co_filename if subject.code else "",
        line=own.line if own else 0,
        exception=raised,
        traceback=format_traceback(raised),
        fingerprint=fingerprint_of(raised),
        source=source.source_of(subject.code, options.max_code_lines) if subject.code else own.source if own else "",
        arguments=arguments,
        fixtures={**(arguments if is_fixtures else {}), **fixtures},
        metadata={**surroundings(), **writer.write_metadata(subject.metadata)},
        reproductions=_reproductions(error, subject) if options.reproduce else (),
    )


def surroundings() -> dict[str, Any]:
    """Describe the process and the thread."""
    return {
        "python": _python(),
        "platform": sys.platform,
        "process_id": os.getpid(),
        "thread": threading.current_thread().name,
    }


@functools.cache
def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _reproductions(error: BaseException, subject: Subject) -> tuple[Reproduction, ...]:
    # writing source takes modules that most programs never need
    from callbox.failures.reproduce import reproductions_of

    return reproductions_of(traceback_of(error), subject.code if subject.is_test else None)


def describe_arguments(values: Mapping[str, Any], options: CaptureOptions) -> dict[str, str]:
    """Write what a call was given, as failures keep it."""
    return ValueWriter(shared_redactor(), options).write_all(values) if values else {}


def _own_frame(raised: Raised) -> Frame | None:
    """Return the innermost frame that is the program's own."""
    if not raised.frames:
        return next((found for other in raised.related if (found := _own_frame(other))), None)
    own = [frame for frame in raised.frames if not source.is_library(frame.filename)]
    return (own or list(raised.frames))[-1]


def fingerprint_of(raised: Raised) -> str:
    """Return what failures of one kind share: types, and functions and lines of code, wherever in a file they stand."""
    digest = hashlib.blake2b(digest_size=8)
    for part in _fingerprint_parts(raised):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _fingerprint_parts(raised: Raised) -> Iterator[str]:
    yield raised.type
    own = [frame for frame in raised.frames if not source.is_library(frame.filename)] or raised.frames
    # recursion of any depth is one kind
    for frame in dict.fromkeys(_place(frame) for frame in own[-_FINGERPRINT_FRAMES:]):
        yield from frame
    for other in raised.related:
        if other.relation != "member":
            yield other.relation
            yield from _fingerprint_parts(other)
    # tasks that fail at once end in any order, and in any number
    for parts in sorted({tuple(_fingerprint_parts(other)) for other in raised.related if other.relation == "member"}):
        yield from ("member", *parts)


def _place(frame: Frame) -> tuple[str, str, str]:
    return frame.module or frame.filename, frame.function, source.line_of(frame.filename, frame.line)


def format_traceback(raised: Raised) -> str:
    """Write a traceback as the interpreter does, with the exceptions that led to it before it."""
    return "\n".join(_traceback_lines(raised, ""))


def _traceback_lines(raised: Raised, indent: str) -> Iterator[str]:
    for other in raised.related:
        if other.relation in _RELATIONS:
            yield from _traceback_lines(other, indent)
            yield from (indent.rstrip(), f"{indent}{_RELATIONS[other.relation]}", indent.rstrip())
    if raised.frames:
        yield f"{indent}Traceback (most recent call last):"
    yield from (indent + line for line in _frame_lines(raised.frames, raised.n_omitted))
    name = raised.type.removeprefix("builtins.")
    for number, line in enumerate(f"{name}: {raised.message}".removesuffix(": ").split("\n")):
        yield f"{indent}{line}" if number or line else indent
    for note in raised.notes:
        yield from (f"{indent}{line}" for line in note.split("\n"))
    members = [other for other in raised.related if other.relation == "member"]
    for number, member in enumerate(members, 1):
        yield f"{indent}  ┌─ {number} of {len(members)}"
        yield from _traceback_lines(member, indent + "  │ ")


def _frame_lines(frames: Iterable[Frame], n_omitted: int) -> Iterator[str]:
    frames = list(frames)
    previous: tuple[str, int, str] | None = None
    n_repeats = 0
    for index, frame in enumerate(frames):
        place = frame.filename, frame.line, frame.function
        n_repeats = n_repeats + 1 if place == previous else 0
        if n_repeats < 3:
            yield f'  File "{frame.filename}", line {frame.line}, in {frame.function}'
            code = source.line_of(frame.filename, frame.line)
            if code:
                yield f"    {code}"
        elif index + 1 == len(frames) or place != _place_of(frames[index + 1]):
            yield f"  [Previous line repeated {n_repeats - 2} more time{'s' if n_repeats > 3 else ''}]"
        previous = place
        if n_omitted and index + 1 == len(frames) // 2:
            yield f"  … {n_omitted:,} frames left out …"


def _place_of(frame: Frame) -> tuple[str, int, str]:
    return frame.filename, frame.line, frame.function
