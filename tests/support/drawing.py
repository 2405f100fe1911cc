"""Call trees and events written by hand: indented text in, arrays out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from callbox.engine.kernels import CALL_DTYPE, EVENT_DTYPE
from callbox.model import CallTree, EventKind, Function, Outcome, Thread

T_START_NS = 1_700_000_000_000_000_000
STEP_NS = 1_000
"""Time from one event to the next."""

_LINE = re.compile(r"(?P<indent> *)(?P<name>\S+)(?: (?P<mark>raised|open|suspended|lost|partial))?")
_ENDS = {Outcome.RETURNED: EventKind.RETURN, Outcome.RAISED: EventKind.UNWIND, Outcome.SUSPENDED: EventKind.YIELD}


@dataclass(frozen=True)
class Drawing:
    """A recording, drawn by hand."""

    tree: CallTree
    events: NDArray[np.void]


def draw(text: str) -> Drawing:
    """Make a recording from lines `name [mark]`, indented by calls; `# name` begins a thread.

    Every event comes one microsecond after the one before. Of functions with one
    name there is one; they are of module `app`, file `app.py`, line 10 times their id.
    """
    calls: list[dict[str, int]] = []
    events: list[tuple[int, int, int]] = []
    functions: dict[str, Function] = {}
    threads: list[Thread] = []
    stack: list[int] = []

    def close(depth: int) -> None:
        while len(stack) > depth:
            call = calls[stack.pop()]
            end = _ENDS.get(Outcome(call["outcome"]))
            if end is not None:
                call["last_event"] = len(events)
                events.append((end, call["code"], call["thread"]))

    lines = [line for line in text.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    for line in lines:
        indented = line[margin:]
        if indented.startswith("# "):
            close(0)
            threads.append(Thread(len(threads) + 1, len(threads) + 1, indented[2:], 7, 0, 0))
            continue
        threads = threads or [Thread(1, 1, "MainThread", 7, 0, 0)]
        match = _LINE.fullmatch(indented)
        assert match, indented
        close(len(match["indent"]) // 2)
        name = match["name"]
        number = len(functions) + 1
        function = functions.setdefault(name, Function(number, name.split(".")[-1], name, "app", "app.py", 10 * number))
        outcome = {None: "returned", "partial": "returned"}.get(match["mark"], match["mark"])
        calls.append(
            {
                "parent": stack[-1] if stack else -1,
                "code": function.id,
                "thread": len(threads) - 1,
                "depth": len(stack),
                "outcome": Outcome[outcome.upper()],
                "is_partial": match["mark"] == "partial",
                "first_event": len(events),
                "last_event": -1,
            }
        )
        stack.append(len(calls) - 1)
        events.append((EventKind.CALL, function.id, len(threads) - 1))
    close(0)
    by_id = {function.id: function for function in functions.values()}
    return _as_arrays(calls, events, by_id, threads)


def _as_arrays(calls, events, functions, threads) -> Drawing:
    event_rows = np.zeros(len(events), EVENT_DTYPE)
    event_rows["t_ns"] = T_START_NS + STEP_NS * np.arange(len(events))
    event_rows["call"] = -1
    for row, (kind, code, thread) in zip(event_rows, events, strict=True):
        row["kind"], row["code"], row["thread"] = kind, code, thread
    call_rows = np.zeros(len(calls), CALL_DTYPE)
    for number, (row, call) in enumerate(zip(call_rows, calls, strict=True)):
        for field, value in call.items():
            row[field] = value
        last = call["last_event"] if call["last_event"] >= 0 else len(events)
        row["t_start_ns"] = T_START_NS + STEP_NS * call["first_event"]
        row["t_end_ns"] = T_START_NS + STEP_NS * last
        row["inclusive_ns"] = row["self_ns"] = row["t_end_ns"] - row["t_start_ns"]
        event_rows["call"][[call["first_event"], *([last] if last < len(events) else [])]] = number
    for row in call_rows[call_rows["parent"] >= 0]:
        call_rows["self_ns"][row["parent"]] -= row["inclusive_ns"]
    counts = np.bincount(event_rows["thread"], minlength=len(threads)).tolist()
    counted = tuple(replace(thread, n_events=n) for thread, n in zip(threads, counts, strict=True))
    return Drawing(CallTree(call_rows, functions, counted), event_rows)


def draw_chain(n: int) -> CallTree:
    """Make a function that calls itself so many levels deep."""
    calls = np.zeros(n, CALL_DTYPE)
    calls["parent"] = np.arange(-1, n - 1)
    calls["depth"] = np.arange(n)
    calls["outcome"] = Outcome.RETURNED
    return CallTree(calls, {0: Function(0, "f", "f", "app", "app.py", 1)}, [Thread(1, 1, "MainThread", 7, 0, 0)])
