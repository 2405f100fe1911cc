"""What reduces SQL statements to their shape. An input is a statement, or anything else.

Whatever it is has a shape; every value stands in the statement; a comment changes nothing.
"""

from __future__ import annotations

from callbox.telemetry.sql import shape_of

EXAMPLES = (
    *("SELECT * FROM t WHERE a = 1", "select 'it''s', \"q\", `b`, [c] -- end", "INSERT INTO t VALUES (1, 'x'), (2, 3)"),
    *("UPDATE t SET a = %s WHERE b IN (%s, %s, %s)", "SELECT $tag$text$tag$, e'\\'', N'x', 0xFF, 1.5e-7, .5"),
    *("/* hint */ DELETE FROM t WHERE a BETWEEN 1 AND 2 LIMIT 5 OFFSET 10", "WITH x AS (SELECT 1) UPDATE t SET a = :b"),
    *("SELECT a::int, j->>'k' FROM t WHERE x <@ @p AND y = $1", "SELECT ((((", "'", '"', "/*", "$$", "e'", "[a"),
)


def examples() -> list[bytes]:
    """Encode statements of every kind, and what is none."""
    return [example.encode() for example in EXAMPLES]


def check(data: bytes) -> None:
    """Reduce a statement; what it becomes must hold."""
    statement = data.decode("utf-8", "replace")
    for is_mysql in (False, True):
        shape = shape_of(statement, is_mysql=is_mysql)
        for value in shape.values:
            if value.text not in statement:
                raise AssertionError(f"{statement!r} has no literal {value.text!r}")
        if shape_of(f" /* 'a' 1 */\n{statement}", is_mysql=is_mysql) != shape:
            raise AssertionError(f"{statement!r} has another shape behind a comment")
