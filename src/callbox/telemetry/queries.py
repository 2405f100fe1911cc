"""The queries of one test: what they are and where they come from."""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from callbox.telemetry.n_plus_one import find_n_plus_one
from callbox.telemetry.places import NOWHERE, Origin, Place, origin_of
from callbox.telemetry.sql import Role, Shape, shape_of
from callbox.values.statics import reference_of_class

SLOW_MS = 100.0
PHASES = ("setup", "call", "teardown")
request: ContextVar[int] = ContextVar("callbox_request", default=0)
"""Number of the request that a server answers in this context; 0 outside of any."""
_MAX_SLOW = 20
_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "OTHER")
_ATOMS = frozenset(map(id, (type(None), bool, int, float, str, bytes)))
"""Types go by identity: a metaclass may hash and compare its own by code."""
_BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: bytes.__bytes__,
}
"""What gives the value of a subclass without its code."""
_MYSQL = frozenset({"mysql", "mariadb"})
_STANDARD = frozenset({"datetime", "decimal", "uuid"})
_TRANSACTIONS = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})
_COUNTED_TRANSACTIONS = frozenset({"COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT"})


@dataclass(slots=True)
class Query:
    """One executed statement.

    Attributes:
        shape: what it has in common with others.
        values: hash of its parameters and literals; equal queries have equal ones.
        keys: hash of those that choose rows.
        duration_ns: time in the database driver.
        alias: which database.
        phase: "setup", "call" or "teardown".
        origin: how the project's code came to it.
        system: which kind of database, in OpenTelemetry's words; "" if unknown.
        n_rows: rows that it changed or returned, where the driver says so; else -1.
        is_many: `executemany`.
        request: number of the request that it answers; 0 outside of any.
        fixture: the one that asks; "" if none does.
    """

    shape: Shape
    values: int
    keys: int
    duration_ns: int
    alias: str
    phase: str
    origin: Origin = NOWHERE
    system: str = ""
    n_rows: int = -1
    is_many: bool = False
    request: int = 0
    fixture: str = ""

    @property
    def path(self) -> tuple[Place, ...]:
        """The lines of the project that led to it, the nearest first."""
        return self.origin.path

    @property
    def is_transaction(self) -> bool:
        """Whether it begins or ends a transaction or a savepoint."""
        return self.shape.kind == "OTHER" and self.shape.first_word in _TRANSACTIONS

    @property
    def ends_transaction(self) -> bool:
        """Whether it ends a transaction, or begins a savepoint: what drivers tell alike."""
        word, _, rest = self.shape.template.upper().partition(" ")
        return word in _COUNTED_TRANSACTIONS and not (word == "ROLLBACK" and "TO" in rest.split())


@dataclass
class QueryLog:
    """The queries of a test, in order.

    Attributes:
        queries: those so far.
    """

    queries: list[Query] = field(default_factory=list)

    def add(self, sql: Any, parameters: Any, duration_ns: int, **about: Any) -> None:
        """Note a statement that was executed now, by the code that calls; what is no text, the driver has refused."""
        text = str.__str__(sql) if isinstance(sql, str) else type(sql).__name__
        shape = _shape(text, about.get("system") in _MYSQL)
        if "origin" not in about:
            about["origin"] = origin_of(sys._getframe(1))
        about.setdefault("request", request.get())
        values, keys = hash_values(parameters, shape)
        self.queries.append(Query(shape, values, keys, duration_ns, **about))

    def counted(self) -> list[Query]:
        """Return the queries without those that begin and end transactions."""
        return [query for query in self.queries if not query.is_transaction]

    def as_record(self) -> dict[str, Any]:
        """Return the part of a test's record that tells of queries; times in ms."""
        counted = self.counted()
        others = [query for query in self.queries if query.is_transaction] if len(counted) < len(self.queries) else []
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
            "transactions": sum(query.ends_transaction for query in others),
            "rows": sum(max(query.n_rows, 0) for query in counted),
            "by_phase": {phase: sum(query.phase == phase for query in counted) for phase in PHASES},
            "by_fixture": _count(query.fixture for query in counted if query.fixture),
            "by_alias": _count(query.alias for query in counted),
        }


def find_duplicates(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """Return statements that were executed more than once, by template: how often, and how often with equal values."""
    groups: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        groups[query.shape.template].append(query)
    return [
        {"sql": group[0].shape.text, "count": len(group), "identical": len(group) - len({q.values for q in group})}
        for group in groups.values()
        if len(group) > 1
    ]


def hash_values(parameters: Any, shape: Shape) -> tuple[int, int]:
    """Return hashes of what a statement was executed with, and of that part which chooses rows.

    No code of a stranger's value runs.
    """
    plan = shape.plan
    if plan is not None:
        given = () if parameters is None else parameters
        is_list = (type(given) is tuple or type(given) is list) and len(given) == plan.n_parameters
        if is_list and _ATOMS.issuperset(map(id, map(type, given))):
            keys = (*plan.key_literals, *[given[index] for index in plan.keys])
            return hash((*plan.literals, *given)), hash(keys)
    found = list(_values(parameters, shape))
    keys = tuple(value for role, value in found if role in shape.chosen)
    return hash(tuple(value for _, value in found)), hash(keys)


def _values(parameters: Any, shape: Shape) -> Iterator[tuple[Role, Any]]:
    """Yield the values of a statement and what they do; where they cannot be told apart, all choose rows."""
    kind = type(parameters)
    named = parameters if issubclass(kind, dict) else None
    given = next((list(base.__iter__(parameters)) for base in (list, tuple) if issubclass(kind, base)), [])
    asked = [value for value in shape.values if value.is_parameter]
    if named is None and len(given) != len(asked) and not any(value.text[1:].isdigit() for value in asked):
        yield from ((Role.KEY, _plain(value)) for value in given)
        asked = []
    position = 0
    for value in shape.values:
        if not value.is_parameter:
            yield value.role, value.text
        elif asked:
            index, position = position, position + 1
            found = _look_up(value.text, index, named, given)
            is_list = type(found) is list or type(found) is tuple
            yield (Role.LIST if is_list else value.role), _plain(found)


def _look_up(text: str, index: int, named: dict[str, Any] | None, given: Sequence[Any]) -> Any:
    """Return the value of a parameter: `%(name)s`, `:name`, `$2`, `?2`, or the next of those that have no name."""
    if named is not None:
        return dict.get(named, text.strip("%?:$").removeprefix("(").rpartition(")")[0] or text[1:])
    index = int(text[1:]) - 1 if text[1:].isdigit() else index
    return given[index] if 0 <= index < len(given) else None


def _plain(value: Any) -> Any:
    """Return what tells a value apart by a hash of built-in types; of a stranger's class, by identity."""
    kind = type(value)
    if id(kind) in _ATOMS:
        return value
    if kind is list or kind is tuple:
        return kind, tuple(item if id(type(item)) in _ATOMS else id(item) for item in value)
    for base, plain in _BASES.items():
        if issubclass(kind, base):
            return plain(value)
    return id(kind), str(value) if reference_of_class(kind)[0] in _STANDARD else id(value)


@functools.lru_cache(maxsize=4096)
def _shape(sql: str, is_mysql: bool) -> Shape:
    return shape_of(sql, is_mysql=is_mysql)


def _slow(query: Query) -> dict[str, Any]:
    ms = _ms(query.duration_ns)
    return {"sql": query.shape.text, "time": ms / 1000, "duration": ms, "path": [str(step) for step in query.path]}


def _count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _ms(ns: float) -> float:
    return round(ns / 1e6, 3)
