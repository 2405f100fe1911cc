"""A recursion deeper than the default limit, that returns, and one that raises from its bottom."""

import sys


def descend(n):
    return 0 if n == 0 else 1 + descend(n - 1)


def fall(n):
    if n == 0:
        raise ValueError("bottom")
    fall(n - 1)


def main():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(5000)
    try:
        assert descend(2000) == 2000
        try:
            fall(2000)
        except ValueError:
            pass
    finally:
        sys.setrecursionlimit(limit)
