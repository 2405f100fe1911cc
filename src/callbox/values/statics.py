"""Reading types and instances without running any of their code.

`getattr`, `isinstance`, `hash(cls)` and `vars` all ask the type or its metaclass.
Here `type`'s own descriptors are asked instead, so that properties, `__getattr__`,
`__class__` that lies, metaclasses and descriptors of strangers never run.
"""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]
_BASE = type.__dict__["__base__"]
_FLAGS = type.__dict__["__flags__"]
_SIZE = type.__dict__["__basicsize__"]
_WEAKREFS = type.__dict__["__weakrefoffset__"]
_MODULE = type.__dict__["__module__"]
_NAME = type.__dict__["__name__"]
_QUALNAME = type.__dict__["__qualname__"]
_MODULE_DICT: Any = type.__getattribute__(types.ModuleType, "__dict__")["__dict__"]

# Source: CPython, Include/object.h; the same bits in 3.11 to 3.15.
_MANAGED_DICT = 1 << 4
_IMMUTABLE_TYPE = 1 << 8
_HEAP_TYPE = 1 << 9
_POINTER_BYTES = 8 if sys.maxsize > 1 << 32 else 4

identity: Callable[[object], int] = object.__hash__
"""What no two living objects have in common. `id` raises an audit event each time, which takes ten times as long where
anything listens to them."""

CACHED_HASH = "_attrs_cached_hash"
"""Where attrs keeps a hash, None at first; it would be wrong in any other process."""


def mro(cls: type) -> tuple[type, ...]:
    """Return a class's real method resolution order."""
    found: tuple[type, ...] = _MRO.__get__(cls)
    return found


def own(cls: type) -> Mapping[str, Any]:
    """Return a class's own namespace."""
    found: Mapping[str, Any] = _DICT.__get__(cls)
    return found


def derives(cls: type, base: type) -> bool:
    """Say whether a class has a base, by identity in its real order."""
    return any(klass is base for klass in mro(cls))


def find_attribute(cls: type, name: str) -> Any:
    """Return what stands under a name in the class or a base, raw; None where nothing does."""
    return next((own(klass)[name] for klass in mro(cls) if name in own(klass)), None)


def is_hashed_by_identity(cls: type) -> bool:
    """Say whether instances have no hash that depends on their contents."""
    hasher = find_attribute(cls, "__hash__")
    return hasher is None or hasher is object.__hash__


def type_name(cls: type) -> str:
    """Name a class for people: `list`, `decimal.Decimal`, `myapp.models.Order`."""
    module, name = reference_of_class(cls)
    return name if module in ("builtins", "") else f"{module}.{name}"


def reference_of_class(cls: type) -> tuple[str, str]:
    """Return a class's module and qualified name; empty where they are no text."""
    try:
        module = _MODULE.__get__(cls)
    except AttributeError:
        module = ""
    qualname = _QUALNAME.__get__(cls)
    return module if type(module) is str else "", qualname


def short_name(cls: type) -> str:
    """Return a class's own name."""
    name: str = _NAME.__get__(cls)
    return name


def root_modules(cls: type) -> Iterator[str]:
    """Yield the top-level packages that a class and its bases come from."""
    for klass in mro(cls):
        yield reference_of_class(klass)[0].partition(".")[0]


def find_loaded(module_name: str, qualname: str) -> Any:
    """Return what a qualified name stands for in a loaded module.

    Raises:
        LookupError: the module is not loaded or has no such name.
    """
    module = sys.modules.get(module_name)
    if module is None or not derives(type(module), types.ModuleType):
        raise LookupError(f"module {module_name!r} is not loaded")
    if not qualname:
        return module
    namespace: Mapping[str, Any] = module_namespace(module)
    found: Any = module
    for part in qualname.split("."):
        if part not in namespace:
            raise LookupError(f"module {module_name!r} has no {qualname!r}")
        found = namespace[part]
        namespace = own(found) if derives(type(found), type) else layout_of(type(found)).namespace_of(found) or {}
    return found.__func__ if type(found) in (staticmethod, classmethod) else found


def reachable_name(qualname: str) -> str:
    """Return the name by which a class holds what was defined in it: Python mangles private names."""
    owner, dot, name = qualname.rpartition(".")
    if not dot or not name.startswith("__") or name.endswith("__"):
        return qualname
    return f"{owner}._{owner.rpartition('.')[2].lstrip('_')}{name}"


def reference_problem(found: Any, module: str, qualname: str) -> str | None:
    """Say why `found` cannot be named by module and qualified name; None if it can."""
    name = f"{module}.{qualname}"
    if "<locals>" in qualname:
        return f"{name} is defined inside a function, where no import finds it"
    if "<lambda>" in qualname:
        return f"{name} is a lambda, which has no name to import"
    try:
        same = find_loaded(module, qualname)
    except LookupError as error:
        return f"{name} cannot be imported: {error}"
    return None if same is found else f"{name} is another object than this one"


