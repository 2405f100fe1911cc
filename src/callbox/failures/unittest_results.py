"""Failures of unittest's tests, whichever runner runs them: where results are told of them, they are captured.

That is `unittest.TestResult`, which the results of unittest, Django and others derive from. So it works beside
any class of results, and in processes that are forked, as those of Django's `--parallel`.
"""

from __future__ import annotations

import multiprocessing.util
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.errors import CallboxError
from callbox.failures.capture import Subject
from callbox.failures.catch import Catcher
from callbox.failures.extractor import FailureExtractor
from callbox.failures.flight import FlightRecorder
from callbox.failures.hooks import AttributeHook
from callbox.failures.model import Passed
from callbox.failures.options import find_mode, options_of
from callbox.failures.outcomes import captured_as
from callbox.failures.words import sections
from callbox.folders import working_folder
from callbox.store.own_modules import own_patterns

if TYPE_CHECKING:
    from callbox.failures.model import Failure

_LINE = "-" * 20


class ResultWatch:
    """Captures what tests raise, with the last calls of each test, from `install` to `remove`."""

    def __init__(self, root: Path | None = None) -> None:
        """Prepare.

        Args:
            root: the project's folder, whose own modules are recorded; the working folder by default.
        """
        mode = find_mode() or "trace"
        options = options_of(mode, {"include_locals": True, "skip_stdlib": True, "reproduce": True})
        self._recorder = None if mode == "static" else FlightRecorder(mode, own_patterns(root or working_folder()))
        last_calls = self._recorder.last_calls if self._recorder is not None else None
        self._catcher = Catcher(options, origin="unittest", last_calls=last_calls)
        self._started_s: dict[int, float] = {}
        self.n_failures = 0
        self.problem = ""
        self._hooks = [
            AttributeHook(unittest.TestResult, "startTest", self._around_start),
            AttributeHook(unittest.TestResult, "addSuccess", self._around_success),
            *(AttributeHook(unittest.TestResult, name, self._around_failure) for name in ("addError", "addFailure")),
            AttributeHook(unittest.TestResult, "addSubTest", self._around_subtest),
        ]

    def install(self) -> None:
        """Begin to watch and to record; where calls cannot be recorded, failures are captured without them."""
        for hook in self._hooks:
            hook.install()
        # a child of multiprocessing ends without exit handlers
        multiprocessing.util.register_after_fork(self, ResultWatch._flush_at_end)
        if self._recorder is not None:
            try:
                self._recorder.start()
            except CallboxError as error:
                self.problem = f"calls are not recorded: {error}"

    def remove(self) -> None:
        """Stop, and write what waits to be written."""
        for hook in reversed(self._hooks):
            hook.remove()
        if self._recorder is not None and self._recorder.is_recording:
            self._recorder.stop()
        FailureExtractor().flush()
        self.problem = self.problem or FailureExtractor().problem

    def _flush_at_end(self) -> None:
        multiprocessing.util.Finalize(None, FailureExtractor().flush, exitpriority=0)

    def _around_start(self, before: Callable[..., Any]) -> Callable[..., Any]:
        def startTest(result: unittest.TestResult, test: unittest.TestCase) -> None:  # noqa: N802
            before(result, test)
            self._started_s[id(test)] = time.perf_counter()
            if self._recorder is not None and self._recorder.is_recording:
                self._recorder.mark()

        return startTest

    def _around_success(self, before: Callable[..., Any]) -> Callable[..., Any]:
        def addSuccess(result: unittest.TestResult, test: unittest.TestCase) -> None:  # noqa: N802
            before(result, test)
            started_s = self._started_s.pop(id(test), None)
            duration_s = None if started_s is None else time.perf_counter() - started_s
            FailureExtractor().add_passed(Passed(_name(test), time.time(), type(test).__module__, duration_s))

        return addSuccess

    def _around_failure(self, before: Callable[..., Any]) -> Callable[..., Any]:
        def add(result: unittest.TestResult, test: Any, err: Any) -> None:
            n_before = _n_entries(result)
            before(result, test, err)
            failure = self._capture(test, err)
            if failure is not None:
                _write_under(result, n_before, failure)

        return add

    def _around_subtest(self, before: Callable[..., Any]) -> Callable[..., Any]:
        def addSubTest(result: unittest.TestResult, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
            n_before = _n_entries(result)
            before(result, test, subtest, err)
            failure = self._capture(subtest, err) if err is not None else None
            if failure is not None:
                _write_under(result, n_before, failure)

        return addSubTest

    def _capture(self, test: Any, err: Any) -> Failure | None:
        error = err[1]
        self._started_s.pop(id(test), None)
        failure = self._catcher.catch(error, lambda: _subject(test))
        # another process may have captured it, and sent it here
        self.n_failures += captured_as(error) is not None
        return failure


def _subject(test: Any) -> Subject:
    case = getattr(test, "test_case", test)
    method = getattr(case, getattr(case, "_testMethodName", ""), None)
    function = getattr(method, "__func__", None)
    return Subject(
        name=_name(test), module=type(case).__module__, code=getattr(function, "__code__", None), is_test=True
    )


def _name(test: Any) -> str:
    return str(test.id())


def _n_entries(result: unittest.TestResult) -> tuple[int, int]:
    """Count the texts that a result has made; one that sends its events to another process makes none."""
    return (len(result.errors), len(result.failures)) if type(result.errors) is list else (0, 0)


def _write_under(result: unittest.TestResult, n_before: tuple[int, int], failure: Failure) -> None:
    """Add places with their variables, and the last calls, to the text that the result has just made."""
    for entries, n in zip((result.errors, result.failures), n_before, strict=True):
        if type(entries) is list and len(entries) > n:
            test, text = entries[-1]
            more = "".join(f"\n{_LINE} {title} {_LINE}\n{lines}\n" for title, lines in sections(failure))
            entries[-1] = test, f"{text}{more}"
