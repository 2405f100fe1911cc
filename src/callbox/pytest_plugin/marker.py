"""The marker `@pytest.mark.callbox(mode=…, include=…)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from callbox.pytest_plugin import MODES

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULT_MODE = "trace"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a test is recorded.

    Attributes:
        mode: as in `FunctionTracer`.
        include: globs on module names; none takes the default.
    """

    mode: str = _DEFAULT_MODE
    include: tuple[str, ...] = ()


def check_marks(items: Iterable[pytest.Item]) -> None:
    """Refuse markers with other arguments than they take, before the first test runs.

    Raises:
        UsageError: a test has such a marker.
    """
    for item in items:
        mark_of(item)


def mark_of(item: pytest.Item) -> Mark | None:
    """Return how a test is marked; None if it is not.

    Raises:
        UsageError: the marker has other arguments than it takes.
    """
    marker = item.get_closest_marker("callbox")
    if marker is None:
        return None
    try:
        return _mark(*marker.args, **marker.kwargs)
    except TypeError:
        written = ", ".join([*map(repr, marker.args), *(f"{k}={v!r}" for k, v in marker.kwargs.items())])
        raise pytest.UsageError(
            f"{item.nodeid}: @pytest.mark.callbox({written}): it takes mode= ({', '.join(MODES)}) and include= "
            "(globs on module names)"
        ) from None


def _mark(*, mode: str = _DEFAULT_MODE, include: str | Iterable[str] | None = None) -> Mark:
    if mode not in MODES:
        raise TypeError(mode)
    return Mark(mode, (include,) if isinstance(include, str) else tuple(include or ()))
