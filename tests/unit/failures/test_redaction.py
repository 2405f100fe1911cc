"""Secrets of one failure: remembered while it is captured, and taken out of everything else of it."""

from __future__ import annotations

from callbox.failures.redaction import Secrets, note_secret


def test_secrets_are_taken_out_wherever_they_come_up_again() -> None:
    with Secrets() as secrets:
        note_secret("n0-place-t0-hide")
        cleaned = secrets.remove_from({"message": "no n0-place-t0-hide here", "parts": ("n0-place-t0-hide", 1)})

    assert cleaned == {"message": "no [redacted: known secret] here", "parts": ("[redacted: known secret]", 1)}


def test_short_plain_words_are_left_where_they_are() -> None:
    with Secrets() as secrets:
        note_secret("common")
        assert secrets.remove_from("a common word") == "a common word"


def test_dump_amid_a_capture_leaves_its_secrets_known() -> None:
    with Secrets() as secrets:
        with Secrets() as inner:
            note_secret("inner-0f9c2ab7")
        note_secret("later-0f9c2ab7")

        assert inner.remove_from("inner-0f9c2ab7") == "[redacted: known secret]"
        assert secrets.remove_from("later-0f9c2ab7") == "[redacted: known secret]"
