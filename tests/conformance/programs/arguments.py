"""Arguments of every kind: bound, by name, by default, collected, changed; with what came of them."""

from __future__ import annotations

import contextlib


def plain(a, b=2, c=None):
    return a, b, c


def positional_only(a, b=[7], /, c="c"):
    return {"a": a, "b": b, "c": c}


def by_name(*, a, b=3.5):
    return a + b


def collects(first, *rest, last=None, **others):
    return first, rest, last, others


def takes_its_own_name(a, /, **others):
    return a, others


def changes(items, settings, other):
    items.append(len(items))
    settings.setdefault("k", []).append("v")
    return other


def changes_what_it_collects(**others):
    others["items"].append(1)


def fails(items, divisor=0):
    quotient = [items]
    items.append(None)
    return quotient, 1 / divisor


def keeps(items):
    def inner():
        return items

    items.append(1)
    return inner


class Cart:
    limit = 3

    def __init__(self, items=()):
        self.items = list(items)

    def add(self, item, *, times=1):
        self.items += [item] * times
        return self

    @classmethod
    def of(cls, *items):
        return cls(items)

    @staticmethod
    def price(item, currency="EUR"):
        return f"{item} {currency}"

    def __getitem__(self, index):
        return self.items[index]


def counts(start, stop=3):
    while start < stop:
        sent = yield [start]
        start += 1 if sent is None else sent
    return "done"


def log_in(user, password, *, api_key=None, **credentials):
    return user


def main():
    plain(1)
    plain(1, "two", c=[3])
    plain(**{"a": {"k": (1,)}, "b": None})
    positional_only(1)
    positional_only([1], [2], c=b"3")
    by_name(a=1)
    by_name(b=2.25, a=1 << 70)
    collects(1)
    collects(*range(20), last="last", **{f"k{i}": i for i in range(12)})
    collects("a", *([1], {"two"}), x=None, y=[1, 2])
    takes_its_own_name(1, a=2)
    changes([], {}, [5])
    changes_what_it_collects(items=[], other=2)
    with contextlib.suppress(ZeroDivisionError):
        fails([1])
    with contextlib.suppress(TypeError):
        plain(1, 2, 3, 4)
    with contextlib.suppress(TypeError):
        by_name(1)
    keeps([])
    cart = Cart.of("tea", "milk")
    cart.add("bread", times=2)
    Cart.add(cart, "eggs")
    bound = cart.add
    bound("jam")
    Cart.price("tea")
    cart.price("tea", currency="GBP")
    with contextlib.suppress(IndexError):
        cart[99]
    numbers = counts(0)
    next(numbers)
    numbers.send(2)
    with contextlib.suppress(StopIteration):
        next(numbers)
    with contextlib.suppress(ValueError):
        thrown = counts(1, 2)
        next(thrown)
        thrown.throw(ValueError("thrown"))
    log_in("ann", "S3cret-S3cret", api_key="k" * 40, token="t" * 40)
