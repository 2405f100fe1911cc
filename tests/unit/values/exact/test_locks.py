"""Locks: kept where nobody holds them."""

from __future__ import annotations

import threading

import pytest

from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.literals import literal
from callbox.values.refusal import RefusalError


@pytest.mark.parametrize(("value", "source"), [(threading.Lock(), "Lock()"), (threading.RLock(), "RLock()")])
def test_lock_that_nobody_holds_comes_back_as_a_new_one(value, source) -> None:
    one, same, other = decode(encode([value, value, getattr(threading, source[:-2])()]))

    assert type(one) is type(value)
    assert one is same is not other
    assert one.acquire(blocking=False)
    assert not compare([one], [None]).is_equal
    assert compare([other], [value]).is_equal
    assert (literal(value, name="value").source, literal(value, name="value").imports) == (
        source,
        (f"from threading import {source[:-2]}",),
    )


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_lock_that_is_held_by_any_thread_is_refused(make) -> None:
    lock = make()
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            is_held.set()
            is_over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait()
    try:
        with pytest.raises(RefusalError, match="a lock that is held"):
            encode([lock])
    finally:
        is_over.set()
        thread.join()
    assert encode([lock])


def test_what_is_made_of_locks_comes_back_too() -> None:
    event = threading.Event()
    event.set()

    copy = decode(encode(event))

    assert copy.is_set()
    copy.clear()
    assert not copy.wait(0)
    assert event.is_set()
