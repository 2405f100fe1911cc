"""One recorded call while it runs: what it yields, how it ends, what it touches."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from callbox.model import EventKind
from callbox.testgen.allowance import Allowance
from callbox.testgen.ambient import Ambient, ambient_effects
from callbox.testgen.effects import freeze_effects, has_surrogates, is_long
from callbox.testgen.local_zone import local_zone
from callbox.testgen.model import Call, InnerCall, Kind, Outcome, Target
from callbox.testgen.secrets import without_secrets
from callbox.values.refusal import RefusalError

if TYPE_CHECKING:
    from callbox.testgen.capture import ObservedFunction

_MAX_YIELDS = 1_000
_WRAPPED = "async_generator_wrapped_value"
"""Type of what an asynchronous generator yields, as opposed to what it awaits."""
_INTERRUPTS = (GeneratorExit, KeyboardInterrupt)

_now_ns = time.time_ns
_clock_ns = time.perf_counter_ns
_spent_s = time.thread_time
_ident = threading.get_ident
"""Taken now: the program may replace them."""


class Before(NamedTuple):
    """What was there before a call: its arguments, encoded, and variables of modules."""

    data: bytes
    ambient: Ambient


class CallWitness:
    """One call that runs."""

    __slots__ = (
        "allowance",
        "arguments",
        "before",
        "function",
        "problem",
        "span",
        "started_ns",
        "t_epoch_ns",
        "thread",
        "yielded",
    )

    def __init__(
        self, function: ObservedFunction, allowance: Allowance, arguments: tuple[Any, ...], before: Before
    ) -> None:
        self.function = function
        self.allowance = allowance
        self.arguments = arguments
        self.before = before
        self.problem = ""
        self.yielded: list[Any] = []
        self.thread = _ident()
        target = function.target
        place = target.filename, target.line, target.qualname
        self.span = function.capturer.effects.begin(place, target.kind, may_draw=function.may_draw)
        self.t_epoch_ns = _now_ns()
        self.started_ns = _clock_ns()

    def __call__(self, kind: int, value: Any) -> None:
        """Take note of how the frame is left."""
        if kind == EventKind.YIELD:
            self._note_yield(value)
        elif kind == EventKind.THROW:
            self.problem = self.problem or f"{type(value).__name__} was thrown into it"
        else:
            self._finish(Outcome.RETURNED if kind == EventKind.RETURN else Outcome.RAISED, value)

    def _note_yield(self, value: Any) -> None:
        kind = self.function.target.kind
        if kind is Kind.ASYNC_GENERATOR:
            if type(value).__name__ != _WRAPPED:
                return
            value = gc.get_referents(value)[0]
        elif kind is Kind.COROUTINE:
            return
        if len(self.yielded) >= _MAX_YIELDS:
            self.problem = f"it yields more than {_MAX_YIELDS:,} values"
            self.yielded.clear()
        self.yielded.append(value)

    def _finish(self, outcome: Outcome, value: Any) -> None:
        duration_ns = _clock_ns() - self.started_ns
        function = self.function
        began = _spent_s()
        function.running.discard(self.thread)
        capturer = function.capturer
        effects = (
            *capturer.effects.end(self.span),
            *ambient_effects(self.before.ambient, capturer.ambient.read()),
        )
        texts = self.span.texts()
        if isinstance(value, _INTERRUPTS) and outcome is Outcome.RAISED:
            self.problem = f"it was ended by {type(value).__name__}"
        if is_long(texts):
            self.problem = self.problem or "it prints more than a test should hold"
        if has_surrogates(texts):
            self.problem = self.problem or "it prints characters that no encoding has"
        end = b"" if self.problem else self._encode_end(outcome, value)
        call = Call(
            target=function.target,
            arguments=self.before.data,
            end=end,
            outcome=outcome,
            refusal=self.problem,
            stdout="" if self.problem else texts[0],
            stderr="" if self.problem else texts[1],
            effects=effects,
            inner=self._inner(),
            t_epoch_ns=self.t_epoch_ns,
            time_zone=local_zone(),
            duration_ns=duration_ns,
        )
        capturer.add(without_secrets(call))
        self.allowance.spend(_spent_s() - began)

    def _inner(self) -> tuple[InnerCall, ...]:
        span = self.span
        return tuple(record.freeze(id(span), freeze_effects(record.effects)) for record in span.records)

    def _encode_end(self, outcome: Outcome, value: Any) -> bytes:
        result: Any = value
        if outcome is Outcome.RAISED:
            result = type(value), _message(value)
        elif self.function.target.kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
            result = self.yielded, value
        try:
            return self.function.capturer.encode((self.arguments, result), "end")
        except RefusalError as refused:
            self.problem = _name_end(str(refused), self.function.target)
            return b""


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _name_end(message: str, target: Target) -> str:
    """Name the parameter or the result in a refusal of what was there at the end."""
    for index in range(len(target.parameters) - 1, -1, -1):
        message = message.replace(f"end[0][{index}]", f"{target.parameters[index]} (after the call)")
    return message.replace("end[1]", "result")
