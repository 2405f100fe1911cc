"""`python -m callbox.telemetry.unittest [MODULE ...]`: unittest as it is, with a record for each test.

TEST_RESULT:{...}
TEST_SUMMARY:{...}
"""

from __future__ import annotations

import os
import sys
import traceback
import unittest
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from callbox.errors import CallboxError, refuse
from callbox.telemetry.collector import Collector
from callbox.telemetry.records import BAD, Identity
from callbox.telemetry.settings import TelemetrySettings

_INTERRUPTED = ("error", "it was interrupted")
"""What a test is that ends without a word on how it went."""
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Recorded(unittest.TestResult):
    """Adds records to a class of results; what that prints and counts stays its own.

    Subtests that fail make their test a failed one. A fixture of a class or a module
    that fails is a record of its own.
    """

    collector: Collector
    is_replay = False
    """Whether tests run in other processes, which send their records."""

    def startTest(self, test: unittest.TestCase) -> None:
        """Begin a record."""
        super().startTest(test)
        self._outcome: tuple[str, str] = _INTERRUPTED
        if not self.is_replay:
            self.collector.begin(identify(test))

    def stopTest(self, test: unittest.TestCase) -> None:
        """End it."""
        if not self.is_replay:
            self.collector.end(self._outcome[0], error=self._outcome[1])
        super().stopTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        """Pass a test, unless it is over its budget."""
        excess = "" if self.is_replay else self.collector.excess()
        if excess:
            self.addFailure(test, (test.failureException, test.failureException(excess), None))
        else:
            super().addSuccess(test)
            self._note(test, "passed", "")

    def addError(self, test: Any, err: Any) -> None:
        """Note an error, also of a fixture that belongs to no test."""
        super().addError(test, err)
        self._note(test, "error", describe(err))

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note a failed assertion."""
        super().addFailure(test, err)
        self._note(test, "failed", describe(err))

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        """Note a subtest that did not pass."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            kind = "failed" if issubclass(err[0], test.failureException) else "error"
            self._note(test, kind, f"{subtest._subDescription()}: {describe(err)}")  # type: ignore[attr-defined]

    def addSkip(self, test: Any, reason: str) -> None:
        """Note a test, or with its class or module all of them, that is skipped."""
        super().addSkip(test, reason)
        self._note(test, "skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note a failure that was expected."""
        super().addExpectedFailure(test, err)
        self._note(test, "xfailed", describe(err))

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        """Note a success that was not expected: to unittest a failure."""
        super().addUnexpectedSuccess(test)
        self._note(test, "failed", "it was expected to fail, and passed")

    def _note(self, test: Any, status: str, error: str) -> None:
        """Keep what happened to the test that runs, the first that is bad; of a fixture, write a record."""
        if self.is_replay:
            return
        if not isinstance(test, unittest.TestCase):
            self.collector.begin(identify(test))
            self.collector.end(status, error=error)
        elif self._outcome is _INTERRUPTED or self._outcome[0] not in BAD:
            self._outcome = status, error


def result_class(
    collector: Collector, base: type[Any] | None = None, kind: type[Recorded] = Recorded, **attributes: Any
) -> type[Any]:
    """Return a class of results that tells a collector, on top of a framework's own class."""
    return type("TelemetryResult", (kind, base or unittest.TextTestResult), {"collector": collector, **attributes})


def identify(test: Any) -> Identity:
    """Return what a test is called; of a fixture, unittest's text for it."""
    if not isinstance(test, unittest.TestCase) or not hasattr(test, "_testMethodName"):
        name = getattr(test, "description", str(test))
        return Identity(str(test), name)
    kind = type(test)
    method = getattr(test, test._testMethodName, None)
    code = getattr(getattr(method, "__func__", None), "__code__", None)
    tags = _tags_of(method) | _tags_of(kind)
    return Identity(
        id=test.id(),
        name=test._testMethodName,
        class_name=kind.__qualname__,
        module=kind.__module__,
        file=code.co_filename if code else "",
        line=code.co_firstlineno if code else 0,
        tags=tuple(sorted(map(str, tags))),
    )


def _tags_of(owner: Any) -> set[Any]:
    """Return the tags that Django has put on a test, which are a set; a project may call something else so."""
    tags = getattr(owner, "tags", None)
    return tags if isinstance(tags, set) else set()


def describe(error: ExcInfo) -> str:
    """Return the last line of a traceback, its first line of text."""
    text = traceback.format_exception_only(error[0], error[1])[-1].strip()
    return text.partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tests; without arguments, those that discovery finds.

    Returns:
        The exit code of unittest: 0 if all passed, 5 if there was none, else 1; 2 for wrong settings.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        collector = Collector(TelemetrySettings.load())
    except CallboxError as error:
        return refuse(error)
    name = f"{os.path.basename(sys.executable)} -m unittest"  # noqa: PTH119  (what unittest calls itself)
    # A class: of an object unittest would not set what its options say.
    runner = type("TelemetryTestRunner", (unittest.TextTestRunner,), {"resultclass": result_class(collector)})
    try:
        with collector.installed():
            program = unittest.main(module=None, argv=[name, *(words or ["discover"])], testRunner=runner, exit=False)
    except SystemExit:
        collector.abandon()  # its command line asked for help, or is wrong: there is no run
        raise
    except BaseException:
        collector.finish(1)
        raise
    result = program.result
    code = 0 if result.wasSuccessful() else 1
    if result.testsRun == 0 and not result.skipped and sys.version_info >= (3, 12):
        code = 5
    collector.finish(code)
    return code


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main())
