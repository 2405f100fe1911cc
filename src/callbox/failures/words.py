"""Failures as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from callbox.failures.analysis import Analysis
from callbox.failures.history import Group
from callbox.failures.model import Failure, Frame, Raised
from callbox.failures.plain import iso_time
from callbox.render.text import count

_MAX_VALUE_CHARS = 160
_CONTEXT_LINES = 2
_N_FRAMES = 2
_MAX_CALL_LINES = 40


def kind_lines(groups: Sequence[Group]) -> Iterator[str]:
    """Write a line for each kind of failures."""
    width = max((len(f"{group.n:,}") for group in groups), default=1)
    for group in groups:
        last = iso_time(group.last)[:19].replace("T", " ")
        yield f"{group.fingerprint}  {group.n:>{width},}×  {last}  {group.test_name}  {group.summary}"


def failure_lines(failure: Failure) -> Iterator[str]:
    """Write everything that is known of a failure, the place where it was raised last."""
    yield f"{failure.test_name}  {failure.summary}"
    yield f"{failure.filename}:{failure.line}, {iso_time(failure.timestamp)}, caught by {failure.origin or 'hand'}"
    yield f"id {failure.id}, kind {failure.fingerprint}"
    yield from _values("arguments", failure.arguments)
    if failure.fixtures != failure.arguments:
        yield from _values("fixtures", failure.fixtures)
    if failure.exception is not None:
        yield from _raised_lines(failure.exception)
    if failure.calls:
        yield from ("", "the last calls")
        yield from (f"  {line}" for line in failure.calls.splitlines())
    if failure.metadata:
        yield ""
        yield ", ".join(f"{name} {value}" for name, value in failure.metadata.items())


def _raised_lines(raised: Raised) -> Iterator[str]:
    for other in raised.related:
        if other.relation != "member":
            yield from _raised_lines(other)
            yield from ("", "which was its cause:" if other.relation == "cause" else "while handling it:")
    for frame in raised.frames:
        yield from frame_lines(frame)
    if raised.frames:
        yield ""
    yield f"{raised.type}: {raised.message}" if raised.message else raised.type
    yield from (f"  {note}" for note in raised.notes)
    yield from _values("it holds", raised.attributes)
    members = [other for other in raised.related if other.relation == "member"]
    for number, member in enumerate(members, 1):
        yield from ("", f"member {number} of {len(members)}")
        yield from (f"  {line}" for line in _raised_lines(member))


def sections(failure: Failure) -> list[tuple[str, str]]:
    """Write what is to stand under a test's traceback: titles, and places with their variables, and the last calls."""
    frames = failure.exception.frames[-_N_FRAMES:] if failure.exception else ()
    lines = [line for frame in frames for line in frame_lines(frame)]
    found = [("callbox: where it failed", "\n".join(lines[1:]))]
    if failure.calls:
        found.append(("callbox: last calls", "\n".join(failure.calls.splitlines()[-_MAX_CALL_LINES:])))
    return found


def frame_lines(frame: Frame) -> Iterator[str]:
    """Write a frame: its place, the lines around it, its variables."""
    yield ""
    yield f"{frame.filename}:{frame.line}  {frame.function}"
    for number, text in enumerate(frame.code, frame.first_line):
        if abs(number - frame.line) <= _CONTEXT_LINES:
            yield f"  {'>' if number == frame.line else ' '} {number:>4}  {text}"
    if frame.locals:
        yield from (f"      {name} = {_clip(value)}" for name, value in frame.locals.items())


def analysis_lines(found: Iterable[Analysis]) -> Iterator[str]:
    """Write what kinds of failures have in common."""
    for each in found:
        group = each.group
        yield f"{group.summary}"
        yield f"  {count(group.n, 'time')} in {group.test_name} at {group.place}, kind {group.fingerprint}"
        yield f"  first {iso_time(group.first)}, last {iso_time(group.last)}"
        if len(each.messages) > 1:
            yield f"  messages: {'; '.join(_clip(message) for message in each.messages)}"
        if each.path:
            yield f"  always through {' → '.join(each.path)}"
        if each.only_failing:
            yield from _indented(f"never so in {each.n_passed} passed calls", each.only_failing)
        shared = {name: value for name, value in each.common.items() if name not in each.only_failing}
        if shared:
            yield from _indented(f"the same in all {each.n_examined}", shared)
        varying = {name: ", ".join(_clip(value, 40) for value in values) for name, values in each.varying.items()}
        if varying:
            yield from _indented("different", varying)
        yield ""


def _indented(title: str, values: Mapping[str, str]) -> Iterator[str]:
    yield f"  {title}:"
    yield from (f"    {name} = {_clip(value)}" for name, value in values.items())


def _values(title: str, values: Mapping[str, str]) -> Iterator[str]:
    if values:
        yield from ("", title)
        yield from (f"  {name} = {_clip(value)}" for name, value in values.items())


def _clip(text: str, max_chars: int = _MAX_VALUE_CHARS) -> str:
    line = " ".join(text.split("\n"))
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"
