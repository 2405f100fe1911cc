"""A watcher for tests, which keeps what it was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from callbox.engine.wrap import watch


@dataclass
class Told:
    """What a watcher was told."""

    raised: list[tuple[BaseException, tuple[Any, ...], Any]] = field(default_factory=list)
    returned: list[tuple[int, tuple[Any, ...], Any]] = field(default_factory=list)

    def watch(self, function: Any) -> Any:
        return watch(function, self.failed, self.passed)

    def failed(self, error: BaseException, args: tuple[Any, ...], kwargs: Any) -> None:
        self.raised.append((error, args, kwargs))

    def passed(self, duration_ns: int, args: tuple[Any, ...], kwargs: Any) -> None:
        self.returned.append((duration_ns, args, kwargs))


def ignore(*_: Any) -> None:
    """Take what is told."""


def caught(function: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException:
    try:
        function(*args, **kwargs)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")
