"""Decorators: plain, with arguments, stacked, on classes and methods, class-based."""

import functools


def trace(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def repeat(times):
    def decorate(function):
        def wrapper(*args):
            return [function(*args) for _ in range(times)][-1]

        return wrapper

    return decorate


class Counted:
    def __init__(self, function):
        self.function = function
        self.n_calls = 0

    def __call__(self, *args):
        self.n_calls += 1
        return self.function(*args)


def register(cls):
    cls.is_registered = True
    return cls


@trace
@repeat(2)
def add(a, b):
    return a + b


@Counted
def double(a):
    return a * 2


@register
class Service:
    @trace
    def call(self):
        return self.helper() + self.make().value

    @staticmethod
    @trace
    def helper():
        return 1

    @classmethod
    @trace
    def make(cls):
        return cls()

    @property
    @trace
    def value(self):
        return 2


def main():
    assert add(1, 2) == 3
    assert double(2) == 4
    assert Service().call() == 3
    late = trace(lambda: add(3, 4))
    assert late() == 7
