"""Recordings to show, built slot by slot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.captures import CaptureBuilder
from tests.support.recordings import record_generators, record_tasks

from callbox.recording import Recording
from callbox.view.exhibit import Exhibit


@pytest.fixture
def builder() -> CaptureBuilder:
    return CaptureBuilder(mode="trace")


@pytest.fixture
def shop(builder) -> Recording:
    return record_generators(builder)


@pytest.fixture
def exhibit(shop) -> Exhibit:
    return Exhibit(shop, "shop.cbx")


@pytest.fixture
def tasks(builder) -> Recording:
    return record_tasks(builder)


@pytest.fixture
def busy(builder) -> Callable[[int], Recording]:
    """Make a thread in which `main` calls `work` so many times, a microsecond each."""

    def make(n: int) -> Recording:
        main, work = builder.function("main"), builder.function("work")
        thread = builder.thread().call(main, at=0)
        for i in range(n):
            thread.call(work, at=1_000 + 2_000 * i).ret(work, at=2_000 + 2_000 * i)
        thread.ret(main, at=3_000 + 2_000 * n)
        return Recording(builder.build())

    return make
