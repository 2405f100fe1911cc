"""Run modules of CPython's own tests, and write how each test ended, one line as soon as it has.

    python trust/outcomes.py OUTPUT MODULE...

A process that dies leaves the lines of the tests before, and "begun" of the one that it died in.
"""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path
from typing import Any, TextIO

from test import support

RESOURCES = ("subprocess", "walltime")
"""What regrtest would call with `-u`: nothing that needs a network, much memory or minutes of a processor."""


class Outcomes(unittest.TestResult):
    """Writes `[outcome, test, detail]` for each test."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self._file = file

    def _write(self, outcome: str, test: Any, detail: str = "") -> None:
        self._file.write(json.dumps([outcome, str(test.id()), detail]) + "\n")
        self._file.flush()

    def startTest(self, test: unittest.TestCase) -> None:
        self._write("begun", test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._write("passed", test)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._write("skipped", test, reason)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self._write("failed", test, self._exc_info_to_string(err, test))

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._write("failed", test, self._exc_info_to_string(err, test))

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self._write("failed", test, f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._write("passed", test, "as expected, it fails")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._write("failed", test, "it passes, which is not expected")


def main(output: str, *modules: str) -> None:
    """Run the tests of the modules."""
    support.use_resources = RESOURCES
    with Path(output).open("w", encoding="utf-8") as file:
        unittest.defaultTestLoader.loadTestsFromNames(modules).run(Outcomes(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
