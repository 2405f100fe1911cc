"""asyncio: gather, create_task, cancellation, timeouts that never fire, results and errors."""

import asyncio


async def work(name, n_steps):
    for _ in range(n_steps):
        await asyncio.sleep(0)
        note(name)
    return name


async def fail():
    await asyncio.sleep(0)
    raise ValueError("fail")


async def wait_forever():
    try:
        await asyncio.Event().wait()
    finally:
        note("cancelled")


async def cancel():
    task = asyncio.create_task(wait_forever())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        note("caught")


async def produce(queue):
    for item in range(3):
        await queue.put(item)
    await queue.put(None)


async def consume(queue):
    while (item := await queue.get()) is not None:
        note(item)


def note(what):
    return what


async def run():
    assert await asyncio.gather(work("a", 2), work("b", 3), work("c", 1)) == ["a", "b", "c"]
    results = await asyncio.gather(fail(), work("d", 1), return_exceptions=True)
    assert results[1] == "d"
    await cancel()
    queue = asyncio.Queue(maxsize=1)
    await asyncio.gather(produce(queue), consume(queue))
    assert await asyncio.wait_for(work("e", 1), timeout=60) == "e"


def main():
    asyncio.run(run())
