"""What a fuzzer once found worth keeping is decoded, or refused in so many words."""

from __future__ import annotations

import fuzz.examples  # noqa: F401  # the saved inputs name its classes
from fuzz.corpus import read_corpus, save_corpus, saved_path

from callbox.errors import FormatError
from callbox.values.exact import decode
from callbox.values.exact.wire import seal


def outcome(body: bytes) -> str:
    try:
        decode(seal(body), allow=["fuzz.*"])
    except FormatError:
        return "refused"
    return "decoded"


def test_saved_inputs_are_values_or_format_errors() -> None:
    outcomes = [outcome(body) for body in read_corpus(saved_path("values"))]

    assert min(outcomes.count("decoded"), outcomes.count("refused")) > 50


def test_corpus_is_read_as_it_was_saved(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    for name, body in {"a": b"longer", "b": b"x", "c": b"x"}.items():
        (tmp_path / "in" / name).write_bytes(body)

    assert save_corpus(tmp_path / "in", tmp_path / "corpus.zip") == 2
    assert read_corpus(tmp_path / "corpus.zip") == [b"x", b"longer"]
