"""Asynchronous generators, comprehensions and context managers, driven by hand."""

import contextlib
import types


@types.coroutine
def pause(value):
    return (yield value)


async def ticks(n):
    try:
        for i in range(n):
            await pause(i)
            yield i
    finally:
        note()


async def twice(source):
    async for value in source:
        yield value * 2


@contextlib.asynccontextmanager
async def scope():
    await pause("enter")
    try:
        yield "inside"
    except ValueError:
        note()
    await pause("exit")


async def consume():
    async with scope():
        doubled = [value async for value in twice(ticks(3))]
    async with scope():
        raise ValueError
    return doubled


async def break_off():
    source = ticks(5)
    async for value in source:
        if value == 1:
            break
    await source.aclose()


async def throw_in():
    source = ticks(5)
    await source.__anext__()
    try:
        await source.athrow(KeyError())
    except KeyError:
        note()


async def send_in():
    source = ticks(2)
    await source.asend(None)
    await source.asend("ignored")
    try:
        await source.asend(None)
    except StopAsyncIteration:
        note()


def note():
    return None


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def main():
    assert run(consume()) == [0, 2, 4]
    run(break_off())
    run(throw_in())
    run(send_in())
