"""Objects as plain data: how tests compare what has no equality of its own.

The functions of this module are copied into the test modules that need them.
"""

from __future__ import annotations

import enum
import inspect
import io
import types
from typing import Any

NAME = "as_data"
IMPORTS = ("import enum", "import io", "import types")
_MAX_PARTS = 3_000


def as_data(value: object, outer: tuple[int, ...] = ()) -> object:
    """Return plain data: of objects the name of their class and their attributes."""
    if id(value) in outer:
        return f"<the {type(value).__name__} around>"
    outer = (*outer, id(value))
    if isinstance(value, dict):
        return {key: as_data(item, outer) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(item, outer) for item in value]
    if isinstance(value, BaseException):
        return {type(value).__name__: as_data(value.args, outer)}
    if type(value).__module__ == "_thread":
        return type(value).__name__
    methods = (types.MethodType, types.BuiltinMethodType)
    if isinstance(value, methods) and not isinstance(value.__self__, types.ModuleType):
        return [value.__qualname__, as_data(value.__self__, outer)]
    if isinstance(value, (io.StringIO, io.BytesIO)):
        content = None if value.closed else [value.getvalue(), value.tell()]
        return {type(value).__name__: content}
    slots = {name for cls in type(value).__mro__ for name in (getattr(cls, "__slots__", None) or ())}
    names = sorted({*getattr(value, "__dict__", ()), *slots} - {"__dict__", "__weakref__", "__orig_class__"})
    if isinstance(value, (type, types.FunctionType, types.ModuleType, enum.Enum)) or not names:
        return value
    parts = {name: as_data(getattr(value, name), outer) for name in names if hasattr(value, name)}
    return {type(value).__name__: parts}


def source() -> str:
    """Return the source of `as_data`, as a test module has it."""
    return inspect.getsource(as_data).rstrip()


def data_of(value: Any) -> Any:
    """Return what `as_data` gives in a test; None if that would be too long to be read, or fails."""
    try:
        data = as_data(value)
    except Exception:
        return None
    return data if _n_parts(data) <= _MAX_PARTS else None


def _n_parts(data: Any) -> int:
    n, waiting = 0, [data]
    while waiting and n <= _MAX_PARTS:
        part = waiting.pop()
        n += 1
        waiting.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return n
