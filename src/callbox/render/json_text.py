"""A call tree as JSON, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from callbox.model import CallTree, Function, Outcome, Thread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from callbox.render.values import CallValues

FORMAT = "callbox.calls"
VERSION = 1

_OUTCOMES = {int(outcome): outcome.name.lower() for outcome in Outcome}


def format_json(tree: CallTree, *, values: CallValues | None = None) -> str:
    """Write a call tree as one JSON object, its rows one a line.

    ======================== =========================================================================
    `format`, `version`      "callbox.calls", 1
    `epoch_ns`               when the first call began, nanoseconds since the epoch
    `threads[]`              `name`, `ident`, `native_id`, `process_id`, `events`, `dropped`
    `functions[]`            `module`, `qualified_name`, `name`, `file`, `line`, `is_c`; null where a
                             damaged box does not say
    `calls[]`                `parent`, `function`, `thread`: positions in these lists, counted from 0;
                             the parent of a root is null, that of another call stands before it
    `calls[].depth`          depth of the stack when it began, 0 for a root
    `calls[].start_ns`       nanoseconds after `epoch_ns`, like `end_ns`; an open call ends with the
                             recording
    `calls[].inclusive_ns`   time on the stack, without suspensions; `self_ns`: less that of its calls
    `calls[].outcome`        "returned", "raised", "open", "suspended", "lost" or "cut"
    `calls[].resumes`        how often a generator or coroutine was continued
    `calls[].is_partial`     whether it began before the recording
    `calls[].bytes`          allocated in it and its calls, like `blocks`; only if that was recorded
    `calls[].arguments`      texts by name, null if unknown; `result` and `exception`: texts, or null;
                             only if `values` are given
    ======================== =========================================================================

    Functions come in the order in which they were first called: the text depends
    on the calls alone.
    """
    codes, first_rows, positions = np.unique(tree.calls["code"], return_index=True, return_inverse=True)
    order = np.argsort(first_rows)
    places = np.empty(len(codes), np.int64)
    places[order] = np.arange(len(codes))
    epoch_ns = int(tree.calls["t_start_ns"].min()) if len(tree.calls) else 0
    head = {"format": FORMAT, "version": VERSION, "epoch_ns": epoch_ns}
    tables = {
        "threads": map(_thread_row, tree.threads),
        "functions": (_function_row(tree.functions.get(code)) for code in codes[order].tolist()),
        "calls": _call_rows(tree, places[positions], epoch_ns, values),
    }
    encoder = msgspec.json.Encoder()
    members = [f'"{key}":{encoder.encode(value).decode()}' for key, value in head.items()]
    members += [f'"{key}":[\n{_lines(encoder, rows)}]' for key, rows in tables.items()]
    return "{" + ",\n".join(members) + "}"


def _lines(encoder: msgspec.json.Encoder, rows: Iterable[dict[str, Any] | None]) -> str:
    # No line of JSON has a raw line break inside, so the breaks between them are the only ones.
    return encoder.encode_lines(rows).decode().rstrip("\n").replace("\n", ",\n")


def _thread_row(thread: Thread) -> dict[str, Any]:
    return {
        "name": _valid(thread.name),
        "ident": thread.ident,
        "native_id": thread.native_id,
        "process_id": thread.process_id,
        "events": thread.n_events,
        "dropped": thread.n_dropped,
    }


def _function_row(function: Function | None) -> dict[str, Any] | None:
    if function is None:
        return None
    return {
        "module": _valid(function.module_name),
        "qualified_name": _valid(function.qualified_name),
        "name": _valid(function.name),
        "file": _valid(function.filename),
        "line": function.line_number,
        "is_c": function.is_c,
    }


def _call_rows(
    tree: CallTree, functions: NDArray[np.int64], epoch_ns: int, values: CallValues | None
) -> Iterator[dict[str, Any]]:
    calls = tree.calls
    columns: dict[str, list[Any]] = {
        "parent": [parent if parent >= 0 else None for parent in calls["parent"].tolist()],
        "function": functions.tolist(),
        "thread": calls["thread"].tolist(),
        "depth": calls["depth"].tolist(),
        "start_ns": (calls["t_start_ns"] - epoch_ns).tolist(),
        "end_ns": (calls["t_end_ns"] - epoch_ns).tolist(),
        "inclusive_ns": calls["inclusive_ns"].tolist(),
        "self_ns": calls["self_ns"].tolist(),
        "outcome": [_OUTCOMES[outcome] for outcome in calls["outcome"].tolist()],
        "resumes": calls["n_resumes"].tolist(),
        "is_partial": calls["is_partial"].astype(bool).tolist(),
    }
    if tree.alloc is not None:
        columns |= {"bytes": tree.alloc[:, 0].tolist(), "blocks": tree.alloc[:, 1].tolist()}
    for row, cells in enumerate(zip(*columns.values(), strict=True)):
        yield dict(zip(columns, cells, strict=True)) | (values.details(row) if values else {})


def _valid(text: str) -> str:
    """Escape lone surrogates, which file names that are no UTF-8 hold and JSON cannot."""
    return text.encode("utf-8", "backslashreplace").decode()
