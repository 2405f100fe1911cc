"""SQL over recordings, by DuckDB: it sees the tables of the recordings and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox.errors import ConfigError
from callbox.recording.tables import Tables, import_pyarrow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callbox.recording import Recording

_WORD = re.compile(r"\w+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found.

    Attributes:
        names: of the columns.
        types: of the columns, as DuckDB names them.
        rows: plain Python values.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def query(recordings: Mapping[str, Recording], sql: str) -> Answer:
    """Ask a question of recordings.

    The statement can read no file, reach no server, load no extension and see no variable of this program.

    Args:
        recordings: by what stands in the column `box`.
        sql: a statement of DuckDB's SQL; of several the last one's answer is given.

    Raises:
        ConfigError: there is no statement, it is wrong, or a package is missing.
    """
    if found := _SURROGATE.search(sql):
        raise ConfigError(f"the query failed: {found[0]!r} is no character")
    duckdb = _import_duckdb()
    pyarrow = import_pyarrow()
    connection = duckdb.connect(config={"enable_external_access": "false"})
    try:
        connection.execute("SET python_enable_replacements = false")
        mentioned = {word.lower() for word in _WORD.findall(sql)}
        for name in Tables.NAMES:
            made = [Tables(recording, box).table(name) for box, recording in recordings.items()]
            # Only what is asked of is made; what is not is there, for what lists the tables, and empty.
            batches = [batch for table in made for batch in table.batches()] if name in mentioned else []
            parts = [pyarrow.Table.from_batches([batch]) for batch in batches] or [made[0].schema.empty_table()]
            connection.register(name, pyarrow.concat_tables(parts).unify_dictionaries())
        connection.execute("SET lock_configuration = true")
        if not connection.extract_statements(sql):
            raise ConfigError('the query holds no statement: write one, like "select count(*) from calls"')
        cursor = connection.execute(sql)
        described = cursor.description or []
        names, types = tuple(column[0] for column in described), tuple(str(column[1]) for column in described)
        return Answer(names, types, cursor.fetchall())
    except duckdb.Error as error:
        raise ConfigError(f"the query failed: {_one_line(error)}") from error
    finally:
        connection.close()


def _import_duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise ConfigError("queries need DuckDB: pip install 'callbox[scale]'") from error
    return duckdb


def _one_line(error: Exception) -> str:
    """Leave out the lines in which DuckDB draws where in the statement it stumbled, and Python's traceback."""
    message = str(error).partition("\nLINE ")[0].partition(", due to the following Python exception")[0]
    return " ".join(message.split())
