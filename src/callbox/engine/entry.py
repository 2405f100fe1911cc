"""Where the program of this interpreter begins, and how it ended."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from callbox import _core

_MAX_REASON_CHARS = 200
_STATUS_MASK = 0xFF if os.name == "posix" else 0xFFFFFFFF
"""The part of an exit code that the system keeps."""


def call_at_entry(begin: Callable[[], object]) -> None:
    """Call `begin` right before the first instruction of the program that this interpreter will run.

    For a script, `-c` and standard input that is the first instruction of `__main__`;
    for `-m`, a folder and an archive the first of `runpy`, which then finds `__main__`.
    """
    _core.await_entry(begin)


def describe_outcome() -> str:
    """Say in words how the program ended, once its outermost frame has been left.

    Returns:
        "exit code 3", "exit code 1: text", "raised ValueError: text"; empty if it
        has neither ended nor failed to begin.
    """
    outcome = _core.entry_outcome()
    if outcome is None:
        error = _printed_exception()
        return "" if error is None else _describe_exception(type(error))
    kind, code = outcome
    if kind is None:
        return "exit code 0"
    if issubclass(kind, SystemExit):
        return _describe_code(code)
    return _describe_exception(kind)


def keep_interrupt() -> None:
    """Let a program that an interrupt ended die by SIGINT, as Python would have it.

    CPython notes that an interrupt was not caught, and forgets it whenever a
    string is executed, which the modules that an exit handler imports may do.
    Executing one that an interrupt ends makes it note that again.

    Source: CPython Python/pythonrun.c, run_eval_code_obj; Modules/main.c, Py_RunMain.
    """
    outcome = _core.entry_outcome()
    if outcome is not None and outcome[0] is KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")


def _printed_exception() -> BaseException | None:
    """Return the exception that Python printed last; 3.12 renamed where it keeps it."""
    error: BaseException | None = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return error


def _describe_exception(kind: type[BaseException]) -> str:
    error = _printed_exception()
    return f"raised {kind.__qualname__}{_reason(error) if type(error) is kind else ''}"


def _describe_code(code: int | str | None) -> str:
    if isinstance(code, str):
        return f"exit code 1{_reason(code)}"
    return f"exit code {(code or 0) & _STATUS_MASK}"


def _reason(value: object) -> str:
    """Return a colon and the first line of a value's text; Python has just printed that text whole."""
    try:
        text = str(value).partition("\n")[0]
    except Exception:
        return ""
    return f": {text[:_MAX_REASON_CHARS]}" if text else ""
