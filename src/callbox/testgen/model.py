"""The words of recorded calls: functions, calls, effects."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

MAIN = "__main__"
"""The module of a script."""


class Kind(enum.StrEnum):
    """What calling a function gives."""

    FUNCTION = "function"
    GENERATOR = "generator"
    COROUTINE = "coroutine"
    ASYNC_GENERATOR = "async generator"


class Outcome(enum.StrEnum):
    """How a call ended."""

    RETURNED = "returned"
    RAISED = "raised"


@dataclass(frozen=True, slots=True)
class Target:
    """A function whose calls were recorded.

    Attributes:
        module: its module's name.
        qualname: its name inside the module, e.g. `Order.total`.
        filename: its source file.
        line: where it begins.
        kind: what calling it gives.
        parameters: their names, keyword-only ones after the others, then `*args` and `**kwargs`.
        n_positional: how many of them can be passed by position.
        n_positional_only: how many of those cannot be passed by name.
        n_keyword_only: how many can be passed by name alone.
        has_varargs: whether there is an `*args`.
        has_varkwargs: whether there is a `**kwargs`.
        main: name of the module that `-m` ran as the main one, where the function is in it.
    """

    module: str
    qualname: str
    filename: str
    line: int
    kind: Kind
    parameters: tuple[str, ...]
    n_positional: int
    n_positional_only: int
    n_keyword_only: int
    has_varargs: bool
    has_varkwargs: bool
    main: str = ""

    @property
    def full_name(self) -> str:
        """`module.qualname`, the name people know it by."""
        return f"{self.module}.{self.qualname}"

    @property
    def import_module(self) -> str:
        """The name by which a test imports its module; a script's is that of its file."""
        return self.main or Path(self.filename).stem if self.module == MAIN else self.module

    @property
    def import_name(self) -> str:
        """The full name by which a test knows it."""
        return f"{self.import_module}.{self.qualname}"

    @property
    def names(self) -> frozenset[str]:
        """The full names by which it may be meant."""
        return frozenset({self.full_name, self.import_name})


@dataclass(frozen=True, slots=True)
class Effect:
    """Something outside its arguments that a call touched.

    Attributes:
        kind: "reads file", "writes file", "changes files", "environment", "network", "process",
            "database" or "randomness"; or a kind of `callbox.testgen.ambient`.
        detail: a path, an address, a command, redacted; of randomness the seed, if it is known; a variable.
        content: what the file held, after the call; the value of a variable; None for large files and anything else.
    """

    kind: str
    detail: str = ""
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class InnerCall:
    """A call that a recorded call made to a function which its test may replay.

    Attributes:
        target: the function.
        caller: module of the code that called it.
        passed: how many arguments stood in the call by position, and the names of the others; None if unknown.
        arguments: exact encoding of what each parameter held; empty where there is none, and for `self`.
        end: exact encoding of what it returned, of the exception that it raised, of the list of what it yielded.
        outcome: how it ended.
        refusal: why it cannot be replayed; empty if it can.
        effects: what it touched.
        printed: parts of what the recorded call printed that are its own: stream (1 or 2), start, end.
    """

    target: Target
    caller: str
    passed: tuple[int, tuple[str, ...]] | None
    arguments: tuple[bytes, ...]
    end: bytes
    outcome: Outcome
    refusal: str = ""
    effects: tuple[Effect, ...] = ()
    printed: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call.

    Attributes:
        target: the function.
        arguments: exact encoding of a tuple, what its parameters held before it ran.
        end: exact encoding of `(arguments afterwards, result)`. The result of a generator is
            `(yielded, returned)`. Empty if there is none.
        outcome: how it ended.
        refusal: why no test can be made of it; empty if one can.
        stdout: what it printed.
        stderr: the same for standard error.
        effects: what else it touched, itself and not in `inner`.
        inner: the calls that it made to functions which were to be kept for replay, in their order.
        t_epoch_ns: when it began.
        time_zone: the local one, as IANA names it; empty if unknown.
        duration_ns: how long it took, with what recording cost inside it.
        n_seen: how often the same call was seen.
    """

    target: Target
    arguments: bytes
    end: bytes
    outcome: Outcome
    refusal: str = ""
    stdout: str = ""
    stderr: str = ""
    effects: tuple[Effect, ...] = field(default=())
    inner: tuple[InnerCall, ...] = field(default=())
    t_epoch_ns: int = 0
    time_zone: str = ""
    duration_ns: int = 0
    n_seen: int = 1
