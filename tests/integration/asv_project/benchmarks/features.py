"""What ASV has: every kind of benchmark, parameters of every form, inheritance, set-up of every level."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import numpy as np
from asv_runner.benchmarks.mark import SkipNotImplemented
from shop import prices

SIZES = [10, 100]
module_state = []


def setup(*_args):
    module_state.append("set up")


class Lines:
    """A mixin: no benchmark of its own until it has parameters."""

    def setup(self, n):
        self.lines = [prices.Line(f"item {i}", i / 4, i % 3) for i in range(n)]
        self.names = [line.name for line in self.lines]

    def teardown(self, n):
        del self.lines


class Totals(Lines):
    params = SIZES
    param_names = ["n"]
    version = "2"

    def time_total(self, n):
        prices.total(self.lines)

    def track_total(self, n):
        return prices.total(self.lines)

    track_total.unit = "euros"

    def mem_lines(self, n):
        return self.lines

    def peakmem_group(self, n):
        groups = prices.group(self.names)
        self.n_groups = len(groups)


class MoreTotals(Totals):
    """Inherits benchmarks, and adds one."""

    params = [5]

    def time_two_values(self, n):
        first = prices.total(self.lines)
        second = prices.discount(np.arange(float(n)), 0.5)
        prices.cumulative(range(n))


class Product:
    params = ([1, 2], ("a", "b"))
    param_names = ("count", "kind")
    skip_params = [(2, "b")]

    def setup(self, count, kind):
        if (count, kind) == (2, "a"):
            raise NotImplementedError("no such product")
        self.values = [3, 1, 2] * count

    def time_sort_in_place(self, count, kind):
        prices.sort_in_place(self.values)


class Cached:
    def setup_cache(self):
        Path("numbers.txt").write_text("1 2 3")
        return {"numbers": list(range(100))}

    def time_find(self, cache):
        prices.find(cache["numbers"], 42)

    def track_file(self, cache):
        return len(Path("numbers.txt").read_text())


def time_named():
    prices.words("to be or not to be")


time_named.pretty_name = "Words of a text"
time_named.benchmark_name = "renamed.time_words"
time_named.number = 1


def time_private_names():
    class Local:
        __slots__ = ("__value",)

        def __init__(self):
            self.__value = 3

        def value(self):
            return self.__value

    local = Local()
    local.value()


def time_loop():
    for n in range(20):
        prices.cumulative(range(n))


def time_printed():
    print("total", prices.total([prices.Line("x", 2.0, 3)]))


def time_seeded():
    return [random.random(), np.random.rand(), time.time(), np.random.default_rng().random()]


def time_partly_unstable():
    return {"identity": os.getpid(), "total": prices.cumulative([1, 2, 3])}


def time_unstable():
    return os.getpid()


def time_nothing():
    pass


def time_generator():
    return (n for n in range(3))


def time_skips_itself():
    raise SkipNotImplemented("not on this machine")


def timeraw_import():
    return """
    from shop import prices
    found = prices.find([1, 2, 3], 2)
    """


def timeraw_with_setup():
    return "n = len(values)", "values = [1, 2, 3]"


def time_matrix():
    prices.normalised(prices.as_matrix(4))
