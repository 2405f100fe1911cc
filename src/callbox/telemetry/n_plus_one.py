"""Queries that should have been one: the same SELECT, one row after the other, in a loop.

A loop is known by its instructions: each turn comes to the query by the same ones, calls
that stand one after the other do not. What makes it an N+1 is that the values which
choose the row change, or that a library loads there what an object refers to.

Not one are: paging, by numbers, keys or dates; lists and windows, which are batches; equal
values, which are polling or a retry; what a statement that changes data asks for itself
beforehand; one request after the other, each with one query; what migrations and their
like ask the catalogue; a test that goes through a table of cases, each with one query.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbox.telemetry.queries import Query

MIN_REPEATS = 3
"""So often the same query from one loop, each time for another row, is an N+1."""
_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE"})


def find_n_plus_one(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """Return queries that should have been one, by template and line: how often, and how the code came there.

    Args:
        queries: of a test, in order, without those that begin and end transactions.
    """
    loops: dict[Any, list[Query]] = defaultdict(list)
    for query in _candidates(queries):
        loops[query.shape.template, query.alias, query.request, query.origin.loop].append(query)
    found: dict[Any, dict[str, Any]] = {}
    for turns in loops.values():
        loop = [query for query in turns if not _is_case(query)] if len(turns) >= MIN_REPEATS else []
        if len(loop) < MIN_REPEATS or _n_rows_asked_for(loop) < MIN_REPEATS:
            continue
        first = loop[0]
        site = str(first.origin.path[0])
        known = found.setdefault(
            (first.shape.template, first.alias, site),
            {"sql": first.shape.text, "count": 0, "site": site, "path": [], "alias": first.alias},
        )
        known["path"] = known["path"] or [str(step) for step in first.origin.path]
        known["count"] += len(loop)
    return list(found.values())


def _candidates(queries: Sequence[Query]) -> Iterator[Query]:
    """Yield the queries that read rows for the project's code, and that others are like."""
    reading = [(index, query) for index, query in enumerate(queries) if _is_reading(query)]
    n_alike = Counter((query.shape.template, query.alias, query.request) for _, query in reading)
    if not reading or max(n_alike.values()) < MIN_REPEATS:
        return  # most tests
    beforehand = _find_parts_of_changes(queries)
    for index, query in reading:
        if index not in beforehand and n_alike[query.shape.template, query.alias, query.request] >= MIN_REPEATS:
            yield query


def _is_reading(query: Query) -> bool:
    shape, origin = query.shape, query.origin
    is_of_project = bool(origin.steps) and not origin.is_schema
    return is_of_project and shape.kind == "SELECT" and not shape.is_catalogue and not query.is_many


def _is_case(query: Query) -> bool:
    """Say whether it is one of a table of cases: the test goes round."""
    return query.origin.is_test_loop and not query.origin.is_relation and not query.request


def _n_rows_asked_for(loop: Sequence[Query]) -> int:
    """Return how often a loop asked for another row than the time before.

    What an object refers to is loaded once for each object, though many may refer to the same.
    """
    if all(query.origin.is_relation for query in loop):
        return len(loop)
    return sum(1 for _ in groupby(query.keys for query in loop))


def _find_parts_of_changes(queries: Sequence[Query]) -> set[int]:
    """Return the positions of SELECTs that belong to the INSERT, UPDATE or DELETE after them.

    They do if the same instruction of the project led to both, as `get_or_create` and a delete with what depends
    on it; or if an INSERT into the same table follows at once.
    """
    found: set[int] = set()
    asked: dict[str, int] = {}
    for index, query in enumerate(queries):
        before = queries[index - 1] if index else None
        if before is None or query.origin.loop != before.origin.loop:
            asked.clear()
        if query.shape.kind in _CHANGES:
            found.update(asked.values())
            asked.clear()
            is_check = before is not None and query.shape.kind == "INSERT" and before.shape.table == query.shape.table
            if is_check and before is not None and before.shape.kind == "SELECT":
                found.add(index - 1)
        elif query.shape.kind == "SELECT":
            if query.shape.template in asked:
                asked.clear()
            asked[query.shape.template] = index
    return found
