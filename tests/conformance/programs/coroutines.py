"""Coroutines driven by hand: awaited, sent to, thrown into, closed, with awaitable objects."""

import types


class Pause:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        received = yield self.value
        return received


@types.coroutine
def pause(value):
    return (yield value)


async def add(a, b):
    return await pause(a) + await Pause(b)


async def nest(depth):
    if depth == 0:
        return await pause("bottom")
    try:
        return await nest(depth - 1)
    except ValueError:
        note()
        return await pause("after")


async def give_at_once():
    return 1


async def fail():
    await give_at_once()
    raise KeyError


def note():
    return None


def drive(coroutine, values):
    try:
        coroutine.send(None)
        for value in values:
            coroutine.send(value)
    except StopIteration as stop:
        return stop.value
    except KeyError:
        note()


def main():
    assert drive(add(1, 2), [10, 20]) == 30
    assert drive(nest(2), ["up"]) == "up"
    drive(fail(), [])
    thrown = nest(3)
    thrown.send(None)
    thrown.throw(ValueError())
    try:
        thrown.send("end")
    except StopIteration:
        note()
    closed = nest(2)
    closed.send(None)
    closed.close()
    never_awaited = add(1, 2)
    never_awaited.close()
