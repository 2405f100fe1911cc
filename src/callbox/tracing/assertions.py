"""Assertions on what was called: for tests, with messages that say what happened instead."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from callbox.model import Outcome
from callbox.values.same import is_same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from callbox.model import Function
    from callbox.recording import Recording

_N_SHOWN = 8


class CallAssertions:
    """Assertions on the calls of a recording.

    A function is named by a glob on its name, its qualified name or its full name with the module. A name that fits
    nothing that was recorded fails, but for `assert_not_called`.
    """

    def get_trace(self) -> Recording:
        """Return what was recorded."""
        raise NotImplementedError

    def assert_function_called(
        self, name: str, *, times: int | None = None, with_args: Mapping[str, Any] | None = None
    ) -> None:
        """Assert that a function was called.

        Args:
            name: the function.
            times: how often; None for once or more.
            with_args: count only calls with these arguments, by parameter. This needs mode "trace".

        Raises:
            AssertionError: it was not.
            RecordingError: arguments are asked for and were not recorded.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        rows = calls.rows_of(name)
        matching = rows if with_args is None else [row for row in rows if calls.has_arguments(row, with_args)]
        if matching and times in (None, len(matching)):
            return
        wanted = f"{name} called" + ("" if times is None else f" {_times(times)}")
        wanted += f" with {calls.write_arguments(with_args)}" if with_args is not None else ""
        raise AssertionError(f"expected {wanted}, but {calls.say_instead(name, rows, matching, with_args)}")

    def assert_not_called(self, name: str) -> None:
        """Assert that a function was not called.

        Raises:
            AssertionError: it was.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        rows = calls.rows_of(name)
        if rows:
            raise AssertionError(f"expected no call of {name}, but there were {len(rows):,}:\n{calls.list(rows)}")

    def assert_call_order(self, *names: str) -> None:
        """Assert that functions began in this order, whatever else was called between them.

        Raises:
            AssertionError: they did not.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        at = 0
        for position, name in enumerate(names):
            found = calls.first_from(at, name)
            if found is None:
                before = f" after {', '.join(names[:position])}" if position else ""
                raise AssertionError(
                    f"expected a call of {name}{before}, but there is none; the calls in their order:\n"
                    f"{calls.list(calls.rows_of_any(names) or calls.in_time)}"
                )
            at = found + 1

    def assert_no_exceptions(self) -> None:
        """Assert that no recorded call ended by an exception, also one that was caught later.

        Raises:
            AssertionError: one did.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        rows = calls.raised()
        if rows:
            raise AssertionError(f"expected no exceptions, but {_n_calls(len(rows))} raised:\n{calls.list(rows)}")

    def assert_max_calls(self, limit: int, name: str = "*") -> None:
        """Assert that functions, all of them unless named, were called at most so often together.

        Raises:
            AssertionError: they were called more often.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        rows = calls.rows_of(name)
        if len(rows) > limit:
            of = "" if name == "*" else f" of {name}"
            raise AssertionError(
                f"expected at most {_n_calls(limit)}{of}, but there were {len(rows):,}; most often:\n"
                f"{calls.list_most_called(rows)}"
            )

    def assert_max_depth(self, limit: int) -> None:
        """Assert that calls nested at most so deep; a call that calls nothing has depth 1.

        Raises:
            AssertionError: they nested deeper.
        """
        __tracebackhide__ = True
        calls = _Calls(self.get_trace())
        deepest, depth = calls.deepest()
        if depth > limit:
            raise AssertionError(
                f"expected at most {limit:,} levels of calls, but there were {depth:,}:\n{calls.list_stack(deepest)}"
            )


