"""`FailureExtractor`: the failures and passed tests of this process, in memory and in the project's store."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from callbox.errors import ConfigError
from callbox.failures.model import Failure, Passed, from_mapping, passed_from_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from callbox.failures.output import OutputConfig
    from callbox.failures.spool import Spool

DEFAULT_MAX_FAILURES = 1000
DEFAULT_MAX_PASSED = 500


class FailureExtractor:
    """The failures of this process. There is one: every call of the class returns it.

    Beyond its limits it keeps the newest. What is added is written to the project's
    store too, where `callbox failures` finds it, unless `persist` was set to False.
    """

    _instance: ClassVar[FailureExtractor | None] = None
    _creation: ClassVar[threading.RLock] = threading.RLock()

    persist: bool
    _lock: threading.RLock
    _failures: deque[Failure]
    _passed: deque[Passed]
    _spool: Spool | None
    _clock: Callable[[], float]

    def __new__(cls) -> FailureExtractor:
        """Return the one instance."""
        with cls._creation:
            if cls._instance is None:
                instance = super().__new__(cls)
                instance._lock = threading.RLock()
                instance._clock = time.time
                instance._spool = None
                instance._set_defaults()
                # a signal handler may have come first, in this thread
                if cls._instance is None:
                    cls._instance = instance
                    if hasattr(os, "register_at_fork"):
                        os.register_at_fork(after_in_child=instance._renew_lock)
            return cls._instance

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The failures that are kept, oldest first, as plain data."""
        from callbox.failures.plain import failure_to_dict

        return [failure_to_dict(failure) for failure in self.records]

    @property
    def passed(self) -> list[dict[str, Any]]:
        """The passed tests that are kept, oldest first, as plain data."""
        from callbox.failures.plain import passed_to_dict

        with self._lock:
            return [passed_to_dict(each) for each in self._passed]

    @property
    def records(self) -> tuple[Failure, ...]:
        """The failures that are kept, oldest first."""
        with self._lock:
            return tuple(self._failures)

    @property
    def passed_records(self) -> tuple[Passed, ...]:
        """The passed tests that are kept, oldest first."""
        with self._lock:
            return tuple(self._passed)

    def add_failure(self, failure: Failure | Mapping[str, Any]) -> Failure:
        """Keep a failure: what `capture` returned, or what somebody knows of one, by the names of its fields."""
        record = failure if isinstance(failure, Failure) else from_mapping(_redacted(failure), self._clock())
        with self._lock:
            self._failures.append(record)
        if self.persist:
            self._open_spool().add(record)
        return record

    def add_passed(self, passed: Passed | Mapping[str, Any] | str) -> Passed:
        """Keep a passed test: its name, or what is known of it by the names of `Passed`'s fields."""
        if isinstance(passed, str):
            record = Passed(passed, self._clock())
        elif isinstance(passed, Passed):
            record = passed
        else:
            record = passed_from_mapping(_redacted(passed), self._clock())
        if "[" in record.test_name or "(" in record.test_name:  # the parameters of a test
            record = dataclasses.replace(record, test_name=_cleaned(record.test_name))
        with self._lock:
            self._passed.append(record)
        if self.persist:
            self._open_spool().add_passed(record)
        return record

    def save_report(self, config: OutputConfig | str | os.PathLike[str] | None = None) -> Path | None:
        """Write a report of the failures that are kept.

        Args:
            config: where and how, or only where; None prints it as JSON.

        Returns:
            The file that was written; None where the report was printed.
        """
        from callbox.failures.output import OutputConfig, write_report

        config = config if isinstance(config, OutputConfig) else OutputConfig(config)
        return write_report(config, self.records, self.passed_records)

    def set_memory_limits(self, max_failures: int | None = None, max_passed: int | None = None) -> None:
        """Set how many failures and passed tests are kept; what is not given stays.

        Raises:
            ConfigError: a limit is no positive number.
        """
        for name, limit in (("max_failures", max_failures), ("max_passed", max_passed)):
            if limit is not None and (type(limit) is not int or limit < 1):
                raise ConfigError(f"{name} is {limit!r}: it must be a whole number, 1 or more")
        with self._lock:
            if max_failures is not None:
                self._failures = deque(self._failures, max_failures)
            if max_passed is not None:
                self._passed = deque(self._passed, max_passed)

    def get_memory_limits(self) -> dict[str, int]:
        """Return the limits, as `max_failures` and `max_passed`."""
        return {"max_failures": self._failures.maxlen or 0, "max_passed": self._passed.maxlen or 0}

    def get_stats(self) -> dict[str, Any]:
        """Count what is kept, and say whether a limit is reached."""
        with self._lock:
            n_failures, n_passed = len(self._failures), len(self._passed)
            limits = self.get_memory_limits()
        return {
            "failures_count": n_failures,
            "passed_count": n_passed,
            "total_count": n_failures + n_passed,
            "max_failures_limit": limits["max_failures"],
            "max_passed_limit": limits["max_passed"],
            "failures_at_limit": n_failures >= limits["max_failures"],
            "passed_at_limit": n_passed >= limits["max_passed"],
        }

    def clear(self) -> None:
        """Forget the failures and passed tests of this process; the limits, and the project's store, stay."""
        with self._lock:
            self._failures.clear()
            self._passed.clear()

    def reset(self) -> None:
        """Forget everything of this process, and set the limits to their defaults."""
        with self._lock:
            self._set_defaults()

    def flush(self) -> None:
        """Write to the store what waits to be written."""
        if self._spool is not None:
            self._spool.flush()

    def use_store(self, spool: Spool | None) -> None:
        """Write to another store from now on; None: to the project's, found anew."""
        self.flush()
        self._spool = spool

    @property
    def problem(self) -> str:
        """Why the store could not be written the last time that it could not; empty if it always could."""
        return self._spool.problem if self._spool is not None else ""

    def _open_spool(self) -> Spool:
        with self._lock:
            if self._spool is None:
                from callbox.failures.history import History, find_path
                from callbox.failures.spool import Spool

                self._spool = Spool(History(find_path()))
            return self._spool

    def _set_defaults(self) -> None:
        self.persist = True
        self._failures = deque(maxlen=DEFAULT_MAX_FAILURES)
        self._passed = deque(maxlen=DEFAULT_MAX_PASSED)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()


def _redacted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody knows of a failure or a test, without the secrets in it."""
    from callbox.failures.options import CaptureOptions
    from callbox.failures.redaction import shared_redactor
    from callbox.failures.values import ValueWriter

    return ValueWriter(shared_redactor(), CaptureOptions()).write_metadata(fields)


def _cleaned(name: str) -> str:
    from callbox.failures.redaction import shared_redactor

    return shared_redactor().redact_text(name)
