"""Captures made without running anything: as many events as wanted, nested as real programs nest."""

from __future__ import annotations

import platform
import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from callbox.engine.kernels import SLOT_DTYPE
from callbox.model import Capture, ClockReading, EventKind, Function, Header, ThreadCapture

N_FUNCTIONS = 400
N_GENERATORS = 40
"""The last of the functions are generator functions."""

_REQUEST_EVENTS = 20_000
_MAX_DEPTH = 40
_MEAN_TICKS = 600.0
_KIND_BITS = 8
_HIGH_BITS = 32
_CO_GENERATOR = 0x20
_CO_PLAIN = 0x3
# shortly before the clock's low half turns, so that every capture has a turn
_STARTED = ClockReading(ticks=(7 << _HIGH_BITS) - 1_000_000, monotonic_ns=10**12, epoch_ns=1_700_000_000 * 10**9)


def _word(kind: EventKind, code: int = 0) -> int:
    return int(kind) | code << _KIND_BITS


@dataclass(slots=True)
class _Request:
    """The slots of one request to an imaginary server: a random walk up and down the stack.

    `payloads` holds the low half of each prefix's payload, -1 for an event.
    """

    rng: random.Random
    words: list[int] = field(default_factory=list)
    payloads: list[int] = field(default_factory=list)

    def event(self, kind: EventKind, code: int, frame: int = 0) -> None:
        if frame:
            self.words.append(_word(EventKind.FRAME))
            self.payloads.append(frame)
        self.words.append(_word(kind, code))
        self.payloads.append(-1)

    def iterate(self, code: int, frame: int) -> None:
        """Exhaust a generator that yields a few times."""
        self.event(EventKind.CALL, code, frame)
        for _ in range(self.rng.randrange(1, 5)):
            self.event(EventKind.YIELD, code)
            self.event(EventKind.RESUME, code, frame)
        self.event(EventKind.RETURN, code)

    def walk(self, n_events: int) -> None:
        """Go up and down until there are that many events, then unwind the stack."""
        n_plain = N_FUNCTIONS - N_GENERATORS
        stack = [0]
        self.event(EventKind.CALL, 0)
        while len(self.words) < n_events - len(stack):
            turn = self.rng.random()
            if turn < 0.03:
                self.iterate(self.rng.randrange(n_plain, N_FUNCTIONS), frame=16 * len(self.words) + 4096)
            elif len(stack) < _MAX_DEPTH and (turn < 0.5 or len(stack) == 1):
                # callees are near their callers: few functions make most calls, as in real programs
                code = min(int(stack[-1] / 2 + self.rng.expovariate(0.02)) + 1, n_plain - 1)
                stack.append(code)
                self.event(EventKind.CALL, code)
            else:
                self.event(EventKind.UNWIND if turn > 0.99 else EventKind.RETURN, stack.pop())
        while stack:
            self.event(EventKind.RETURN, stack.pop())


def _functions() -> tuple[Function, ...]:
    return tuple(
        Function(
            id=index,
            name=f"step{index}",
            qualified_name=f"Stage{index % 37}.step{index}",
            module_name=f"server.part{index % 23}",
            filename=f"/srv/server/part{index % 23}.py",
            line_number=10 + index,
            code_flags=_CO_GENERATOR if index >= N_FUNCTIONS - N_GENERATORS else _CO_PLAIN,
        )
        for index in range(N_FUNCTIONS)
    )


def _stamp(words: NDArray[np.uint32], payloads: NDArray[np.int64], ticks: NDArray[np.int64]) -> NDArray[np.void]:
    """Return slots with the clock's low half, and a TIME slot wherever its high half turned."""
    low = np.where(payloads >= 0, payloads, ticks & 0xFFFFFFFF).astype(np.uint32)
    high = ticks >> _HIGH_BITS
    turned = np.flatnonzero(np.diff(high, prepend=high[0])).astype(np.int64)
    is_inside = payloads[turned - 1] >= 0  # a turn goes before the prefix, too
    places = turned - is_inside
    slots = np.empty(len(words) + len(places), SLOT_DTYPE)
    slots["word"] = np.insert(words, places, _word(EventKind.TIME, 1))
    slots["ticks"] = np.insert(low, places, low[turned])
    return slots


def _thread(index: int, n_events: int, seed: int) -> tuple[ThreadCapture, int]:
    """Return one thread's capture and the clock at its end."""
    request = _Request(random.Random(seed))
    request.walk(min(_REQUEST_EVENTS, n_events))
    words = np.array(request.words, np.uint32)
    payloads = np.array(request.payloads, np.int64)
    n_in_request = int(np.count_nonzero(payloads < 0))
    n_requests = -(-n_events // n_in_request)
    words, payloads = np.tile(words, n_requests), np.tile(payloads, n_requests)
    steps = np.random.default_rng(seed).exponential(_MEAN_TICKS, len(words)).astype(np.int64) + 40
    ticks = _STARTED.ticks + np.cumsum(steps)
    slots = _stamp(words, payloads, ticks)
    capture = ThreadCapture(
        ident=1000 + index,
        native_id=1000 + index,
        name="MainThread" if index == 0 else f"worker-{index}",
        process_id=1000,
        n_events=n_in_request * n_requests,
        ticks_high=int(ticks[-1] >> _HIGH_BITS),
        segments=(slots.view(np.uint8).data,),
    )
    return capture, int(ticks[-1])


def build_capture(n_events: int, n_threads: int = 1, seed: int = 1) -> Capture:
    """Return a capture of at least `n_events` events, whole requests, spread evenly over threads.

    The same arguments give the same slots.
    """
    made = [_thread(index, n_events // n_threads, seed + index) for index in range(n_threads)]
    last = max(end for _thread, end in made) + 1
    elapsed_ns = (last - _STARTED.ticks) // 2  # a clock of 2 GHz
    header = Header(
        engine="synthetic",
        mode="profile",
        filters=(),
        python=platform.python_version(),
        platform=platform.platform(),
        command=("server",),
        process_id=1000,
        started=_STARTED,
        ended=ClockReading(last, _STARTED.monotonic_ns + elapsed_ns, _STARTED.epoch_ns + elapsed_ns),
        max_events=n_events,
    )
    return Capture(header, _functions(), tuple(thread for thread, _end in made))