class _Calls:
    """The calls of a recording, to be searched and listed."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._calls = recording.tree.calls
        self._texts = recording.describe_values()
        self.in_time: list[int] = self._calls["t_start_ns"].argsort(kind="stable").tolist()
        self._codes: list[int] = self._calls["code"].tolist()

    def rows_of(self, name: str) -> list[int]:
        """Return the calls of a function, in order of time."""
        return self.rows_of_any((name,))

    def rows_of_any(self, names: Iterable[str]) -> list[int]:
        """Return the calls of several functions, in order of time."""
        names = tuple(names)
        functions = self._recording.functions.items()
        wanted = {number for number, function in functions if any(_is_named(name, function) for name in names)}
        return [row for row in self.in_time if self._codes[row] in wanted]

    def first_from(self, at: int, name: str) -> int | None:
        """Return the place in time, from `at` on, of the first call of a function."""
        wanted = {number for number, function in self._recording.functions.items() if _is_named(name, function)}
        return next((i for i in range(at, len(self.in_time)) if self._codes[self.in_time[i]] in wanted), None)

    def raised(self) -> list[int]:
        """Return the calls that an exception ended."""
        outcomes = self._calls["outcome"]
        return [row for row in self.in_time if outcomes[row] == Outcome.RAISED]

    def deepest(self) -> tuple[int, int]:
        """Return a deepest call, -1 if there is none, and how many levels it makes."""
        if not len(self._calls):
            return -1, 0
        row = int(self._calls["depth"].argmax())
        return row, int(self._calls["depth"][row]) + 1

    def has_arguments(self, row: int, wanted: Mapping[str, Any]) -> bool:
        """Say whether a call had these arguments."""
        values = self._recording.values
        if values is None:
            from callbox.errors import RecordingError

            mode = self._recording.header.mode
            raise RecordingError(f"with_args={dict(wanted)!r}: mode {mode!r} records no arguments; use mode='trace'")
        arguments = values.arguments(row) or {}
        return all(name in arguments and is_same(arguments[name], value) for name, value in wanted.items())

    def write_arguments(self, arguments: Mapping[str, Any]) -> str:
        """Write arguments as in a call."""
        return "(" + ", ".join(f"{name}={value!r}" for name, value in arguments.items()) + ")"

    def say_instead(
        self, name: str, rows: Sequence[int], matching: Sequence[int], with_args: Mapping[str, Any] | None
    ) -> str:
        """Say how a function was called."""
        if matching and with_args is not None:
            return f"it was so {_times(len(matching))}:\n{self.list(rows)}"
        if rows:
            return f"it was called {_times(len(rows))}:\n{self.list(rows)}"
        names = sorted({function.full_name for function in self._recording.functions.values()})
        if not names:
            return "nothing was recorded: is filter_modules right, and was the tracer started?"
        near = difflib.get_close_matches(name, [*names, *(n.rpartition(".")[2] for n in names)], n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else "."
        shown = ", ".join(names[:_N_SHOWN]) + (f" and {len(names) - _N_SHOWN:,} more" if len(names) > _N_SHOWN else "")
        return f"it was not called{hint} Called were {shown}"

    def list(self, rows: Sequence[int]) -> str:
        """List calls, the first of them if there are many."""
        lines = [f"  {self._write(row)}" for row in rows[:_N_SHOWN]]
        if len(rows) > _N_SHOWN:
            lines.append(f"  … {len(rows) - _N_SHOWN:,} more")
        return "\n".join(lines)

    def list_most_called(self, rows: Sequence[int]) -> str:
        """List functions by how often they were called."""
        from collections import Counter

        counts = Counter(self._codes[row] for row in rows).most_common(_N_SHOWN)
        return "\n".join(f"  {n:,} × {self._name(code)}" for code, n in counts)

    def list_stack(self, row: int) -> str:
        """List a call below its callers: the outermost and the innermost if there are many."""
        rows = []
        while row >= 0:
            rows.append(row)
            row = int(self._calls["parent"][row])
        rows.reverse()
        lines = [f"  {self._write(row)}" for row in rows]
        if len(lines) > _N_SHOWN:
            half = _N_SHOWN // 2
            lines = [*lines[:half], f"  … {len(lines) - _N_SHOWN:,} more levels", *lines[-half:]]
        return "\n".join(lines)

    def _write(self, row: int) -> str:
        arguments = f"({self._texts.arguments(row)})" if self._texts else "()"
        outcome = self._texts.outcome(row) if self._texts else ""
        mark = "✗" if self._calls["outcome"][row] == Outcome.RAISED else "→"
        return f"{self._name(self._codes[row])}{arguments}" + (f" {mark} {outcome}" if outcome else "")

    def _name(self, code: int) -> str:
        function = self._recording.functions.get(code)
        return function.full_name if function else "<unknown function>"


def _is_named(glob: str, function: Function) -> bool:
    return any(fnmatchcase(name, glob) for name in (function.name, function.qualified_name, function.full_name))


def _times(n: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(n, f"{n:,} times")


def _n_calls(n: int) -> str:
    return f"{n:,} call" if n == 1 else f"{n:,} calls"
