"""concurrent.futures and asyncio.to_thread: one worker, so that what it does has one order."""

import asyncio
import concurrent.futures


def work(n):
    return step(n) + step(n)


def step(n):
    if n == 3:
        raise ValueError
    return n


def on_done(future):
    step(0)


async def offload():
    return await asyncio.to_thread(work, 2)


def main():
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        assert list(pool.map(work, [1, 2])) == [2, 4]
        future = pool.submit(work, 3)
        assert isinstance(future.exception(), ValueError)
        future.add_done_callback(on_done)
    assert asyncio.run(offload()) == 4
