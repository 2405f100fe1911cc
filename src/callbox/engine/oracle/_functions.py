"""The oracle's function table: who a code object or a C function is."""

from __future__ import annotations

import itertools
from types import BuiltinFunctionType, ClassMethodDescriptorType, CodeType, FrameType, MethodDescriptorType
from typing import Any

from callbox.model import Function

_Key = tuple[str, str, str, int, bytes, bool]


class FunctionTable:
    """Functions by id, interned by what they are, not by the object that stands for them."""

    def __init__(self) -> None:
        self._functions: dict[int, Function] = {}
        self._ids: dict[_Key, int] = {}
        self._numbers = itertools.count()
        self._codes: dict[int, tuple[CodeType, int]] = {}  # keeps the code alive, so that its id stays its own

    def __getitem__(self, function_id: int) -> Function:
        return self._functions[function_id]

    def rows(self) -> tuple[Function, ...]:
        """Return the table, ordered by id."""
        functions = self._functions.copy()
        return tuple(functions[function_id] for function_id in sorted(functions))

    def id_of_frame(self, frame: FrameType) -> int:
        """Return the id of a frame's function."""
        code = frame.f_code
        if id(code) not in self._codes:
            module = frame.f_globals.get("__name__")
            self._codes[id(code)] = code, self._intern_code(code, module if type(module) is str else "")
        return self._codes[id(code)][1]

    def id_of_c_function(self, callee: Any) -> int:
        """Return the id of a built-in function or of a method of a built-in type."""
        owner = _defining_type(callee)
        if owner is None:
            module, qualified_name = callee.__module__, callee.__name__
        else:
            module, qualified_name = owner.__module__, f"{owner.__name__}.{callee.__name__}"
        module = module if type(module) is str else ""
        key = (module, "", qualified_name, 0, b"", True)
        return self._intern(key, callee.__name__, flags=0)

    def _intern_code(self, code: CodeType, module: str) -> int:
        key = (module, code.co_filename, code.co_qualname, code.co_firstlineno, code.co_linetable, False)
        return self._intern(key, code.co_name, flags=code.co_flags)

    def _intern(self, key: _Key, name: str, flags: int) -> int:
        if key not in self._ids:
            # Another thread may come here with the same function or with another one, between any two steps.
            function_id = next(self._numbers)
            module, filename, qualified_name, line, _, is_c = key
            function = Function(function_id, name, qualified_name, module, filename, line, is_c, flags)
            self._functions[function_id] = function
            if self._ids.setdefault(key, function_id) != function_id:
                del self._functions[function_id]
        return self._ids[key]


def is_c_function(callee: Any) -> bool:
    """Say whether a call of this object is a C call."""
    return isinstance(callee, BuiltinFunctionType | MethodDescriptorType)


def _defining_type(callee: Any) -> type | None:
    """Return the class in whose method table a C function stands; None for one of a module.

    A bound method does not name it: `L().append` says it is `L.append` where `L` derives from `list`.
    """
    if isinstance(callee, MethodDescriptorType):
        return callee.__objclass__
    # `__self__` hides the class of a static method; what pickles it does not.
    reduced = callee.__reduce__()
    if isinstance(reduced, str):
        return None
    owner = reduced[1][0]
    bases: tuple[type, ...] = type(owner).__mro__
    if isinstance(owner, type):
        bases = (*type.mro(owner), *bases)
    for base in bases:
        if _bind(vars(base).get(callee.__name__), owner) == callee:
            return base
    return bases[0]


def _bind(attribute: Any, owner: Any) -> Any:
    """Bind a class attribute as looking it up would, if it is implemented in C."""
    if isinstance(attribute, MethodDescriptorType):
        # Without the class, `__get__` of a method that takes its defining class crashes CPython 3.11.
        return attribute.__get__(owner, type(owner)) if isinstance(owner, attribute.__objclass__) else None
    if isinstance(attribute, ClassMethodDescriptorType | staticmethod) and isinstance(owner, type):
        return attribute.__get__(None, owner)
    return attribute if isinstance(attribute, BuiltinFunctionType) else None
