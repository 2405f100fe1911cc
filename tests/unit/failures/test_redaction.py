"""Secrets of one failure: remembered while it is captured, and taken out of everything else of it."""

from __future__ import annotations

import pytest

from callbox.failures.redaction import Secrets, note_secret


def test_secrets_are_taken_out_wherever_they_come_up_again() -> None:
    with Secrets() as secrets:
        note_secret("n0-place-t0-hide")
        cleaned = secrets.remove_from({"message": "no n0-place-t0-hide here", "parts": ("n0-place-t0-hide", 1)})

    assert cleaned == {"message": "no [redacted: known secret] here", "parts": ("[redacted: known secret]", 1)}


@pytest.mark.parametrize(
    ("secret", "kept"),
    [
        *(("a1$b2", "a1$b2"), ("common", "common"), ("recollected", "recollected")),
        *(("a1$b2c", "[redacted: known secret]"), ("recollection", "[redacted: known secret]")),
    ],
)
def test_short_plain_words_are_left_where_they_are(secret, kept) -> None:
    with Secrets() as secrets:
        note_secret(secret)

        assert secrets.remove_from(f"one {secret} more") == f"one {kept} more"


def test_dump_amid_a_capture_leaves_its_secrets_known() -> None:
    with Secrets() as secrets:
        with Secrets() as inner:
            note_secret("inner-0f9c2ab7")
        note_secret("later-0f9c2ab7")

        assert inner.remove_from("inner-0f9c2ab7") == "[redacted: known secret]"
        assert secrets.remove_from("later-0f9c2ab7") == "[redacted: known secret]"


LONG = "k9$Ż-" + "0123456789abcdef" * 80
QUOTED = "n0'place\"t0\\hide\n"


def test_long_secret_is_taken_out_where_only_its_beginning_is_kept() -> None:
    with Secrets() as secrets:
        note_secret(LONG)
        kept = secrets.remove_from((f"('{LONG[:200]}'… (1,285 characters),)", f"the url {LONG[:30]}…", f"no {LONG}!"))

    assert kept == (
        "('[redacted: known secret]'… (1,285 characters),)",
        "the url [redacted: known secret]…",
        "no [redacted: known secret]!",
    )


def test_secret_is_taken_out_as_it_is_written_between_quotes() -> None:
    with Secrets() as secrets:
        note_secret(QUOTED)

        assert secrets.remove_from(repr([QUOTED])) == "['[redacted: known secret]']"


def test_beginning_of_a_secret_stays_where_the_text_is_another() -> None:
    with Secrets() as secrets:
        note_secret("https://shop.example/k9$0123")

        assert secrets.remove_from("https://other.example/… and more") == "https://other.example/… and more"
