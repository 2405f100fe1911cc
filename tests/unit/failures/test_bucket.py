"""A bucket of tokens."""

from __future__ import annotations

from callbox.failures.bucket import TokenBucket


def test_bucket_gives_what_it_holds_and_what_time_adds() -> None:
    now = [0.0]
    bucket = TokenBucket(2, size=3, monotonic=lambda: now[0])

    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_bucket_holds_a_seconds_worth_unless_told_otherwise() -> None:
    quick, slow = (TokenBucket(rate, monotonic=lambda: 0.0) for rate in (3.0, 0.1))

    assert [quick.take() for _ in range(5)] == [True, True, True, False, False]
    assert [slow.take() for _ in range(2)] == [True, False]
