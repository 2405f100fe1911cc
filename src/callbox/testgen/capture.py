"""Recording calls in full: arguments before the call, arguments and result after it, effects between.

What is kept is bounded: of each function up to `limit` different calls, and a
few more for each new shape of arguments. A function whose calls bring nothing new is
looked at ever more rarely.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from callbox.engine.observe import Witness
from callbox.model import EventKind
from callbox.testgen.constants import Constants
from callbox.testgen.effects import EffectWatch, Span, draws
from callbox.testgen.model import Call, Effect, Kind, Outcome, Target
from callbox.testgen.secrets import find_secret, has_secret
from callbox.testgen.shapes import Shape, shape_of
from callbox.testgen.targets import Targets
from callbox.values.exact import Limits, encode
from callbox.values.refusal import RefusalError

_LIMITS = Limits(max_steps=3_000, max_bytes=1 << 20)
"""Larger values make tests that nobody reads."""
_MAX_YIELDS = 1_000
_MAX_SPARED = 4_095
_MAX_SEARCHES = 50
_SHARE = 0.2
"""Of the program's time, what recording may take beyond `_GRACE_S` and a few calls of each function."""
_GRACE_S = 0.5
_FEW = 3
_PATIENCE = 32
"""So many calls one after another that bring nothing new are looked at before any is spared."""
_FLUSH_CALLS = 200
_FLUSH_S = 0.5
_WRAPPED = "async_generator_wrapped_value"
"""Type of what an asynchronous generator yields, as opposed to what it awaits."""
_INTERRUPTS = (GeneratorExit, KeyboardInterrupt)

_now_ns = time.time_ns
_clock_ns = time.perf_counter_ns
_monotonic = time.monotonic
_seconds = time.perf_counter
_ident = threading.get_ident
"""Taken now: the program may replace them."""


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How much is recorded.

    Attributes:
        limit: different calls of each function; 0 for all.
        is_nested: record calls inside calls of the same function too.
    """

    limit: int = 10
    is_nested: bool = False


class Capturer:
    """What `callbox.engine.observe` asks and tells; hands finished calls on."""

    def __init__(
        self, targets: Targets, options: CaptureOptions, keep: Callable[[list[Call], list[tuple[Target, int]]], None]
    ) -> None:
        """Prepare to record.

        Args:
            targets: which functions.
            options: how much.
            keep: takes calls, and how many of each function were seen since it was called last.
        """
        self.targets = targets
        self.options = options
        self.effects = EffectWatch()
        self.constants = Constants()
        self._n_searches = 0
        self._began_at = _monotonic()
        self._spent_s = 0.0
        self.is_eager = False
        """Whether every call is handed on at once."""
        self._keep = keep
        self._functions: dict[Target, ObservedFunction] = {}
        self._pending: list[Call] = []
        self._lock = threading.Lock()
        self._flushed_at = _monotonic()

    def choose(self, code: CodeType, module: dict[str, Any]) -> ObservedFunction | None:
        """Say who observes a code object's calls."""
        target = self.targets.find(code, module.get("__name__"))
        return None if target is None else self.observe(target, module)

    def observe(self, target: Target, module: dict[str, Any]) -> ObservedFunction:
        """Return who observes a function's calls: always the same one."""
        if target not in self._functions:
            self.constants.add_package(target.module)
            self._functions[target] = ObservedFunction(self, target, may_draw=draws(module))
        return self._functions[target]

    def encode(self, value: Any, name: str) -> bytes:
        """Encode a value exactly, constants of the targets' packages by their names."""
        try:
            return encode(value, name=name, limits=_LIMITS, constants=self.constants.refresh())
        except RefusalError:
            # Token types and the like are also made while the program runs.
            if self._n_searches >= _MAX_SEARCHES:
                raise
            self._n_searches += 1
            n_known = len(self.constants.table)
            if len(self.constants.refresh(is_forced=True)) == n_known:
                raise
            return encode(value, name=name, limits=_LIMITS, constants=self.constants.table)

    def spend(self, seconds: float) -> None:
        """Take note of what looking at a call took."""
        self._spent_s += seconds

    def is_overspent(self) -> bool:
        """Say whether recording has taken more than its share of the program's time."""
        return self._spent_s > _GRACE_S + _SHARE * (_monotonic() - self._began_at)

    def add(self, call: Call) -> None:
        """Take a finished call; writes from time to time, so that a kill costs little."""
        with self._lock:
            self._pending.append(call)
            is_due = self.is_eager or len(self._pending) >= _FLUSH_CALLS or _monotonic() - self._flushed_at > _FLUSH_S
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Hand on what was recorded."""
        with self._lock:
            calls, self._pending = self._pending, []
            seen = [(f.target, f.take_count()) for f in self._functions.values()]
            self._flushed_at = _monotonic()
        self._keep(calls, [(target, n) for target, n in seen if n])

    def forget(self) -> None:
        """Drop what was not handed on yet: in a forked child, where it is the parent's."""
        self._lock = threading.Lock()
        self._pending = []
        for function in self._functions.values():
            function.take_count()


