"""A recording as five Arrow tables: events, calls, functions, values, threads.

`docs/query.md` describes their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.errors import ConfigError
from callbox.model import GREENLET, EventKind, Outcome
from callbox.render.text import printable
from callbox.values.describe import describe
from callbox.values.frozen import FrozenDict, FrozenInt, FrozenItems, FrozenObject, FrozenText, Named, Opaque

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.recording import Recording
    from callbox.recording.values import RecordedValues

_BATCH_ROWS = 1 << 20
_VALUE_BATCH_EVENTS = 1 << 16
_VALUE_CHARS = 200
_OUTCOMES = [outcome.name.lower() for outcome in Outcome]
_KINDS = ["", *(EventKind(number).name.lower() for number in range(EventKind.CALL, EventKind.STEP + 1))]
_CALL, _UNWIND, _YIELD, _RESUME = map(int, (EventKind.CALL, EventKind.UNWIND, EventKind.YIELD, EventKind.RESUME))
_C_CALL, _C_RAISE = int(EventKind.C_CALL), int(EventKind.C_RAISE)


def import_pyarrow() -> Any:
    """Import pyarrow.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise ConfigError("tables need pyarrow: pip install 'callbox[scale]'") from error
    return pyarrow


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is made when it is read.

    Attributes:
        schema: a `pyarrow.Schema`.
        batches: gives its rows as `pyarrow.RecordBatch`es.
    """

    schema: Any
    batches: Callable[[], Iterator[Any]]


class Tables:
    """The tables of one recording.

    Columns that name a function, a kind or an outcome are dictionaries: a number for each row.
    """

    NAMES = ("events", "calls", "functions", "values", "threads")

    def __init__(self, recording: Recording, box: str) -> None:
        """Prepare tables.

        Args:
            recording: what to make tables of.
            box: stands in the column `box` of each row.
        """
        self._pa = import_pyarrow()
        self._recording = recording
        self._box = printable(box)

    def table(self, name: str) -> Table:
        """Return a table by name."""
        schema: Any = getattr(self, f"_{name}_schema")()
        batches: Callable[[], Iterator[Any]] = getattr(self, f"_{name}")
        return Table(schema, lambda: (self._batch(schema, columns) for columns in batches()))

    def _batch(self, schema: Any, columns: dict[str, Any]) -> Any:
        pa = self._pa
        n = len(next(iter(columns.values())))
        columns = {"box": self._dictionary(np.zeros(n, np.int32), [self._box]), **columns}
        # Also NumPy arrays and lists; those that are Arrow's already are kept.
        arrays = [
            column if isinstance(column, pa.Array) else pa.array(column, type=schema.field(name).type)
            for name, column in columns.items()
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _dictionary(self, indices: NDArray[np.int32], texts: list[Any]) -> Any:
        pa = self._pa
        # A negative number stands for null.
        positions = pa.array(indices, mask=indices < 0)
        return pa.DictionaryArray.from_arrays(positions, pa.array(texts, pa.string()))

    def _nullable(self, numbers: NDArray[Any], is_null: NDArray[np.bool_], kind: Any) -> Any:
        return self._pa.array(numbers, type=kind, mask=is_null)

    def _schema(self, **types: Any) -> Any:
        return self._pa.schema({"box": self._word, **types})

    @property
    def _word(self) -> Any:
        return self._pa.dictionary(self._pa.int32(), self._pa.string())

    @cached_property
    def _function_names(self) -> tuple[NDArray[np.int32], list[str]]:
        """Places among the names by function id, -1 for one that a damaged box lacks; the names."""
        functions = self._recording.functions
        largest = int(max(self._recording.tree.calls["code"].max(initial=0), max(functions, default=0)))
        places = np.full(largest + 1, -1, np.int32)
        places[list(functions)] = np.arange(len(functions))
        return places, [printable(function.full_name) for function in functions.values()]

    @cached_property
    def _processes(self) -> NDArray[np.int64]:
        return np.array([thread.process_id for thread in self._recording.threads], np.int64)

    def _calls_schema(self) -> Any:
        pa = self._pa
        numbers = {name: pa.int64() for name in ("start_ns", "end_ns", "inclusive_ns", "self_ns")}
        return self._schema(
            call=pa.int32(),
            parent=pa.int32(),
            function=self._word,
            function_id=pa.uint32(),
            process_id=pa.int64(),
            thread=pa.uint32(),
            depth=pa.uint32(),
            **numbers,
            outcome=self._word,
            resumes=pa.uint32(),
            task=pa.uint32(),
            greenlet=pa.uint32(),
            is_partial=pa.bool_(),
            first_event=pa.int64(),
            last_event=pa.int64(),
            bytes=pa.uint64(),
            blocks=pa.uint64(),
        )

    def _calls(self) -> Iterator[dict[str, Any]]:
        pa, tree = self._pa, self._recording.tree
        places, names = self._function_names
        for first in range(0, len(tree.calls), _BATCH_ROWS):
            calls = tree.calls[first : first + _BATCH_ROWS]
            column = _columns(calls)
            tasks = column["task"]
            alloc = np.zeros((len(calls), 2), np.uint64) if tree.alloc is None else tree.alloc[first:][: len(calls)]
            lacks_alloc = np.full(len(calls), tree.alloc is None)
            yield {
                "call": np.arange(first, first + len(calls), dtype=np.int32),
                "parent": self._nullable(column["parent"], column["parent"] < 0, pa.int32()),
                "function": self._dictionary(places[column["code"]], names),
                "function_id": column["code"],
                "process_id": self._processes[column["thread"]],
                "thread": column["thread"],
                "depth": column["depth"],
                "start_ns": column["t_start_ns"],
                "end_ns": column["t_end_ns"],
                "inclusive_ns": column["inclusive_ns"],
                "self_ns": column["self_ns"],
                "outcome": self._dictionary(column["outcome"].astype(np.int32), _OUTCOMES),
                "resumes": column["n_resumes"],
                "task": self._nullable(tasks, (tasks == 0) | (tasks >= GREENLET), pa.uint32()),
                "greenlet": self._nullable(tasks & np.uint32(GREENLET - 1), tasks < GREENLET, pa.uint32()),
                "is_partial": column["is_partial"].astype(np.bool_),
                "first_event": column["first_event"],
                "last_event": self._nullable(column["last_event"], column["last_event"] < 0, pa.int64()),
                "bytes": self._nullable(np.ascontiguousarray(alloc[:, 0]), lacks_alloc, pa.uint64()),
                "blocks": self._nullable(np.ascontiguousarray(alloc[:, 1]), lacks_alloc, pa.uint64()),
            }

    def _events_schema(self) -> Any:
        pa = self._pa
        return self._schema(
            event=pa.int64(),
            t_ns=pa.int64(),
            kind=self._word,
            function=self._word,
            function_id=pa.uint32(),
            process_id=pa.int64(),
            thread=pa.uint32(),
            call=pa.int32(),
            frame=pa.uint64(),
        )

    def _events(self) -> Iterator[dict[str, Any]]:
        pa, events = self._pa, self._recording.events
        places, names = self._function_names
        for first in range(0, len(events), _BATCH_ROWS):
            rows = events[first : first + _BATCH_ROWS]
            column = _columns(rows)
            has_function = column["kind"] < EventKind.TASK_SWITCH
            codes = np.where(has_function, column["code"], 0)
            known = np.where(codes < len(places), places[np.minimum(codes, len(places) - 1)], -1)
            yield {
                "event": np.arange(first, first + len(rows)),
                "t_ns": column["t_ns"],
                "kind": self._dictionary(column["kind"].astype(np.int32), _KINDS),
                "function": self._dictionary(np.where(has_function, known, -1).astype(np.int32), names),
                "function_id": self._nullable(column["code"], ~has_function, pa.uint32()),
                "process_id": self._processes[column["thread"]],
                "thread": column["thread"],
                "call": self._nullable(column["call"], column["call"] < 0, pa.int32()),
                "frame": self._nullable(column["frame"], column["frame"] == 0, pa.uint64()),
            }

    def _functions_schema(self) -> Any:
        pa = self._pa
        texts = {name: pa.string() for name in ("function", "module", "qualified_name", "name", "file")}
        return self._schema(
            function_id=pa.uint32(), **texts, line=pa.int64(), is_c=pa.bool_(), parameters=pa.list_(pa.string())
        )

    def _functions(self) -> Iterator[dict[str, Any]]:
        functions = list(self._recording.functions.values())
        yield {
            "function_id": [function.id for function in functions],
            "function": [printable(function.full_name) for function in functions],
            "module": [printable(function.module_name) for function in functions],
            "qualified_name": [printable(function.qualified_name) for function in functions],
            "name": [printable(function.name) for function in functions],
            "file": [printable(function.filename) for function in functions],
            "line": [function.line_number for function in functions],
            "is_c": [function.is_c for function in functions],
            "parameters": [[printable(name) for name in function.parameters] for function in functions],
        }

    def _threads_schema(self) -> Any:
        pa = self._pa
        return self._schema(
            thread=pa.uint32(),
            name=pa.string(),
            ident=pa.uint64(),
            native_id=pa.int64(),
            process_id=pa.int64(),
            events=pa.int64(),
            dropped=pa.int64(),
        )

    def _threads(self) -> Iterator[dict[str, Any]]:
        threads = self._recording.threads
        yield {
            "thread": list(range(len(threads))),
            "name": [printable(thread.name) for thread in threads],
            "ident": [thread.ident for thread in threads],
            "native_id": [thread.native_id for thread in threads],
            "process_id": [thread.process_id for thread in threads],
            "events": [thread.n_events for thread in threads],
            "dropped": [thread.n_dropped for thread in threads],
        }

    def _values_schema(self) -> Any:
        pa = self._pa
        return self._schema(
            call=pa.int32(),
            event=pa.int64(),
            process_id=pa.int64(),
            role=self._word,
            position=pa.int32(),
            name=pa.string(),
            type=pa.string(),
            value=pa.string(),
        )

    def _values(self) -> Iterator[dict[str, Any]]:
        values = self._recording.values
        if values is None:
            return
        events = self._recording.events
        noted = np.flatnonzero(np.diff(values.starts.astype(np.int64)))
        for first in range(0, len(noted), _VALUE_BATCH_EVENTS):
            chosen = noted[first : first + _VALUE_BATCH_EVENTS]
            columns = (events[field][chosen].tolist() for field in ("kind", "call", "thread"))
            found = [
                (call, event, int(self._processes[thread]), *row)
                for event, kind, call, thread in zip(chosen.tolist(), *columns, strict=True)
                if call >= 0
                for row in _values_of(values, event, kind)
            ]
            names = [field for field in self._values_schema().names if field != "box"]
            batch: dict[str, Any] = dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
            if batch:
                batch["role"] = self._dictionary(np.array(batch["role"], np.int32), list(_ROLES))
                yield batch


def _columns(rows: NDArray[np.void]) -> dict[str, NDArray[Any]]:
    return {field: np.ascontiguousarray(rows[field]) for field in rows.dtype.names or () if field != "reserved"}


_ROLES = ("argument", "result", "yield", "exception", "sent")


def _values_of(values: RecordedValues, event: int, kind: int) -> Iterator[tuple[int, int, str | None, str, str]]:
    """Give role, position, name, type and text of an event's values."""
    if kind in (_CALL, _C_CALL):
        for position, (name, value) in enumerate((values.arguments_at(event) or {}).items()):
            yield 0, position, printable(name), _type_name(value), _text(value)
    elif kind in (_UNWIND, _C_RAISE):
        exception = values.exception_at(event)
        if exception is not None:  # of some there are variables alone
            yield 3, 0, None, _type_name(exception), _text(exception)
    elif kind == _RESUME:
        sent = values.sent_at(event)
        yield 4, 0, None, _type_name(sent), _text(sent)
    elif values.has_result_at(event):
        result = values.result_at(event)
        yield 2 if kind == _YIELD else 1, 0, None, _type_name(result), _text(result)


def _text(value: Any) -> str:
    return printable(describe(value, max_chars=_VALUE_CHARS))


def _type_name(value: Any) -> str:
    if isinstance(value, FrozenObject | Opaque):
        return printable(value.type_name)
    if isinstance(value, FrozenItems):
        return value.kind
    if isinstance(value, FrozenText):
        return type(value.beginning).__name__
    known = {FrozenDict: "dict", FrozenInt: "int", Named: "type or function"}
    return known.get(type(value), type(value).__name__)
