"""Calls that a recorded call makes to functions which are kept for replay, noted while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callbox.model import EventKind
from callbox.testgen.model import Effect, InnerCall, Kind, Outcome, Target
from callbox.values.refusal import RefusalError

MAX_RECORDS = 50
_MAX_YIELDS = 1_000
_RECEIVERS = frozenset({"self", "cls"})
_NOT_KEPT = object()

Encode = Callable[[Any, str], bytes]


class InnerRecord:
    """One call to a function that is kept for replay: a witness of it.

    Attributes:
        place: of its function: file, first line, qualified name.
        effects: what it touched.
        printed: what it printed of the output of each span, by the span's identity.
    """

    __slots__ = (
        "_arguments",
        "_caller",
        "_encode",
        "_end",
        "_held",
        "_outcome",
        "_passed",
        "_problem",
        "_target",
        "_yielded",
        "effects",
        "place",
        "printed",
    )

    def __init__(self, target: Target, arguments: tuple[Any, ...], encode: Encode) -> None:
        self.place = target.filename, target.line, target.qualname
        self.effects: dict[tuple[str, str], None] = {}
        self.printed: dict[int, list[tuple[int, int, int]]] = {}
        self._target = target
        self._encode = encode
        self._caller = ""
        self._passed: tuple[int, tuple[str, ...]] | None = None
        pairs = zip(target.parameters, arguments, strict=True)
        self._held = [_NOT_KEPT if name in _RECEIVERS else value for name, value in pairs]
        self._arguments = tuple(map(self._encode_argument, self._held))
        self._outcome = Outcome.RETURNED
        self._end = b""
        self._problem = "it still ran when its caller ended"
        self._yielded: list[Any] = []

    def note_caller(self, module: str, passed: tuple[int, tuple[str, ...]] | None) -> None:
        """Note where the call stands, and how its arguments stand in it."""
        self._caller = module
        self._passed = passed

    def __call__(self, kind: int, value: Any) -> None:
        """Take note of how the frame is left."""
        if kind == EventKind.YIELD:
            self._note_yield(value)
        elif kind != EventKind.THROW:
            self._finish(kind == EventKind.RETURN, value)

    def freeze(self, span_id: int, effects: tuple[Effect, ...]) -> InnerCall:
        """Return the call as it is kept with the one that made it, which has ended."""
        if self._problem and self._yielded and self._target.kind is Kind.GENERATOR:
            self._keep(Outcome.RETURNED, self._yielded)
        return InnerCall(
            target=self._target,
            caller=self._caller,
            passed=self._passed,
            arguments=self._arguments,
            end=self._end,
            outcome=self._outcome,
            refusal=self._problem,
            effects=effects,
            printed=tuple(self.printed.get(span_id, ())),
        )

    def _note_yield(self, value: Any) -> None:
        if self._target.kind is Kind.GENERATOR and len(self._yielded) <= _MAX_YIELDS:
            self._yielded.append(value)

    def _finish(self, has_returned: bool, value: Any) -> None:
        if tuple(map(self._encode_argument, self._held)) != self._arguments:
            self._problem = "it changes its arguments"
        elif self._target.kind is Kind.ASYNC_GENERATOR:
            self._problem = "it is an asynchronous generator"
        elif self._target.kind is Kind.GENERATOR and (has_returned or isinstance(value, GeneratorExit)):
            self._keep(Outcome.RETURNED, self._yielded)
        elif has_returned:
            self._keep(Outcome.RETURNED, value)
        elif self._yielded:
            self._problem = "it raises after it has yielded"
        else:
            self._keep(Outcome.RAISED, _bare(value))

    def _keep(self, outcome: Outcome, value: Any) -> None:
        self._outcome = outcome
        self._problem = ""
        try:
            if len(self._yielded) > _MAX_YIELDS:
                self._problem = f"it yields more than {_MAX_YIELDS:,} values"
            else:
                self._end = self._encode(value, "what it gives")
        except RefusalError as refused:
            self._problem = str(refused)

    def _encode_argument(self, value: Any) -> bytes:
        try:
            return b"" if value is _NOT_KEPT else self._encode(value, "argument")
        except RefusalError:
            return b""


def _bare(error: BaseException) -> Any:
    """Return an exception alike, without where it came from."""
    try:
        bare = type(error).__new__(type(error), *error.args)
        bare.args = error.args
        vars(bare).update(vars(error))
    except Exception:
        return error
    return bare
