"""asyncio.TaskGroup: success, a failing sibling that cancels the others, and callbacks."""

import asyncio


async def work(n_steps):
    for _ in range(n_steps):
        await asyncio.sleep(0)
    return note(n_steps)


async def fail():
    await asyncio.sleep(0)
    raise ValueError


async def wait():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        note("cancelled")
        raise


async def succeed_all():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(n)) for n in (1, 3, 2)]
    return [task.result() for task in tasks]


async def fail_one():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait())
            group.create_task(fail())
    except* ValueError:
        note("group")


def note(what):
    return what


def on_done(task):
    note(task)


async def call_back():
    task = asyncio.ensure_future(work(1))
    task.add_done_callback(on_done)
    await task
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(note, "soon")
    await asyncio.sleep(0)


async def run():
    assert await succeed_all() == [1, 3, 2]
    await fail_one()
    await call_back()


def main():
    asyncio.run(run())
