"""The queries of one test: what they are, where they come from, and which should have been one."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from callbox.telemetry.sql import Shape, shape_of

SLOW_MS = 100.0
MIN_REPEATS = 3
"""So often the same query from one place, each time for another value, is an N+1."""
_MAX_SLOW = 20
_MAX_PATH = 8
_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "OTHER")
_ATOMS = (type(None), bool, int, float, str, bytes)
_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})
_SCHEMES = ("stdlib", "platstdlib", "purelib", "platlib")
_LIBRARIES = tuple(sorted({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in _SCHEMES}))
_HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep  # noqa: PTH120


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the project's code: `file:line function`."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}"


@dataclass(slots=True)
class Query:
    """One executed statement.

    Attributes:
        shape: what it has in common with others.
        values: hash of its parameters; equal queries have equal ones.
        duration_ns: time in the database driver.
        alias: which database.
        phase: "setup", "call" or "teardown".
        path: places that led to it, the nearest first.
        n_rows: rows that it changed or returned, where the driver says so; else -1.
        is_many: `executemany`.
    """

    shape: Shape
    values: int
    duration_ns: int
    alias: str
    phase: str
    path: tuple[Place, ...]
    n_rows: int = -1
    is_many: bool = False


@dataclass
class QueryLog:
    """The queries of a test, in order."""

    queries: list[Query] = field(default_factory=list)

    def add(self, sql: str, parameters: Any, duration_ns: int, **about: Any) -> None:
        """Note a statement that was executed now, by the code that calls."""
        shape = _shape(sql)
        about.setdefault("path", project_path(sys._getframe(1)))
        self.queries.append(Query(shape, values_of(parameters, shape), duration_ns, **about))

    def counted(self) -> list[Query]:
        """Return the queries without those that begin and end transactions."""
        return [query for query in self.queries if not _is_transaction(query)]

    def as_record(self) -> dict[str, Any]:
        """Return the part of a test's record that tells of queries; times in ms."""
        counted = self.counted()
        total_ns = sum(query.duration_ns for query in counted)
        slow = [query for query in counted if query.duration_ns > SLOW_MS * 1e6]
        kinds = dict.fromkeys(_KINDS, 0)
        for query in counted:
            kinds[query.shape.kind] += 1
        return {
            "count": len(counted),
            "total_duration": _ms(total_ns),
            "slow_queries": [_slow(query) for query in slow[:_MAX_SLOW]],
            "duplicate_queries": find_duplicates(counted),
            "query_types": kinds,
            "avg_duration": _ms(total_ns / len(counted)) if counted else 0,
            "max_duration": _ms(max((query.duration_ns for query in counted), default=0)),
            "n_plus_one": find_n_plus_one(counted),
            "transactions": len(self.queries) - len(counted),
            "rows": sum(max(query.n_rows, 0) for query in counted),
            "by_phase": {phase: sum(q.phase == phase for q in counted) for phase in ("setup", "call", "teardown")},
            "by_alias": _count(query.alias for query in counted),
        }


def find_duplicates(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """Return statements that were executed more than once, by template: how often, and how often with equal values."""
    groups: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        groups[query.shape.template].append(query)
    return [
        {"sql": template, "count": len(group), "identical": len(group) - len({query.values for query in group})}
        for template, group in groups.items()
        if len(group) > 1
    ]


def find_n_plus_one(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """Return queries that should have been one: the same SELECT from one place, for one value after the other.

    Paging, lists of values, equal values and bulk statements are none.
    """
    groups: dict[tuple[str, Place | None, str], list[Query]] = defaultdict(list)
    for query in queries:
        if query.shape.kind == "SELECT" and not query.shape.has_list and not query.is_many:
            groups[query.shape.template, query.path[0] if query.path else None, query.alias].append(query)
    found = []
    for (template, place, alias), group in groups.items():
        if place is None or len({query.values for query in group}) < MIN_REPEATS:
            continue
        path = [str(step) for step in group[0].path]
        found.append({"sql": template, "count": len(group), "site": str(place), "path": path, "alias": alias})
    return found


def values_of(parameters: Any, shape: Shape) -> int:
    """Return a hash of what a statement was executed with; no code of a stranger's value runs."""
    if isinstance(parameters, dict):
        parameters = [value for _, value in sorted(parameters.items(), key=lambda item: str(item[0]))]
    items = parameters if type(parameters) in (list, tuple) else ()
    plain = tuple(item if type(item) in _ATOMS else (id(type(item)), _text_of(item)) for item in items)
    return hash((plain, shape.keys))


def _text_of(value: Any) -> str | int:
    """Return what tells values of the standard library apart; others are told apart by identity."""
    return str(value) if type(value).__module__ in ("datetime", "decimal", "uuid") else id(value)


def project_path(frame: FrameType | None) -> tuple[Place, ...]:
    """Return the places of the project's own code on the stack, the nearest first; at most eight."""
    path: list[Place] = []
    while frame is not None and len(path) < _MAX_PATH:
        file = _project_file(frame.f_code.co_filename)
        if file is not None:
            path.append(Place(file, frame.f_lineno, frame.f_code.co_qualname))
        frame = frame.f_back
    return tuple(path)


@functools.cache
def _project_file(filename: str) -> str | None:
    """Return a file's path relative to the working folder; None for libraries, callbox and generated code."""
    if filename.startswith("<"):
        return None
    real = os.path.realpath(filename)
    if real.startswith((*_LIBRARIES, _HERE)) or "site-packages" in real:
        return None
    return os.path.relpath(real) if real.startswith(os.getcwd() + os.sep) else real  # noqa: PTH109


@functools.lru_cache(maxsize=4096)
def _shape(sql: str) -> Shape:
    return shape_of(sql)


def _is_transaction(query: Query) -> bool:
    return query.shape.template.split(" ", 1)[0].upper() in _TRANSACTIONS


def _slow(query: Query) -> dict[str, Any]:
    ms = _ms(query.duration_ns)
    return {"sql": query.shape.template, "time": ms / 1000, "duration": ms, "path": [str(step) for step in query.path]}


def _count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _ms(ns: float) -> float:
    return round(ns / 1e6, 3)
