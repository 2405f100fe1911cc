"""What coverage.py measures, kept in sets: its database takes several times as long to write and to ask for each test.

Source: coverage.py, `collector.py`: `Collector.use_data` and what it calls of the data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Lines = frozenset[int]
_NO_LINES: Lines = frozenset()


class LinesKept:
    """Stands where coverage's collector has its data; knows the lines of the test that runs, and those of no test."""

    def __init__(self) -> None:
        self._test: str | None = None
        self._of_test: dict[str, set[int]] = {}
        self._outside: dict[str, set[int]] = {}
        self._frozen: dict[str, Lines] = {}
        """Lines of no test, as they were when they were last asked for: these seldom grow."""
        self._current = self._outside

    def set_context(self, context: str | None) -> None:
        """Count lines to a test from now on, or to none; one that is tried again goes on with those it has."""
        if context and context != self._test:
            self._test, self._of_test = context, {}
        self._current = self._of_test if context else self._outside

    def add_lines(self, lines: Mapping[str, Iterable[int]]) -> None:
        """Take the lines of some files."""
        for file, numbers in lines.items():
            self._current.setdefault(file, set()).update(numbers)

    def add_arcs(self, arcs: Mapping[str, Collection[tuple[int, int]]]) -> None:
        """Take pairs of lines that ran one after the other; a function is entered from and left for numbers below 0."""
        self.add_lines({file: {n for pair in pairs for n in pair if n > 0} for file, pairs in arcs.items()})

    def add_file_tracers(self, tracers: Mapping[str, str]) -> None:
        """Take the plugins of files: there are none where this stands."""

    def of_test(self) -> dict[str, tuple[Lines, Lines]]:
        """Return the files that the last test ran, each with its lines, and with those that ran outside of any."""
        return {file: (frozenset(numbers), self._outside_of(file)) for file, numbers in self._of_test.items()}

    def _outside_of(self, file: str) -> Lines:
        numbers, frozen = self._outside.get(file, _NO_LINES), self._frozen.get(file, _NO_LINES)
        if len(frozen) != len(numbers):
            frozen = self._frozen[file] = frozenset(numbers)
        return frozen
