"""What is known of a failure: frozen, redacted, all of it text and numbers."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

_END_OF_TIME_S = 253_402_300_800.0
"""The year 10000, which no calendar here has; milliseconds since the epoch are beyond it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a traceback.

    Attributes:
        filename: of the source.
        line: the line that was running.
        function: qualified name.
        module: name of the module; empty if unknown.
        first_line: number of the first line of `code`.
        code: lines around the one that was running, as they stand in the source.
        source: the function's source; empty where there is none, or none was asked for.
        class_source: source of the class whose method it is; empty likewise.
        locals: what its variables held, written by name; None where none were asked for.
    """

    filename: str
    line: int
    function: str
    module: str = ""
    first_line: int = 0
    code: tuple[str, ...] = ()
    source: str = ""
    class_source: str = ""
    locals: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception, and those that belong to it.

    Attributes:
        type: full name of its class.
        message: what it says, as far as that can be known without running its code.
        notes: what `add_note` added.
        attributes: what else it holds, written by name.
        frames: outermost first.
        n_omitted: frames between the outer and the inner ones that are not kept.
        relation: how it leads to the exception that holds it: "cause", "context", "member" of a group, or nothing.
        related: its cause or context, then members of a group.
    """

    type: str
    message: str = ""
    notes: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    n_omitted: int = 0
    relation: str = ""
    related: tuple[Raised, ...] = ()


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A call that would fail again, as source, or why there is none.

    Attributes:
        function: full name of what was called.
        imports: import statements.
        setup: statements before the call.
        call: the call; empty where there is a reason.
        reason: why it cannot be written.
    """

    function: str
    imports: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    call: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure.

    Attributes:
        id: unique text.
        timestamp: seconds since the epoch.
        test_name: the test or the function that failed.
        module: where it is defined.
        filename: where it failed, in the innermost function that is in no library.
        line: the line there.
        exception: what was raised; None of a failure that was reported by hand.
        traceback: as the interpreter would print it, without the values' own code.
        fingerprint: the same for failures of one kind: type and places, not messages and line numbers.
        source: source of the test or function.
        arguments: what it was called with, written by name.
        fixtures: those of a test, by name.
        calls: the last recorded calls of each thread, as a tree; empty where no recorder ran.
        origin: who caught it: "decorator", "pytest", "excepthook", ...
        metadata: Python, process, thread and what else is known of the surroundings.
        reproductions: frames, outermost first, up to one whose call can be made again.
    """

    id: str
    timestamp: float
    test_name: str
    module: str = ""
    filename: str = ""
    line: int = 0
    exception: Raised | None = None
    traceback: str = ""
    fingerprint: str = ""
    source: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    fixtures: dict[str, str] = field(default_factory=dict)
    calls: str = ""
    origin: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    reproductions: tuple[Reproduction, ...] = ()

    @property
    def summary(self) -> str:
        """The exception's short name and message on one line."""
        if self.exception is None:
            return str(self.metadata.get("message", ""))
        short = self.exception.type.rpartition(".")[2]
        first_line = self.exception.message.partition("\n")[0]
        return f"{short}: {first_line}" if first_line else short


@dataclass(frozen=True, slots=True)
class Passed:
    """One call or test that went well."""

    test_name: str
    timestamp: float
    module: str = ""
    duration: float | None = None
    """Seconds; None if nobody measured it."""
    arguments: dict[str, str] = field(default_factory=dict)


def new_id() -> str:
    """Return an id that no other failure has."""
    return uuid.uuid4().hex[:12]


def from_mapping(fields: Mapping[str, Any], timestamp: float) -> Failure:
    """Take what somebody knows of a failure; what does not fit a field of `Failure` goes into its metadata."""
    known = _fitting({"id": new_id(), "timestamp": timestamp, "test_name": "unknown"}, fields, Failure)
    rest = {name: value for name, value in fields.items() if name not in known or known[name] is not value}
    metadata = rest.pop("metadata", known.pop("metadata", {}))
    known["metadata"] = {**(metadata if isinstance(metadata, Mapping) else {"metadata": metadata}), **rest}
    return _convert(known, Failure)


def passed_from_mapping(fields: Mapping[str, Any], timestamp: float) -> Passed:
    """Take what somebody knows of a call that went well; what does not fit a field of `Passed` is left out."""
    fields = dict(fields)
    if isinstance(arguments := fields.get("arguments"), Mapping):
        fields["arguments"] = {name: str(value) for name, value in arguments.items()}
    return _convert(_fitting({"timestamp": timestamp, "test_name": "unknown"}, fields, Passed), Passed)


def _fitting(known: dict[str, Any], fields: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    """Return what is known, with those of some fields that a record of that kind can have."""
    names = {f.name for f in dataclasses.fields(kind)}
    return known | {
        name: value for name, value in fields.items() if name in names and _fits({**known, name: value}, kind)
    }


def _fits(fields: Mapping[str, Any], kind: type[Any]) -> bool:
    import msgspec

    try:
        timestamp: float = _convert(fields, kind).timestamp
    except msgspec.ValidationError:
        return False
    return 0 <= timestamp < _END_OF_TIME_S


def _convert(fields: Mapping[str, Any], kind: type[T]) -> T:
    import msgspec

    found: T = msgspec.convert(fields, kind)
    return found
