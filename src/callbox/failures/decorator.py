"""`extract_on_failure`: capture what a function raises, whatever kind of function it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from callbox.engine.quiet import Quiet
from callbox.engine.wrap import watch
from callbox.errors import ConfigError
from callbox.failures.bucket import TokenBucket
from callbox.failures.capture import Subject, describe_arguments
from callbox.failures.catch import Catcher, arguments_of
from callbox.failures.extractor import FailureExtractor
from callbox.failures.model import Failure, Passed
from callbox.failures.options import CaptureOptions, find_mode, options_of
from callbox.failures.output import OutputConfig, OutputFormat, write_report

_MAX_IN_OUTPUT = 200
"""Failures of one process that a report of the decorator's own keeps."""
_bucket = TokenBucket(200.0, 2_000)
"""Captures of one process: more at once than any tests fail, and where failures never end a twentieth of the time."""


def extract_on_failure(  # noqa: PLR0917  (the order that is promised)
    output: str | os.PathLike[str] | OutputConfig | Callable[..., Any] | None = None,
    format: OutputFormat | str | None = None,  # noqa: A002  (the name that is promised)
    include_locals: bool | None = None,
    include_fixtures: bool | None = None,
    max_depth: int | None = None,
    skip_stdlib: bool | None = None,
    extract_classes: bool | None = None,
    append: bool = False,
    custom_formatter: Callable[[list[dict[str, Any]]], str] | None = None,
    code_context_lines: int | None = None,
    enhanced_context: bool | None = None,
    include_line_numbers: bool | None = None,
    max_code_lines: int | None = None,
) -> Any:
    """Capture what a function raises; the exception goes on to the caller as it is.

    Works with and without parentheses, on functions, methods, coroutine functions,
    generators and asynchronous generators. What is not given goes by the mode that
    the environment asks for (see `callbox.failures.options`), and else by
    `CaptureOptions`. Failures are kept by `FailureExtractor`.

    Args:
        output: a file for a report of the failures, or an `OutputConfig`; or the function itself.
        format: of the report; None goes by the file's ending.
        include_locals: what the variables of each frame held.
        include_fixtures: what a test was given.
        max_depth: containers inside one another that are looked into.
        skip_stdlib: leave out frames of the standard library.
        extract_classes: sources of the classes whose methods are in the traceback.
        append: add to a report that is there, in place of replacing it.
        custom_formatter: makes the report's text of the failures as plain data.
        code_context_lines: source lines before and after the line that was running.
        enhanced_context: sources of the functions in the traceback.
        include_line_numbers: number source lines in the report.
        max_code_lines: lines of one function's or class's source.

    Raises:
        ConfigError: an option is wrong, or what is decorated is no function.
    """
    chosen = {
        "include_locals": include_locals,
        "include_fixtures": include_fixtures,
        "max_depth": max_depth,
        "skip_stdlib": skip_stdlib,
        "extract_classes": extract_classes,
        "code_context_lines": code_context_lines,
        "enhanced_context": enhanced_context,
        "include_line_numbers": include_line_numbers,
        "max_code_lines": max_code_lines,
    }
    mode = find_mode()
    options = options_of(mode, {name: value for name, value in chosen.items() if value is not None})
    is_bare = callable(output) or isinstance(output, staticmethod | classmethod)
    sinks = () if is_bare else _sinks(output, format, append, custom_formatter, options)
    catcher = Catcher(options, last_calls=_last_calls(mode), sinks=sinks, may_capture=_bucket.take)
    counting = {"counts_passed": mode != "static", "keeps_arguments": mode == "trace"}
    return decorate(output, catcher, **counting) if is_bare else partial(decorate, catcher=catcher, **counting)


def _last_calls(mode: str | None) -> Callable[[], str] | None:
    if mode not in ("profile", "trace"):
        return None
    from callbox.failures.flight import start_recorder

    return start_recorder(mode).last_calls


def _sinks(
    output: Any,
    form: OutputFormat | str | None,
    append: bool,
    custom_formatter: Callable[[list[dict[str, Any]]], str] | None,
    options: CaptureOptions,
) -> tuple[Callable[[Failure], object], ...]:
    if output is None:
        return ()
    if isinstance(output, OutputConfig):
        return (_ReportSink(output),)
    config = OutputConfig(
        output,
        form,
        append=append,
        custom_formatter=custom_formatter,
        include_line_numbers=options.include_line_numbers,
    )
    return (_ReportSink(config),)


class _ReportSink:
    """Keeps a report of the failures of this process up to date."""

    def __init__(self, config: OutputConfig) -> None:
        self._config = config
        self._failures: list[Failure] = []

    def __call__(self, failure: Failure) -> None:
        if self._config.append:
            write_report(self._config, [failure])
            return
        self._failures = [*self._failures[1 - _MAX_IN_OUTPUT :], failure]
        write_report(self._config, self._failures)


class _Watcher:
    """Is told how the calls of one function end."""

    def __init__(self, function: Any, catcher: Catcher, *, keeps_arguments: bool) -> None:
        self._function = function
        self._catcher = catcher
        self._keeps_arguments = keeps_arguments

    def failed(self, error: BaseException, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None) -> None:
        """Capture what a call raised."""
        self._catcher.catch(error, lambda: _subject_of(self._function, args, kwargs or {}))

    def passed(self, duration_ns: int, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None) -> None:
        """Count a call that went well."""
        with Quiet():
            named = arguments_of(self._function, args, kwargs or {}) if self._keeps_arguments else {}
            arguments = describe_arguments(named, self._catcher.options)
            module = getattr(self._function, "__module__", None) or ""
            name = _name_of(self._function)
            FailureExtractor().add_passed(Passed(name, time.time(), module, duration_ns / 1e9, arguments))


def _subject_of(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Subject:
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    return Subject(
        name=_name_of(function),
        module=getattr(function, "__module__", None) or "",
        code=getattr(function, "__code__", None),
        arguments=arguments_of(function, args, kwargs),
        is_test=bool(test) and getattr(function, "__name__", "\0") in test,
        metadata={"test": test.removesuffix(" (call)")} if test else {},
    )


def _name_of(function: Any) -> str:
    name = getattr(function, "__qualname__", None)
    return name if type(name) is str else type(function).__qualname__


def decorate(function: Any, catcher: Catcher, *, counts_passed: bool = False, keeps_arguments: bool = False) -> Any:
    """Stand in for a function in C: what it raises is captured, and nobody else notices.

    Args:
        function: of any kind; a `staticmethod` or `classmethod` too.
        catcher: captures what calls raise.
        counts_passed: count calls that go well.
        keeps_arguments: of those too, to compare failing ones with.

    Raises:
        ConfigError: it is no function.
    """
    inner = function.__func__ if isinstance(function, staticmethod | classmethod) else function
    if isinstance(inner, type) or not callable(inner):
        raise ConfigError(f"cannot watch {function!r}: it is no function; decorate its methods")
    watcher = _Watcher(inner, catcher, keeps_arguments=keeps_arguments)
    return watch(function, watcher.failed, watcher.passed if counts_passed else None)
