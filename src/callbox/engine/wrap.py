"""One function, recorded or watched by standing in its place: nothing else pays for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from callbox import _core

Wrapper = _core.Wrapper
"""What wrappers are; those of functions are of a type that derives from it."""
F = TypeVar("F", bound=Callable[..., Any])
Failed = Callable[[BaseException, tuple[Any, ...], "Mapping[str, Any] | None"], object]
"""Called as `failed(error, args, kwargs)`."""
Passed = Callable[[int, tuple[Any, ...], "Mapping[str, Any] | None"], object]
"""Called as `passed(duration_ns, args, kwargs)`."""


def wrap(function: F) -> F:
    """Stand in for a function, so that recorders of the engine "wrap" see its calls.

    The wrapper is called, bound, inspected, pickled and documented as the function
    is, and adds no frame to tracebacks. While no such recorder runs it passes calls
    on and nothing else. While one runs, what generator, coroutine and asynchronous
    generator functions return is recorded too.

    Args:
        function: a function, Python or C, or a `staticmethod` or `classmethod`
            object, whose function is wrapped in one of its kind.

    Returns:
        The wrapper; `function` itself if it is one. `__wrapped__` is the function.

    Raises:
        TypeError: `function` is a class, or cannot be called.
    """
    return cast("F", _wrap(function))


def _wrap(function: Any) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return _rewrap(function, _wrap)
    if isinstance(function, _core.Wrapper) and not function._is_watched:
        return function
    _refuse_others(function)
    return functools.update_wrapper(_core.wrap(function), function)


def watch(function: F, failed: Failed, passed: Passed | None = None) -> F:
    """Stand in for a function, and tell how its calls end.

    The wrapper is what `wrap` returns, but recorders do not see it, and it is another
    one each time. What a call raises goes on to the caller as it is, and so does the
    traceback. Of generator, coroutine and asynchronous generator functions it is told
    how what they return ends; not, how it is closed. What `failed` and `passed` raise
    is dropped if it is an `Exception`.

    Args:
        function: as for `wrap`.
        failed: called when a call has raised, with the exception and the arguments, which may have changed.
        passed: called when a call has returned, with its nanoseconds and the arguments; None costs nothing.

    Raises:
        TypeError: `function` is a class, or cannot be called.
    """
    return cast("F", _watch(function, failed, passed))


def _watch(function: Any, failed: Failed, passed: Passed | None) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return _rewrap(function, lambda inner: _watch(inner, failed, passed))
    _refuse_others(function)
    kinds = inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction
    is_resumable = any(is_kind(function) for is_kind in kinds)
    return functools.update_wrapper(_core.wrap(function, failed, passed, is_resumable), function)


def _refuse_others(function: Any) -> None:
    if isinstance(function, type):
        raise TypeError(f"cannot wrap class {function.__qualname__}: wrap its methods, such as __init__")
    if not callable(function):
        raise TypeError(f"cannot wrap an object of type {type(function).__qualname__}: only what can be called")


def _rewrap(method: Any, wrap_inner: Callable[[Any], Any]) -> Any:
    """Wrap the function inside a `staticmethod` or `classmethod`, and keep the attributes of the object."""
    wrapped = type(method)(wrap_inner(method.__func__))
    vars(wrapped).update({name: value for name, value in vars(method).items() if name not in vars(wrapped)})
    return wrapped
