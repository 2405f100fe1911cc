"""A small program that the tests of snapshots record."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor


class Order:
    def __init__(self, name: str) -> None:
        self.name = name
        self.prices: list[float] = []

    def add(self, price: float, *, tax: bool = False) -> float:
        self.prices.append(with_tax(price) if tax else price)
        return sum(self.prices)


def with_tax(price: float) -> float:
    return price * 1.1


def checkout(name: str, n_items: int) -> float:
    order = Order(name)
    for number in range(n_items):
        order.add(float(number), tax=True)
    return sum(order.prices)


def echo(value: object) -> object:
    return value


def fail(message: str) -> None:
    raise ValueError(message)


def recover(message: str) -> str:
    try:
        fail(message)
    except ValueError as error:
        return str(error)
    return ""


def factorial(n: int) -> int:
    return 1 if n < 2 else n * factorial(n - 1)


def is_even(n: int) -> bool:
    return n == 0 or is_odd(n - 1)


def is_odd(n: int) -> bool:
    return n != 0 and is_even(n - 1)


def count_up(limit: int):
    for number in range(limit):
        yield echo(number)


def squares(n: int) -> list[object]:
    return [echo(number) for number in range(n)]


async def wait_for(number: int, delay_s: float) -> object:
    await asyncio.sleep(delay_s)
    return echo(number)


async def gather(delays_s: list[float]) -> int:
    return len(await asyncio.gather(*(wait_for(number, delay_s) for number, delay_s in enumerate(delays_s))))


def serve(delays_s: list[float]) -> int:
    return asyncio.run(gather(delays_s))


def in_pool(n_workers: int, n_jobs: int) -> int:
    with ThreadPoolExecutor(n_workers) as pool:
        return len(list(pool.map(echo, range(n_jobs))))


def in_thread(name: str) -> None:
    thread = threading.Thread(target=run_steps, name=name)
    thread.start()
    thread.join()


def run_steps() -> None:
    echo("b")
    echo("a")
