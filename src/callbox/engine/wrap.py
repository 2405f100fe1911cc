"""One function, recorded by standing in its place: nothing else pays for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from callbox import _core

F = TypeVar("F", bound=Callable[..., Any])


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
        return _rewrap(function)
    if isinstance(function, _core.Wrapper):
        return function
    if isinstance(function, type):
        raise TypeError(f"cannot wrap class {function.__qualname__}: wrap its methods, such as __init__")
    if not callable(function):
        raise TypeError(f"cannot wrap an object of type {type(function).__qualname__}: only what can be called")
    return functools.update_wrapper(_core.wrap(function), function)


def _rewrap(method: Any) -> Any:
    """Wrap the function inside a `staticmethod` or `classmethod`, and keep the attributes of the object."""
    wrapped = type(method)(_wrap(method.__func__))
    vars(wrapped).update({name: value for name, value in vars(method).items() if name not in vars(wrapped)})
    return wrapped
