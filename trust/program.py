"""A small program whose result is known: what the recorder is put through while something fails."""

from __future__ import annotations

import _thread
import asyncio
import time
from collections.abc import Iterator

COMPUTED = 987
RESULT = COMPUTED + 20 + 20


def double(number: int, *rest: int, name: str = "") -> int:
    """Call nothing."""
    return 2 * number + len(rest) + len(name)


def fail(text: str) -> None:
    """Raise."""
    raise ValueError(text)


def count(limit: int) -> Iterator[int]:
    """Yield, and catch what is thrown in."""
    for number in range(limit):
        try:
            yield number
        except LookupError:
            yield -1


def climb(height: int) -> int:
    """Call itself."""
    return 0 if height == 0 else 1 + climb(height - 1)


async def wait(number: int) -> int:
    """Let others run."""
    await asyncio.sleep(0)
    return double(number)


async def gather() -> int:
    """Run tasks."""
    return sum(await asyncio.gather(*(wait(number) for number in range(5))))


def compute() -> int:
    """Call, raise, suspend, throw."""
    results = [climb(50), sum(double(n, n, name="x") for n in range(30))]
    for _ in range(5):
        try:
            fail("on purpose")
        except ValueError as error:
            results.append(len(error.args))
    generator = count(3)
    results += [next(generator), generator.throw(LookupError()), *generator]
    return sum(results)


def climb_aside(results: list[int]) -> None:
    """Climb in another thread."""
    results.append(climb(20))


def program() -> int:
    """Do that, run tasks, and start a thread."""
    results = [compute()]
    loop = asyncio.SelectorEventLoop()
    results.append(loop.run_until_complete(gather()))
    loop.close()
    # Not by `threading`: what it calls depends on who is faster.
    _thread.start_new_thread(climb_aside, (results,))
    while len(results) < 3 or _thread._count() > 0:
        time.sleep(0.0001)
    return sum(results)
