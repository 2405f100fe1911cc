from __future__ import annotations

import pytest
from tests.support.captures import CaptureBuilder

from callbox.model import CallTree, Capture
from callbox.recording import Recording


@pytest.fixture
def shop() -> Capture:
    """Two threads of a small program.

    MainThread, ns:  main 0-100 ( load 10-30, sort 30-80 ( sort 40-60, less 60-70 ) )
    worker, ns:      load 5-25, raising; less 30-40
    """
    builder = CaptureBuilder()
    main, load = builder.function("main", "shop"), builder.function("load", "shop.data")
    sort, less = builder.function("sort", "shop.order"), builder.function("less", "shop.order")
    first, second = builder.thread(), builder.thread("worker")
    first.call(main, at=0).call(load, at=10).ret(load, at=30).call(sort, at=30).call(sort, at=40).ret(sort, at=60)
    first.call(less, at=60).ret(less, at=70).ret(sort, at=80).ret(main, at=100)
    second.call(load, at=5).unwind(load, at=25).call(less, at=30).ret(less, at=40)
    return builder.build()


@pytest.fixture
def shop_recording(shop) -> Recording:
    return Recording(shop)


@pytest.fixture
def shop_tree(shop_recording) -> CallTree:
    return shop_recording.tree


@pytest.fixture
def empty_tree() -> CallTree:
    return Recording(CaptureBuilder().build()).tree
