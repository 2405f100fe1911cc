"""Catching failures: what runs between the raise and the caller, and may never get in its way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox.engine.quiet import Quiet
from callbox.failures.capture import Subject, capture
from callbox.failures.extractor import FailureExtractor
from callbox.failures.outcomes import captured_as, is_failure, mark_captured
from callbox.failures.redaction import shared_redactor

if TYPE_CHECKING:
    from callbox.failures.model import Failure
    from callbox.failures.options import CaptureOptions

_state = threading.local()
_MAX_PROBLEM_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Catcher:
    """Captures failures in one way.

    Attributes:
        options: how much is captured.
        origin: who catches.
        last_calls: returns the last recorded calls as text; None where no recorder runs.
        sinks: called with each failure, after it was kept.
        is_kept: whether the extractor keeps failures; else only the sinks get them.
        may_capture: asked before each capture, e.g. a bucket of tokens.
    """

    options: CaptureOptions
    origin: str = "decorator"
    last_calls: Callable[[], str] | None = None
    sinks: tuple[Callable[[Failure], object], ...] = ()
    is_kept: bool = True
    may_capture: Callable[[], bool] | None = None

    def catch(self, error: BaseException, subject: Subject | Callable[[], Subject] | None = None) -> Failure | None:
        """Capture an exception, unless it is no failure or was captured before.

        Nothing is raised: what goes wrong here is counted in `problems`, and the
        exception goes on as if nobody had looked.

        Returns:
            The failure; None where there is none, or it could not be captured.
        """
        if getattr(_state, "is_busy", False):
            return None
        _state.is_busy = True
        try:
            with Quiet():
                return self._catch(error, subject)
        except Exception as own:
            problems.count(own)
            return None
        finally:
            _state.is_busy = False

    def _catch(self, error: BaseException, subject: Subject | Callable[[], Subject] | None) -> Failure | None:
        if not is_failure(error) or captured_as(error) is not None:
            return None
        if self.may_capture is not None and not self.may_capture():
            problems.n_over_limit += 1
            return None
        calls = self.last_calls() if self.last_calls is not None else ""
        known = subject() if callable(subject) else subject
        failure = capture(error, self.options, known, origin=self.origin, calls=calls)
        mark_captured(error, failure.id)
        if self.is_kept:
            FailureExtractor().add_failure(failure)
        for sink in self.sinks:
            sink(failure)
        return failure


class Problems:
    """What kept failures from being captured.

    Attributes:
        n_errors: captures that failed themselves.
        last: the last of their errors, as text.
        n_over_limit: failures that came faster than they may be captured.
    """

    def __init__(self) -> None:
        self.n_errors = 0
        self.last = ""
        self.n_over_limit = 0

    def count(self, error: Exception) -> None:
        """Count a capture that failed. Its text may come from a sink of the program's own."""
        self.n_errors += 1
        try:
            text = shared_redactor().redact_text(str(error)[:_MAX_PROBLEM_CHARS])
        except Exception:  # whatever `__str__` does
            text = ""
        self.last = f"{type(error).__name__}: {text}"


problems = Problems()
"""Of this process."""


def arguments_of(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Name the arguments of a call; those beyond the named ones are `*args` and `**kwargs` together."""
    code = getattr(function, "__code__", None)
    if code is None:
        named = {f"argument {number}": value for number, value in enumerate(args, 1)}
        return named | dict(kwargs)
    names = code.co_varnames[: code.co_argcount]
    found = dict(zip(names, args, strict=False))
    rest = args[len(names) :]
    n_named = code.co_argcount + code.co_kwonlyargcount
    if rest:
        found[f"*{code.co_varnames[n_named]}" if code.co_flags & _VARARGS else "*args"] = rest
    return found | dict(kwargs)


_VARARGS = 0x04  # co_flags
