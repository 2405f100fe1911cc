"""Equal values have equal numbers, wherever their bytes lie."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from callbox import wrap
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.recording import Recording
from callbox.recording.digests import digest_events

ordered = wrap(sorted)


def digest_last_call(items: Sequence[str], *, n_before: int, is_descending: bool = True) -> list[int]:
    """Digest the two events of a call that comes after others."""
    recorder = NativeRecorder(Options(mode="trace"), "wrap")
    recorder.start()
    [ordered(("left", "right"), reverse=True) for _ in range(n_before)]
    ordered(items, reverse=is_descending)
    recorder.stop()
    values = Recording(recorder.capture()).values
    assert values is not None
    return [int(digest) for digest in digest_events(values, max_chars=80).digests[-3:-1]]


def test_arguments_given_by_name_are_equal_wherever_they_lie() -> None:
    assert digest_last_call(("left", "right"), n_before=0) == digest_last_call(("left", "right"), n_before=3)


@pytest.mark.parametrize(("items", "is_descending"), [(("left", "wrong"), True), (("left", "right"), False)])
def test_arguments_that_differ_have_other_numbers(items, is_descending) -> None:
    usual = digest_last_call(("left", "right"), n_before=0)

    assert digest_last_call(items, n_before=0, is_descending=is_descending) != usual