class ObservedFunction:
    """One function whose calls are recorded: an observer."""

    def __init__(self, capturer: Capturer, target: Target, *, may_draw: bool) -> None:
        self.target = target
        self.capturer = capturer
        self.may_draw = may_draw
        self.running: set[int] = set()
        """Threads in which a recorded call of it is open."""
        self._n_calls = 0
        self._n_kept = 0
        self._n_looks = 0
        self._n_idle = 0
        self._n_spared = 0
        self._shapes: dict[Shape, int] = {}
        self._digests: set[bytes] = set()
        self._refusals: set[str] = set()

    def __call__(self, arguments: tuple[Any, ...]) -> Witness | int | None:
        """Look at a call that begins."""
        self._n_calls += 1
        options = self.capturer.options
        if not options.is_nested and _ident() in self.running:
            return None
        shape = shape_of(arguments)
        n_alike = self._shapes.get(shape, 0)
        if options.limit and self._n_kept >= options.limit and (n_alike or self._n_kept >= 4 * options.limit):
            return self._spare()
        if options.limit and self._n_looks >= _FEW and self.capturer.is_overspent():
            return self._spare()
        self._n_looks += 1
        started = _seconds()
        try:
            data = self.capturer.encode(arguments, "arguments")
        except RefusalError as refused:
            return self._refuse(_name_argument(str(refused), self.target))
        finally:
            self.capturer.spend(_seconds() - started)
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if digest in self._digests:
            return self._spare()
        self._digests.add(digest)
        self._shapes[shape] = n_alike + 1
        self._n_kept += 1
        self._n_idle = self._n_spared = 0
        if self.target.kind is Kind.FUNCTION:
            self.running.add(_ident())
        return CallWitness(self, arguments, data)

    def take_count(self) -> int:
        """Return how many calls were seen since this was asked last."""
        n_calls, self._n_calls = self._n_calls, 0
        return n_calls

    def _spare(self) -> int | None:
        """Look away for a while, longer every time; what is spared now counts as seen."""
        self._n_idle += 1
        if self.capturer.options.limit == 0 or self._n_idle < _PATIENCE:
            return None
        self._n_spared = min(2 * self._n_spared + 1, _MAX_SPARED)
        self._n_calls += self._n_spared
        return self._n_spared

    def _refuse(self, reason: str) -> int | None:
        """Note why calls are not recorded, once for each reason."""
        if reason not in self._refusals and len(self._refusals) < 10:
            self._refusals.add(reason)
            self.capturer.add(Call(self.target, b"", b"", Outcome.RETURNED, reason, t_epoch_ns=_now_ns()))
        return self._spare()


class CallWitness:
    """One call that runs."""

    __slots__ = ("arguments", "data", "function", "problem", "span", "started_ns", "t_epoch_ns", "thread", "yielded")

    def __init__(self, function: ObservedFunction, arguments: tuple[Any, ...], data: bytes) -> None:
        self.function = function
        self.arguments = arguments
        self.data = data
        self.problem = ""
        self.yielded: list[Any] = []
        self.thread = _ident()
        self.span: Span | None = None
        """None for generators and coroutines: while they wait, others go on in the thread."""
        if function.target.kind is Kind.FUNCTION:
            self.span = function.capturer.effects.begin(may_draw=function.may_draw)
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
        began = _seconds()
        function.running.discard(self.thread)
        span = self.span
        effects = function.capturer.effects.end(span) if span is not None else ()
        if isinstance(value, _INTERRUPTS) and outcome is Outcome.RAISED:
            self.problem = f"it was ended by {type(value).__name__}"
        end = b"" if self.problem else self._encode_end(outcome, value)
        call = Call(
            target=function.target,
            arguments=self.data,
            end=end,
            outcome=outcome,
            refusal=self.problem,
            stdout=span.text(span.out) if span is not None else "",
            stderr=span.text(span.err) if span is not None else "",
            effects=effects,
            t_epoch_ns=self.t_epoch_ns,
            duration_ns=duration_ns,
        )
        function.capturer.add(without_secrets(call))
        function.capturer.spend(_seconds() - began)

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


def without_secrets(call: Call) -> Call:
    """Return a call that may be kept: itself, or what is left of it without what it worked on."""
    rule = find_secret(call.arguments, call.target.parameters) or (find_secret(call.end) if call.end else "")
    texts = [call.stdout, call.stderr, *(e.detail for e in call.effects)]
    if not rule and (has_secret(texts) or has_secret([(e.content or b"").decode("latin-1") for e in call.effects])):
        rule = "what it printed or touched looks like a secret"
    if not rule:
        return call
    effects = tuple(Effect(e.kind) for e in call.effects)
    return Call(
        call.target,
        b"",
        b"",
        call.outcome,
        f"redacted: {rule}",
        effects=effects,
        t_epoch_ns=call.t_epoch_ns,
        duration_ns=call.duration_ns,
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _name_argument(message: str, target: Target) -> str:
    """Name the parameter in a refusal that counts the arguments."""
    for index in range(len(target.parameters) - 1, -1, -1):
        message = message.replace(f"arguments[{index}]", target.parameters[index])
    return message


def _name_end(message: str, target: Target) -> str:
    """Name the parameter or the result in a refusal of what was there at the end."""
    for index in range(len(target.parameters) - 1, -1, -1):
        message = message.replace(f"end[0][{index}]", f"{target.parameters[index]} (after the call)")
    return message.replace("end[1]", "result")
