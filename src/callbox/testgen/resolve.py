"""How a test reaches a recorded function: what it imports, what it calls, with which defaults."""

from __future__ import annotations

import functools
import importlib
import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from callbox.errors import GenerateError
from callbox.testgen.model import Target
from callbox.testgen.sources import is_builtin
from callbox.values.literals.layout import is_name


@dataclass(frozen=True, slots=True)
class Access:
    """A function as a test calls it.

    Attributes:
        form: "function", "static", "class" for a class method, "method", "constructor", "getter", "setter" or
            "deleter".
        module: what to import from.
        path: the name inside it, e.g. `Order.total`.
        defaults: what parameters hold that are not passed.
        owner: the class that a method belongs to; None for functions.
        is_context: whether a call of it stands in a `with`: `contextlib.contextmanager` made it.
    """

    form: str
    module: str
    path: str
    defaults: Mapping[str, Any]
    owner: type | None = None
    is_context: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def is_bound(self) -> bool:
        """Whether the first parameter is what the function is called on."""
        return self.form in ("class", "method", "constructor", "getter", "setter", "deleter")


def is_named(target: Target, globs: Sequence[str]) -> bool:
    """Say whether a function is meant, by its name, its class or its module: the last glob that matches decides.

    Those that begin with `!` exclude; where there are no others, they do so from everything.
    """
    is_meant = bool(globs) and all(glob.startswith("!") for glob in globs)
    for glob in globs:
        bare = glob.removeprefix("!")
        if any(fnmatchcase(name, bare) or fnmatchcase(name, f"{bare}.*") for name in target.names):
            is_meant = bare is glob
    return is_meant


def resolve(target: Target) -> Access:
    """Find a function where its name says.

    Raises:
        GenerateError: a test cannot reach it; says why.
    """
    if "<locals>" in target.qualname:
        outer = target.qualname.partition(".<locals>")[0]
        raise GenerateError(f"it is defined inside {outer}, where a test cannot reach it")
    module = target.import_module
    if not all(map(is_name, module.split("."))):
        raise GenerateError(f"no import can spell {module}: give the file another name, and record again")
    try:
        found: Any = importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise GenerateError(f"its module {module} cannot be imported: {type(error).__name__}: {error}") from error
    owner: Any = None
    words = []
    for word in target.qualname.split("."):
        words.append(mangle(word, found))
        owner, found = found, inspect.getattr_static(found, words[-1], _MISSING)
        if found is _MISSING:
            raise GenerateError(f"{module} has no {target.qualname} any more: record it again")
    if words[-1] == NO_NAME or not _is_it(_unwrap(found, target), target):
        words[-1], found = _find_generic(owner, target) or (words[-1], found)
    return _classify(target, Access("function", module, ".".join(words), {}), owner, found)


_MISSING = object()
NO_NAME = "_"
"""What functions are called that another name leads to."""


def mangle(name: str, owner: Any) -> str:
    """Return a private name as Python stores it in a class."""
    is_private = name.startswith("__") and not name.endswith("__") and isinstance(owner, type)
    return f"_{owner.__name__.lstrip('_')}{name}" if is_private else name


def _find_generic(owner: Any, target: Target) -> tuple[str, Any] | None:
    """Return the name of the generic function that a target is registered with, and what is registered.

    Their own name is mostly `_`, which the next one takes. Source: functools.singledispatch.
    """
    for name, value in vars(owner).items() if isinstance(owner, type | types.ModuleType) else ():
        generic = value.dispatcher if isinstance(value, functools.singledispatchmethod) else value
        registry = generic.__dict__.get("registry") if isinstance(generic, types.FunctionType) else None
        for function in registry.values() if isinstance(registry, types.MappingProxyType) else ():
            if _is_it(_unwrap(function, target), target):
                return name, function
    return None


def _unwrap(found: Any, target: Target) -> Any:
    """Return the function inside its decorators, or what is innermost."""
    return inspect.unwrap(
        found, stop=lambda function: isinstance(function, types.FunctionType) and _is_it(function, target)
    )


def _classify(target: Target, access: Access, owner: Any, found: Any) -> Access:
    form = "function"
    cls = owner if isinstance(owner, type) else None
    if cls is not None:
        form, found = _form_in_class(target, access.name, found)
    function = _unwrap(found, target)
    defaults = _defaults(function) if isinstance(function, types.FunctionType) else _signature_defaults(function)
    is_context = isinstance(found, types.FunctionType) and found.__code__.co_qualname in _CONTEXT_MAKERS
    return Access(form, access.module, access.path, defaults, cls, is_context)


_CONTEXT_MAKERS = ("contextmanager.<locals>.helper", "asynccontextmanager.<locals>.helper")


def _form_in_class(target: Target, name: str, found: Any) -> tuple[str, Any]:
    if isinstance(found, property):
        for form, function in (("getter", found.fget), ("setter", found.fset), ("deleter", found.fdel)):
            if _is_it(function, target):
                return form, function
        # the file was edited since, and its lines are others
        return ("setter", found.fset) if len(target.parameters) > 1 else ("getter", found.fget)
    if isinstance(found, functools.cached_property):
        return "getter", found.func
    if isinstance(found, classmethod) or name in ("__init_subclass__", "__class_getitem__"):
        return "class", getattr(found, "__func__", found)
    if isinstance(found, staticmethod) or name == "__new__":
        if name == "__new__":
            raise GenerateError("it makes the instance: the test of __init__ covers it")
        return "static", found.__func__
    return ("constructor" if name == "__init__" else "method"), found


def _is_it(function: Any, target: Target) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_firstlineno == target.line and code.co_qualname == target.qualname


def _defaults(function: types.FunctionType) -> dict[str, Any]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    named = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    return {**named, **(function.__kwdefaults__ or {})}


def _signature_defaults(function: Any) -> dict[str, Any]:
    """Return the defaults of a function that is written in C, where it tells them."""
    try:
        parameters = inspect.signature(function).parameters if is_builtin(function) else {}
    except (ValueError, TypeError):
        return {}
    return {name: p.default for name, p in parameters.items() if p.default is not p.empty}
