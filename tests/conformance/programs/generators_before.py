"""Generators created, and some begun, before the recording: they go on, are thrown into and closed within it."""

kept = {}


def setup():
    kept["created"] = count(2)
    kept["begun"] = count(3)
    next(kept["begun"])
    kept["delegating"] = delegate()
    next(kept["delegating"])
    kept["closed"] = guarded()
    next(kept["closed"])
    kept["coroutine"] = wait()
    kept["coroutine"].send(None)


def count(n):
    for i in range(n):
        yield note(i)


def delegate():
    yield from count(3)


def guarded():
    try:
        yield 1
    finally:
        note(0)


class Pause:
    def __await__(self):
        yield 1


async def wait():
    await Pause()
    return note(1)


def note(n):
    return n


def main():
    assert list(kept["created"]) == [0, 1]
    assert list(kept["begun"]) == [1, 2]
    next(kept["delegating"])
    try:
        kept["delegating"].throw(ValueError())
    except ValueError:
        note(2)
    kept["closed"].close()
    try:
        kept["coroutine"].send(None)
    except StopIteration:
        note(3)
