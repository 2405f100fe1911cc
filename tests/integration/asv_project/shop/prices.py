"""Prices, totals and searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Line:
    name: str
    price: float
    count: int


def total(lines):
    return sum(line_total(line) for line in lines)


def line_total(line):
    return line.price * line.count


def discount(prices, rate):
    return prices * (1.0 - rate)


def cumulative(values):
    result = []
    running = 0
    for value in values:
        running += value
        result.append(running)
    return result


def find(values, wanted):
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def sort_in_place(values):
    values.sort()


def group(names):
    groups = {}
    for name in names:
        groups.setdefault(name[0], []).append(name)
    return groups


def as_matrix(n):
    return np.arange(n * n, dtype=np.float64).reshape(n, n)


def normalised(matrix):
    copy = matrix.copy()
    copy /= copy.sum(axis=1, keepdims=True) + 1.0
    return copy


def words(text):
    return sorted(set(text.lower().split()))
