"""Code that runs when objects die: __del__, weakref callbacks, finalize, generators dropped while suspended."""

import weakref


class Resource:
    def __del__(self):
        note()


class Failing:
    def __del__(self):
        note()


def note(*_):
    return None


def hold():
    resource = Resource()
    note()
    return resource is not None


def suspended():
    resource = Resource()
    try:
        yield resource
    finally:
        note()


def watch():
    target = Failing()
    reference = weakref.ref(target, note)
    weakref.finalize(target, note)
    del target
    return reference()


def main():
    hold()
    Resource()
    generator = suspended()
    next(generator)
    del generator
    watch()
    resources = [Resource() for _ in range(2)]
    resources.clear()
