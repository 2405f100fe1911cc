"""The core finds the secrets that `callbox.values.redact` finds, by the same rules."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbox import _core
from callbox.engine.redaction import tabulate
from callbox.errors import ConfigError
from callbox.secrets import KEYS, PARTS, TOKENS, WORDS, RedactRules, join_words
from callbox.values.redact import Redactor

RULES = RedactRules()
TABLE = tabulate(RULES)
REDACTOR = Redactor(RULES)

names = st.lists(
    st.one_of(
        st.sampled_from(sorted(KEYS | WORDS | set(PARTS))),
        st.sampled_from(["count", "url", "age", "user", "DB", "x", "ar", "2", "größe", "_", "-", "PassWord", "Api"]),
        st.text(string.ascii_letters + string.digits + "_-. äß", max_size=4),
    ),
    max_size=5,
).map("".join)
lines = st.lists(
    st.one_of(
        names,
        st.sampled_from(["=", ":", ": ", '": "', "://", "@", "/", "?", "&", " ", "'", '"', "None", "Bearer ", "\n"]),
        st.sampled_from([prefix for token in TOKENS for prefix in token.prefixes]),
        st.sampled_from(["4111 1111 1111 1111", "5500-0000-0000-0004", "-----BEGIN EC PRIVATE KEY-----", "a" * 20]),
        st.text(string.printable, max_size=20),
    ),
    max_size=8,
).map("".join)

digits = st.one_of(
    st.sampled_from([*"0123456789"]).map(lambda digit: digit * 17),
    st.text("0123456789", min_size=12, max_size=20),
    st.sampled_from(["4111111111111111", "378282246310005", "30569309025904", "6011000990139424", "2223003122003222"]),
)
numbers = st.builds(
    lambda digits, cuts, sign: "".join(sign * (i in cuts) + c for i, c in enumerate(digits)),
    digits,
    st.sets(st.integers(1, 19), max_size=6) | st.just({4, 8, 12}),
    st.sampled_from(" -"),
)
many_numbers = st.lists(
    st.one_of(numbers, st.sampled_from([*" -.x٣", "12", " 123", "12/27 "])), min_size=1, max_size=4
).map("".join)


def rules_of_keys(keys: list[str], rules: RedactRules = RULES) -> list[str | None]:
    return _core.find_secrets(tabulate(rules), keys, True)


@given(st.lists(names, min_size=1, max_size=20))
def test_keys_are_judged_alike(keys) -> None:
    expected = [rule and f"key {rule}" for rule in map(REDACTOR.redact_key, keys)]

    assert _core.find_secrets(TABLE, keys, True) == expected


@given(st.lists(lines, min_size=1, max_size=20))
def test_text_that_is_redacted_later_is_not_recorded(texts) -> None:
    held = [text for text in texts if REDACTOR.redact_text(text) != text]

    assert None not in _core.find_secrets(TABLE, held, False)


@settings(max_examples=300)
@given(st.lists(many_numbers, min_size=1, max_size=20))
def test_cards_are_known_alike(texts) -> None:
    expected = ["credit card" if REDACTOR.redact_text(text) != text else None for text in texts]

    assert _core.find_secrets(TABLE, texts, False) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("plain", "at 12:30:45 on 2020-01-01T12:30:45.123456", "1700000000000000000", "4111 1111 1111 1112"),
        *("session expired", "KeyError: 'password'", "password=None", "token:", "https://example.com/path?q=1#x"),
        *("me@example.com", "def f(author: str)", "3.14159265358979323846", "git@github.com:a/b.git", "a=1&b=2"),
        *('{"session": {"id": 3}}', "http://host:80/a@b", "mouse-1234567890123-x", "Basic auth", "-----BEGIN X-----"),
    ],
)
def test_text_without_a_secret_stays(text) -> None:
    assert _core.find_secrets(TABLE, [text], False) == [None]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        *(("postgres://user:hunter2@db/x", "url password"), ("https://h/p?api_key=abc123", "key apikey")),
        *(("Authorization: Bearer abcdefghijkl", "key authorization"), ("Bearer abcdefghijkl", "authorization")),
        *(("key AKIAIOSFODNN7EXAMPLE!", "aws key"), ("card 4111 1111 1111 1111.", "credit card")),
        *(("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"), ("eyJhbGciOiJI.eyJzdWIiOiIx.dozj", "jwt")),
        *(("connect(host='h', pwd=secret1)", "key pwd"), ("token => abcdef", "key token")),
    ],
)
def test_marker_names_the_rule(text, rule) -> None:
    assert _core.find_secrets(TABLE, [text], False) == [rule]


def test_keys_can_be_added_in_any_script_and_excepted() -> None:
    rules = RedactRules(add_keys=("patient_id", "пароль"), except_keys=("session",), except_rules=("token",))
    keys = ["oldPatientID", "Мой_Пароль", "пароль", "Session", "user_session", "token", "password"]

    assert rules_of_keys(keys, rules) == [
        *("key patient_id", "key пароль", "key пароль", None, "key usersession", None, "key password"),
    ]


@pytest.mark.parametrize("name", sorted((KEYS | WORDS) - {"oauth2"}))
def test_rule_can_be_switched_off(name) -> None:
    assert rules_of_keys([name], RedactRules(except_rules=(join_words(name),))) == [None]


def test_patterns_can_be_added_and_shapes_switched_off() -> None:
    rules = RedactRules(add_patterns={"iban": r"DE\d{20}"}, except_rules=("credit card", "url password", "jwt"))
    texts = ["to DE12345678901234567890 now", "4111111111111111", "http://a:b@c", "eyJhbGciOiJI.eyJzdWIiOiIx.dozj"]

    assert _core.find_secrets(tabulate(rules), texts, False) == ["iban", None, None, None]


def test_callback_is_refused() -> None:
    with pytest.raises(ConfigError, match="except_keys"):
        tabulate(RedactRules(callback=print))


def test_switched_off_nothing_is_looked_for() -> None:
    assert tabulate(RedactRules(is_enabled=False)) is None