def module_namespace(module: types.ModuleType) -> dict[str, Any]:
    """Return a module's own namespace, without its `__getattr__`."""
    found: dict[str, Any] = _MODULE_DICT.__get__(module)
    return found


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the instances of a class keep their state.

    Attributes:
        base: the nearest base that is not an ordinary Python class, `object` for most.
        slots: names and descriptors of the slots of ordinary classes, nearest first.
        problem: why the state cannot be read whole; None if it can.
    """

    base: type
    slots: tuple[tuple[str, Any], ...]
    namespace: Any
    """The descriptor of the instance dictionary; None where there is none."""
    problem: str | None = None

    def namespace_of(self, instance: Any) -> dict[str, Any] | None:
        """Return the instance dictionary itself."""
        if self.namespace is None:
            return None
        found = self.namespace.__get__(instance)
        return found if type(found) is dict or derives(type(found), dict) else None

    def read(self, instance: Any) -> Iterator[tuple[str, Any]]:
        """Yield the names and values of slots that are set, then those of the dictionary."""
        for name, slot in self.slots:
            try:
                value = slot.__get__(instance)
            except AttributeError:
                continue
            yield name, None if name == CACHED_HASH else value
        namespace = self.namespace_of(instance)
        if namespace:
            for name, value in list(dict.items(namespace)):
                yield name, None if name == CACHED_HASH else value

    def write(self, instance: Any, state: Mapping[str, Any]) -> None:
        """Set slots and dictionary entries, past any `__setattr__`.

        Raises:
            TypeError: the class has no place for a name.
        """
        rest = state
        if self.slots:
            slots = dict(self.slots)
            rest = {name: value for name, value in state.items() if name not in slots}
            for name in state.keys() - rest.keys():
                slots[name].__set__(instance, state[name])
        if rest:
            namespace = self.namespace_of(instance)
            if namespace is None:
                raise TypeError(f"{type_name(type(instance))} has no attribute {next(iter(rest))!r}")
            dict.update(namespace, rest)


_layouts: dict[int, tuple[Callable[[], type | None], Layout]] = {}


def layout_of(cls: type) -> Layout:
    """Return where a class's instances keep their state; worked out once for each class."""
    known = _layouts.get(identity(cls))
    if known is not None and known[0]() is cls:
        return known[1]
    layout = _find_layout(cls)
    key = identity(cls)
    _layouts[key] = (weakref.ref(cls, lambda _: _layouts.pop(key, None)), layout)
    return layout


def _find_layout(cls: type) -> Layout:
    base = cls
    while (flags := _FLAGS.__get__(base)) & _HEAP_TYPE and not flags & _IMMUTABLE_TYPE:
        if _hidden_bytes(base):
            break
        base = _BASE.__get__(base)
    in_c = set(map(id, mro(base)))
    slots = [
        (name, descriptor)
        for klass in mro(cls)
        if id(klass) not in in_c
        for name, descriptor in own(klass).items()
        if type(descriptor) is types.MemberDescriptorType and not _is_path_cache(klass, name)
    ]
    return Layout(base, tuple(slots), _namespace_descriptor(cls), _layout_problem(cls, slots))


def _hidden_bytes(cls: type) -> int:
    """Count bytes of an instance that neither slots nor dictionary nor weak references explain: state kept by C."""
    flags = _FLAGS.__get__(cls)
    names = own(cls)
    pointers: int = sum(type(d) is types.MemberDescriptorType for d in names.values())
    pointers += "__dict__" in names and not flags & _MANAGED_DICT
    # Not by name: CPython 3.11.2 leaves "__weakref__" in dataclasses whose slots have none.
    pointers += _WEAKREFS.__get__(cls) > 0 and _WEAKREFS.__get__(_BASE.__get__(cls)) == 0
    extra: int = _SIZE.__get__(cls) - _SIZE.__get__(_BASE.__get__(cls))
    return extra - pointers * _POINTER_BYTES


def _is_path_cache(cls: type, name: str) -> bool:
    """Say whether a slot caches a hash, which would be wrong in any other process."""
    return name == "_hash" and reference_of_class(cls)[0].startswith("pathlib")


def _namespace_descriptor(cls: type) -> Any:
    for klass in mro(cls):
        descriptor = own(klass).get("__dict__")
        if type(descriptor) is types.GetSetDescriptorType:
            return descriptor
    return None


def _layout_problem(cls: type, slots: list[tuple[str, Any]]) -> str | None:
    if not _is_ordinary_metaclass(type(cls)):
        return f"its class is made by {type_name(type(cls))}, which keeps state in C"
    if len({name for name, _ in slots}) < len(slots):
        return "two of its classes have a slot of the same name"
    return None


def _is_ordinary_metaclass(metaclass: type) -> bool:
    """Say whether classes are made by `type` or by a metaclass written in Python."""
    while metaclass is not type:
        if not _FLAGS.__get__(metaclass) & _HEAP_TYPE or _hidden_bytes(metaclass):
            return False
        metaclass = _BASE.__get__(metaclass)
    return True
