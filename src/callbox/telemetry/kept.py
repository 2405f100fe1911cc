"""What is kept of a test: by the store of runs, and by the journal until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

FILE_NAME = "telemetry.db"
"""The store's, in the project's folder."""
CRASHED = "its process ended while it ran"
"""What is known of such a test: that was a signal, a crash of C code or `os._exit`."""
Row: TypeAlias = tuple[str, str, float, int, str, int, int | None, str]
"""A `KeptTest` as a plain tuple."""


class KeptTest(NamedTuple):
    """What is kept of a test's record, as a row of the store; thousands are made while tests run.

    Attributes:
        id, status, error: as in the record.
        duration_ms: of all its phases.
        n_queries: without transactions.
        n_plus_one: the lines that made them, one each line of text.
        n_blocked: refused attempts to reach other machines.
        lines_covered: None where lines were not measured.
    """

    id: str
    status: str
    duration_ms: float
    n_queries: int
    n_plus_one: str
    n_blocked: int
    lines_covered: int | None
    error: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> KeptTest:
        """Choose from a record."""
        return cls._make(row_of(record))

    @property
    def sites(self) -> list[str]:
        """The lines that made an N+1."""
        return self.n_plus_one.splitlines()


class KeptRows:
    """What is kept of the tests of a run, in the order in which they ended.

    One list of all their fields: rows of their own would have the garbage collector come sooner, and look at them.
    """

    __slots__ = ("_fields",)

    def __init__(self) -> None:
        self._fields: list[Any] = []

    def add(self, row: Row) -> None:
        """Keep a test."""
        self._fields += row

    def __iter__(self) -> Iterator[Row]:
        """Yield a row for each."""
        return zip(*[iter(self._fields)] * len(KeptTest._fields), strict=True)


def row_of(record: Mapping[str, Any]) -> Row:
    """Choose from a record."""
    queries = record["database_queries"]
    sites = {found["site"] for found in queries["n_plus_one"]} if queries["n_plus_one"] else ()
    return (
        record["id"],
        record["status"],
        record["duration"],
        queries["count"],
        "\n".join(sorted(sites)) if sites else "",
        len(record["http_calls"]["blocked_calls"]),
        record["coverage"].get("lines_covered"),
        record["error"],
    )
