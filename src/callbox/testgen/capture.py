"""Recording calls in full: arguments before the call, arguments and result after it, effects between.

What is kept is bounded: of each function up to `limit` different calls, a few more for
each new shape of arguments, and more to choose from of those that other code than the
targets' makes: what a program asks of a library shows most of it. A function whose calls
bring nothing new is looked at ever more rarely.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from callbox.engine.observe import Witness
from callbox.testgen.allowance import Allowance
from callbox.testgen.ambient import AmbientWatch
from callbox.testgen.call_site import caller_of, passed_in
from callbox.testgen.constants import Constants
from callbox.testgen.effects import EffectWatch, draws
from callbox.testgen.inner import MAX_RECORDS, InnerRecord
from callbox.testgen.model import Call, Kind, Outcome, Target
from callbox.testgen.novelty import Novelty
from callbox.testgen.shapes import Shape, shape_of
from callbox.testgen.targets import Targets
from callbox.testgen.witness import Before, CallWitness
from callbox.values.exact import Limits, encode
from callbox.values.refusal import RefusalError

_LIMITS = Limits(max_steps=3_000, max_bytes=1 << 20)
"""Larger values make tests that nobody reads. So do most of over 1,000 parts, if no constructor builds them."""
_MAX_SPARED, _MAX_SPARED_OUTSIDE = 4_095, 15
"""Where calls come from outside, time may be had again soon, and the next may be a new one."""
_MAX_SEARCHES = 50
_INSIDE, _OUTSIDE = (0.1, 0.03), (0.2, 0.1)
"""Grace and share of the program's time, beyond a few calls of each function: for calls that the targets make
themselves, and for those that come from other code."""
_FEW = 3
_SURE_PART = 0.5
"""How much of what calls from outside may take is open to those whose texts bring nothing new."""
_SHAPES = 4
_CANDIDATES = 10
"""How many times the limit is kept where shapes of arguments are new, and where calls come from outside."""
_PATIENCE = 32
_PATIENCE_OUTSIDE = 200
"""So many calls one after another that bring nothing new are looked at before any is spared."""
_FLUSH_CALLS = 200
_FLUSH_S = 0.5

_now_ns = time.time_ns
_monotonic = time.monotonic
_spent_s = time.thread_time
_ident = threading.get_ident
"""Taken now: the program may replace them."""


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How much is recorded.

    Attributes:
        limit: different calls of each function; 0 for all.
        is_nested: record calls inside calls of the same function too.
        replayed: functions whose calls are kept with the recorded calls that make them; None for none.
    """

    limit: int = 10
    is_nested: bool = False
    replayed: Targets | None = None


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
        self.ambient = AmbientWatch()
        self._n_searches = 0
        self.inside = Allowance(*_INSIDE)
        self.outside = Allowance(*_OUTSIDE)
        self.is_eager = False
        """Whether every call is handed on at once."""
        self._keep = keep
        self._functions: dict[Target, ObservedFunction] = {}
        self._packages: set[str] = set()
        self._pending: list[Call] = []
        self._lock = threading.Lock()
        self._flushed_at = _monotonic()

    def choose(self, code: CodeType, module: dict[str, Any]) -> ObservedFunction | None:
        """Say who observes a code object's calls."""
        name = module.get("__name__")
        target = self.targets.find(code, name)
        replayed = self._find_replayed(code, name)
        if target is None:
            return None if replayed is None else self.observe(replayed, module, is_kept=False, is_replayed=True)
        return self.observe(target, module, is_replayed=replayed is not None)

    def observe(
        self, target: Target, module: dict[str, Any], *, is_kept: bool = True, is_replayed: bool = False
    ) -> ObservedFunction:
        """Return who observes a function's calls: always the same one.

        Args:
            target: the function.
            module: the namespace that it runs in.
            is_kept: calls of it are recorded.
            is_replayed: they are kept with those that make them.
        """
        if target not in self._functions:
            self.constants.add_package(target.module)
            self._packages.add(target.module.partition(".")[0])
            self.ambient.add_package(target.module)
            found = ObservedFunction(self, target, may_draw=draws(module))
            found.is_kept, found.is_replayed = is_kept, is_replayed
            self._functions[target] = found
        return self._functions[target]

    def _find_replayed(self, code: CodeType, module: object) -> Target | None:
        """Describe a function whose calls are kept for replay; what Python itself calls is not replaced in tests."""
        replayed = self.options.replayed
        is_special = code.co_name.startswith("__") and code.co_name.endswith("__")
        return None if replayed is None or is_special else replayed.find(code, module)

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

    def is_outside(self, frame: FrameType | None) -> bool:
        """Say whether a frame runs other code than the targets' packages."""
        return frame is None or str(frame.f_globals.get("__name__")).partition(".")[0] not in self._packages

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
        self.inside.begin_anew()
        self.outside.begin_anew()
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
        self.is_kept = True
        self.is_replayed = False
        self._n_calls = 0
        self._n_kept = 0
        self._n_looks = 0
        self._n_outside = 0
        self._n_idle = 0
        self._n_spared = 0
        self._shapes: dict[Shape, int] = {}
        self._digests: dict[bytes, int] = {}
        self._refusals: set[str] = set()
        self._novelty = Novelty()

    def __call__(self, arguments: tuple[Any, ...]) -> Witness | int | None:
        """Look at a call that begins."""
        return self.begin(arguments, caller_of(sys._getframe(1)) if self.is_replayed else None)

    def begin(self, arguments: tuple[Any, ...], caller: FrameType | None) -> Witness | int | None:
        """Look at a call that a frame makes."""
        if not self.is_replayed:
            return self._look(arguments)
        record = self._note_inner(arguments, caller)
        witness = self._look(arguments) if self.is_kept else None
        if not isinstance(witness, CallWitness):
            return record
        return witness if record is None else _Both(witness, record)

    def _note_inner(self, arguments: tuple[Any, ...], caller: FrameType | None) -> InnerRecord | None:
        """Note a call with those that make it, unless one to a function that is replayed lies between."""
        outer = [span for span, between in self.capturer.effects.open_spans(caller) if between is None]
        if not outer or caller is None:
            return None
        started = _spent_s()
        record = InnerRecord(self.target, arguments, self.capturer.encode)
        record.note_caller(str(caller.f_globals.get("__name__")), passed_in(caller))
        for span in outer:
            if len(span.records) <= MAX_RECORDS:
                span.records.append(record)
        self.capturer.inside.spend(_spent_s() - started)
        return record

    def _look(self, arguments: tuple[Any, ...]) -> CallWitness | int | None:
        self._n_calls += 1
        options = self.capturer.options
        if not options.is_nested and _ident() in self.running:
            return None
        ambient = self.capturer.ambient.read()
        shape = (*shape_of(arguments), *ambient.items())
        n_alike = self._shapes.get(shape, 0)
        allowance = self._allow(arguments, is_alike=n_alike > 0)
        if allowance is None:
            return self._spare()
        self._n_looks += 1
        self._n_outside += allowance is self.capturer.outside
        started = _spent_s()
        try:
            data = self.capturer.encode(arguments, "arguments")
        except RefusalError as refused:
            return self._refuse(_name_argument(str(refused), self.target))
        finally:
            allowance.spend(_spent_s() - started)
        held = repr(ambient).encode() if ambient else b""
        digest = hashlib.blake2b(data + held, digest_size=16).digest()
        # Where others answer for it, the same arguments can lead to something else.
        n_same = self._digests.get(digest, 0)
        if n_same >= (1 if options.replayed is None else _FEW):
            return self._spare()
        self._digests[digest] = n_same + 1
        self._shapes[shape] = n_alike + 1
        self._n_kept += 1
        self._n_idle = self._n_spared = 0
        if self.target.kind is Kind.FUNCTION:
            self.running.add(_ident())
        return CallWitness(self, allowance, arguments, Before(data, ambient))

    def _allow(self, arguments: tuple[Any, ...], *, is_alike: bool) -> Allowance | None:
        """Return whose time a call may be looked at in: few are kept yet, its shape is new, it comes from outside."""
        capturer, n_kept, limit = self.capturer, self._n_kept, self.capturer.options.limit
        if not limit:
            return capturer.inside
        if self._n_looks > _FEW + 2 * n_kept and self._n_idle & (self._n_idle - 1):
            return None  # mostly the same again: of such calls the second, fourth, eighth and so on is looked at
        is_new = n_kept < limit or (n_kept < _SHAPES * limit and not is_alike)
        if n_kept >= _CANDIDATES * limit or (not is_new and capturer.outside.is_overspent()):
            return None
        if capturer.is_outside(caller_of(sys._getframe())):
            return capturer.outside if self._n_looks < _FEW or self._is_worth_it(arguments) else None
        return capturer.inside if is_new and (not self._n_looks or not capturer.inside.is_overspent()) else None

    def _is_worth_it(self, arguments: tuple[Any, ...]) -> bool:
        """Say whether a call from outside may be looked at: its texts are new, or there is time for all."""
        outside = self.capturer.outside
        if outside.is_overspent():
            return False
        return self._novelty.note(arguments) or not outside.is_overspent(_SURE_PART)

    def take_count(self) -> int:
        """Return how many calls were seen since this was asked last."""
        n_calls, self._n_calls = self._n_calls, 0
        return n_calls

    def _spare(self) -> int | None:
        """Look away for a while, longer every time; what is spared now counts as seen."""
        self._n_idle += 1
        is_outside = 2 * self._n_outside > self._n_looks
        patience, most = (_PATIENCE_OUTSIDE, _MAX_SPARED_OUTSIDE) if is_outside else (_PATIENCE, _MAX_SPARED)
        if self.capturer.options.limit == 0 or self._n_idle < patience or self.is_replayed:
            return None
        self._n_spared = min(2 * self._n_spared + 1, most)
        self._n_calls += self._n_spared
        return self._n_spared

    def _refuse(self, reason: str) -> int | None:
        """Note why calls are not recorded, once for each reason."""
        if reason not in self._refusals and len(self._refusals) < 10:
            self._refusals.add(reason)
            self.capturer.add(Call(self.target, b"", b"", Outcome.RETURNED, reason, t_epoch_ns=_now_ns()))
        return self._spare()


class _Both:
    """A call that is recorded, and kept with those that made it."""

    __slots__ = ("_record", "_witness")

    def __init__(self, witness: CallWitness, record: InnerRecord) -> None:
        self._witness = witness
        self._record = record

    def __call__(self, kind: int, value: Any) -> None:
        self._witness(kind, value)
        self._record(kind, value)


def _name_argument(message: str, target: Target) -> str:
    """Name the parameter in a refusal that counts the arguments."""
    for index in range(len(target.parameters) - 1, -1, -1):
        message = message.replace(f"arguments[{index}]", target.parameters[index])
    return message
