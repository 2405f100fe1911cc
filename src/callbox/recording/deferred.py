"""What is read out of a file each time it is gone through, so that many together take the memory of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Deferred(Collection[T], Generic[T]):
    """A collection of one thing, made anew by each iteration."""

    def __init__(self, read: Callable[[], T]) -> None:
        """Defer a reading, which raises OSError or ValueError where it has become impossible."""
        self._read = read

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[T]:
        yield self._read()

    def __contains__(self, item: object) -> bool:
        return self._read() == item
