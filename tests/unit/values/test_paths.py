"""Paths as people read them."""

from __future__ import annotations

import pytest
from tests.support import value_kinds as kinds

from callbox.values.paths import write_key, write_path
from callbox.values.refusal import RefusedPartError


def test_path_is_written_from_its_links() -> None:
    link = (((None, "key", "a"), "index", 3), "attribute", "x")

    assert write_path("result", link) == 'result["a"][3].x'
    assert write_path("result", None) == "result"
    assert write_path("s", (None, "element", 1)) == "s{1}"
    assert write_path("d", ((None, "key of", (1,)), "index", 0)) == "d.keys(){(1,)}[0]"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *(("a", '"a"'), ('say "x"', "'say \"x\"'"), ("it's", '"it\'s"'), (1, "1"), (None, "None"), (b"x", "b'x'")),
        *(
            ((1, "a"), '(1, "a")'),
            ((1 << 5000,), "(<int>,)"),
            ("x" * 99, '"' + "x" * 58 + "…"),
            (kinds.Plain(), "<Plain>"),
        ),
    ],
)
def test_key_is_written_short_and_without_code_of_its_own(key, text) -> None:
    assert write_key(key) == text


def test_refusal_says_path_and_reason() -> None:
    refused = RefusedPartError((None, "index", 0), "it is a lock")

    assert str(refused.as_refusal("args")) == "cannot capture args[0]: it is a lock"
    assert str(refused.as_unwritable("args")) == "cannot write args[0] as source: it is a lock"
    assert refused.as_unwritable("args").path == "args[0]"
