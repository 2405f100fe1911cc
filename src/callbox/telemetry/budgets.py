"""What a test may cost: so many queries, so long. One that costs more fails, and says where most of it came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callbox.telemetry.queries import Query, QueryLog

MARKER = "query_budget(max_queries): the test fails if its call makes more queries of databases"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a test may cost; None is without limit.

    Attributes:
        max_queries: queries, transactions not counted.
        max_duration_ms: wall time.
    """

    max_queries: int | None = None
    max_duration_ms: float | None = None

    def with_queries(self, max_queries: int) -> Budget:
        """Return the budget of a test that has its own number of queries."""
        return replace(self, max_queries=max_queries)

    def excess(self, queries: QueryLog, duration_ns: int, phase: str = "call") -> str:
        """Say by how much a test is over its budget; "" if it is not.

        Args:
            queries: of the test.
            duration_ns: of the phase.
            phase: the one that is held to the budget.
        """
        said = []
        made = [query for query in queries.counted() if query.phase == phase]
        if self.max_queries is not None and len(made) > self.max_queries:
            said += [f"{in_words(len(made))}, {self.max_queries:,} allowed", most_asking(made)]
        if self.max_duration_ms is not None and duration_ns > self.max_duration_ms * 1e6:
            said.append(f"{duration_ns / 1e6:,.1f} ms, {self.max_duration_ms:,g} ms allowed")
        return f"over budget: {'; '.join(said)}" if said else ""


def most_asking(queries: Sequence[Query]) -> str:
    """Say which line made most of the queries, of which there is one at least, and what it asked."""
    sites = Counter((query.shape.text, str(query.path[0]) if query.path else "") for query in queries)
    (text, site), n = sites.most_common(1)[0]
    return f"{n:,} of them{f' at {site}' if site else ''}: {text}"


def in_words(n_queries: int) -> str:
    """Write how many queries: `1 query`."""
    return f"{n_queries:,} {'query' if n_queries == 1 else 'queries'}"
