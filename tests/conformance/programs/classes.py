"""Classes: bodies, inheritance, super, static and class methods, dunders, properties, slots, nested classes."""

import dataclasses
import enum


def make_classes():
    class Base:
        created = 0

        def __init__(self, value):
            self.value = value

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.created += 1

        def __repr__(self):
            return f"{type(self).__name__}({self.value!r})"

        def __eq__(self, other):
            return self.value == other.value

        def __hash__(self):
            return hash(self.value)

        def __lt__(self, other):
            return self.value < other.value

        def __add__(self, other):
            return type(self)(self.value + other.value)

        def __len__(self):
            return self.value

        def __bool__(self):
            return self.value > 0

        def __contains__(self, item):
            return item == self.value

        def __call__(self, n):
            return self.value * n

        def __getattr__(self, name):
            if name.startswith("dynamic_"):
                return name
            raise AttributeError(name)

    class Derived(Base):
        def __new__(cls, value):
            return super().__new__(cls)

        def __init__(self, value):
            super().__init__(value)

        class Inner:
            def method(self):
                return "inner"

    return Base, Derived


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0

    def __post_init__(self):
        self.total = self.x + self.y


class Colour(enum.Enum):
    RED = 1
    GREEN = 2

    @classmethod
    def default(cls):
        return cls.RED

    @property
    def next(self):
        return Colour(self.value % 2 + 1)


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def main():
    _, derived = make_classes()
    a, b = derived(1), derived(2)
    assert repr(a + b) == "Derived(3)"
    assert a != b
    assert a < b
    assert sorted([b, a])[0] is a
    assert {a: 1}[derived(1)] == 1
    assert len(b) == 2
    assert bool(a)
    assert 1 in a
    assert a(4) == 4
    assert a.dynamic_name == "dynamic_name"
    assert not hasattr(a, "missing")
    assert derived.Inner().method() == "inner"
    assert Point(1, 2) < Point(2, 1)
    assert Colour.default().next is Colour.GREEN
    assert Slotted(1).value == 1
