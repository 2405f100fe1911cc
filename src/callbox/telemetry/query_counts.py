"""How many queries each test makes, in `query_counts.json` beside the project's files: to commit, and to hold tests to.

Where the file is, a test that would pass but makes more queries than it says fails.
One switch writes what tests make now. Counted is the call; in unittest and Django,
which have no phases, all from set-up to tear-down.
"""

from __future__ import annotations

import json
import operator
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError, reason
from callbox.store.project import find_store
from callbox.telemetry.budgets import in_words, most_asking

if TYPE_CHECKING:
    from callbox.telemetry.queries import QueryLog

FILE_NAME = "query_counts.json"
UPDATE = "CALLBOX_TELEMETRY_UPDATE_QUERIES=1"
_VERSION = 1


class QueryCounts:
    """The numbers of a project's tests; none where there is no file, unless it is to be written."""

    def __init__(self, path: Path | None = None, *, is_updating: bool = False) -> None:
        """Read the file.

        Args:
            path: the file; that of the project by default.
            is_updating: write it when the run ends, and hold no test to it.

        Raises:
            FormatError: it is damaged, or of another version.
        """
        self._path = path or find_store(FILE_NAME).parent.parent / FILE_NAME
        self._is_updating = is_updating
        self._is_there = self._path.exists()
        self._known = _read(self._path) if self._is_there else {}
        self._now = dict(self._known)
        self._n_fewer = self._n_new = 0

    @property
    def holds_tests(self) -> bool:
        """Whether tests are held to numbers."""
        return bool(self._known) and not self._is_updating

    def excess(self, test: str, queries: QueryLog, phase: str = "call") -> str:
        """Say by how much a test makes more queries than it did; "" if it does not.

        Args:
            test: its id, in the words of its framework.
            queries: of the test.
            phase: the one that counts.
        """
        known = self._known.get(test)
        made = [query for query in queries.counted() if query.phase == phase]
        if self._is_updating or known is None or len(made) <= known:
            return ""
        return f"{in_words(len(made))}, {known:,} in {FILE_NAME}; {most_asking(made)}"

    def note(self, record: Mapping[str, Any]) -> None:
        """Take the record of a test that has ended; what did not pass may have been cut short."""
        if not (self._is_there or self._is_updating) or record["status"] != "passed":
            return
        test, made = record["id"], record["database_queries"]["by_phase"]["call"]
        known = self._known.get(test)
        if made:
            self._now[test] = made
        else:
            self._now.pop(test, None)
        self._n_new += known is None and made > 0
        self._n_fewer += known is not None and made < known

    def close(self) -> None:
        """Write the file, if that is wanted; else say what it does not know yet."""
        if self._is_updating:
            if self._now != self._known:
                _write(self._path, self._now)
                _say(f"wrote {self._path}: {_tests(len(self._now))} with queries")
        elif self._is_there:
            news = ((self._n_fewer, "with fewer queries"), (self._n_new, "with queries that it does not know"))
            said = [f"{_tests(n)} {what}" for n, what in news if n]
            if said:
                _say(f"{FILE_NAME}: {', '.join(said)}: to keep what they make now, run with {UPDATE}")


def _tests(n: int) -> str:
    from callbox.render.text import count  # importing the renderers takes as long as many tests

    return count(n, "test")


def _read(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_bytes())
        if (version := found["version"]) == _VERSION:
            return {test: operator.index(n) for test, n in found["counts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{path} cannot be read: {error!r}: restore it, or delete it") from error
    raise FormatError(f"{path} is of version {version!r}, this callbox reads {_VERSION}: update callbox")


def _write(path: Path, counts: Mapping[str, int]) -> None:
    """Write in the order of names, so that changes are small; a reader sees the old file or the new one."""
    text = json.dumps({"version": _VERSION, "counts": dict(sorted(counts.items()))}, indent=1, ensure_ascii=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text + "\n")
        temporary.replace(path)
    except OSError as error:
        _say(f"cannot write {path}: {reason(error)}")


def _say(text: str) -> None:
    print(f"callbox: {text}", file=sys.stderr)
