"""Descriptors: get, set, delete, properties, cached_property, bound and unbound methods."""

import functools


class Typed:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(self.name)
        setattr(instance, self.name, value)

    def __delete__(self, instance):
        delattr(instance, self.name)


class Record:
    size = Typed(int)

    def __init__(self, size):
        self.size = size

    @property
    def double(self):
        return self.size * 2

    @double.setter
    def double(self, value):
        self.size = value // 2

    @double.deleter
    def double(self):
        del self.size

    @functools.cached_property
    def costly(self):
        return self.double + 1

    def method(self):
        return self.size

    def __getattribute__(self, name):
        return super().__getattribute__(name)


def main():
    record = Record(2)
    assert record.double == 4
    record.double = 6
    assert record.size == 3
    assert record.costly == 7
    assert record.costly == 7
    try:
        record.size = "wrong"
    except TypeError:
        pass
    bound = record.method
    assert bound() == Record.method(record) == 3
    del record.double
    assert isinstance(Record.size, Typed)
