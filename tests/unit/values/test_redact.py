"""Redaction: no secret passes, and what is none stays readable."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.metaclasses import Guarded

from callbox.errors import ConfigError
from callbox.secrets import RedactRules
from callbox.values import frozen
from callbox.values.redact import Redactor, is_card_number, mark

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRET = "s3nt1nel-v4lue"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


# Text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("postgres://user:hunter2@db/x", "postgres://user:[redacted: url password]@db/x"),
        (
            "redis://:pw@host and amqp://a:b@c",
            "redis://:[redacted: url password]@host and amqp://a:[redacted: url password]@c",
        ),
        ("https://h/p?api_key=abc123&b=2", "https://h/p?api_key=[redacted: key apikey]&b=2"),
        ("GET /?a=1&access_token=xyz HTTP/1.1", "GET /?a=1&access_token=[redacted: key accesstoken] HTTP/1.1"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: [redacted: authorization]"),
        ("Authorization: Digest username=x, nonce=y", "Authorization: [redacted: key authorization]"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [redacted: key cookie]\nHost: x"),
        ('{"password": "hunter2", "n": 1}', '{"password": "[redacted: key password]", "n": 1}'),
        ("{'dbPassword': 'a \\' b', 'n': 1}", "{'dbPassword': '[redacted: key password]', 'n': 1}"),
        ("password='a b' x", "password='[redacted: key password]' x"),
        ("connect(host='h', pwd=secret1)", "connect(host='h', pwd=[redacted: key pwd])"),
        ("token => abcdef", "token => [redacted: key token]"),
        (f"got {JWT}.", "got [redacted: jwt]."),
        ("key AKIAIOSFODNN7EXAMPLE!", "key [redacted: aws key]!"),
        ("ghp_" + "a1" * 18, "[redacted: github token]"),
        ("xoxb-123456789012-abcdefABCDEF", "[redacted: slack token]"),
        ("sk_live_abcdefghijklmnop1234", "[redacted: stripe key]"),
        ("glpat-abcdefghij0123456789", "[redacted: gitlab token]"),
        ("AIza" + "b" * 35, "[redacted: google key]"),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\nMII\nabc=\n-----END RSA PRIVATE KEY----- b",
            "a [redacted: private key] b",
        ),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\ncut off", "[redacted: private key]"),
        ("card 4111 1111 1111 1111.", "card [redacted: credit card]."),
        ("5500-0000-0000-0004", "[redacted: credit card]"),
        ("12 4111 1111 1111 1111 12/27", "12 [redacted: credit card] 12/27"),
        ("4111111111111111 123 4111-1111-1111-1111", "[redacted: credit card] 123 [redacted: credit card]"),
    ],
)
def test_secret_in_text_is_replaced_and_nothing_else(redactor, text, redacted) -> None:
    assert redactor.redact_text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "plain",
            "at 12:30:45 on 2020-01-01T12:30:45.123456",
            "1700000000000000000",
            "4111 1111 1111 1112",
            "a=1&b=2",
        ),
        *(
            "session expired",
            "KeyError: 'password'",
            "password=None",
            "token:",
            "https://example.com/path?q=1#x",
            "me@example.com",
        ),
        *(
            "def f(author: str)",
            "0000000000000000",
            "3.14159265358979323846",
            "git@github.com:a/b.git",
            "mouse-1234567890123-x",
        ),
        '{"session": {"id": 3}}',
    ],
)
def test_text_without_a_secret_stays_as_it_is(redactor, text) -> None:
    assert redactor.redact_text(text) == text


@given(st.text(max_size=60))
def test_redacting_twice_changes_nothing_more(text) -> None:
    redactor = Redactor()
    once = redactor.redact_text(text)

    assert redactor.redact_text(once) == once


def test_text_of_many_kilobytes_is_read_in_linear_time(redactor) -> None:
    text = ("a" * 50 + "=" + '"' * 3 + "-" * 20 + "1 2 3 4 5 6 7 8 9 0 ") * 3000 + " password=" + SECRET

    assert SECRET not in redactor.redact_text(text)


def test_texts_with_the_separator_in_them_are_told_apart(redactor) -> None:
    assert redactor.redact_texts(["a\0b", "pwd=x\0y", "z"]) == ["a\0b", "pwd=[redacted: key pwd]\0y", "z"]
    assert redactor.redact_texts([]) == []


@pytest.mark.parametrize(
    ("digits", "is_card"),
    [("4111111111111111", True), ("4111111111111112", False), ("1111111111111117", False), ("4" * 17, False)],
)
def test_card_numbers_have_a_prefix_and_a_check_digit(digits, is_card) -> None:
    assert is_card_number(digits) is is_card


# Values


def plant(secret: str) -> dict:
    """Return a payload with one secret in every place that redaction knows."""
    return {
        "password": secret,
        "nested": [{"deep": ({"apiKey": secret},)}],
        "headers": {"Authorization": f"Basic {secret}", "accept": "*/*"},
        "url": f"https://user:{secret}@host/?token={secret}",
        "message": f"login failed: password={secret}",
        "data": f'{{"secret": "{secret}"}}'.encode(),
        "object": {"session": {"id": secret, "more": [secret]}},
        f"token={secret}": 1,
        "keys": {("a", f"pwd={secret}"): 1},
    }


def test_sentinel_planted_everywhere_is_found_nowhere(redactor) -> None:
    redacted = redactor.redact_value(plant(SECRET))

    assert SECRET not in repr(redacted)
    assert redacted["headers"]["accept"] == "*/*"
    assert redacted["url"].startswith("https://user:")


def test_value_is_copied_and_left_as_it_was(redactor) -> None:
    value = plant(SECRET)
    before = repr(value)

    redactor.redact_value(value)

    assert repr(value) == before


def test_what_says_nothing_under_a_secret_s_key_stays(redactor) -> None:
    assert redactor.redact_value({"password": None, "is_secret": True}) == {"password": None, "is_secret": True}
    assert redactor.redact_value({"pin": 1234}) == {"pin": mark("key pin")}


def test_card_number_that_is_an_int_is_found(redactor) -> None:
    assert redactor.redact_value([4111111111111111, 1700000000000]) == [mark("credit card"), 1700000000000]


def test_cycles_and_aliases_are_kept(redactor) -> None:
    value = {"items": [1]}
    value["self"] = value
    value["again"] = value["items"]

    redacted = redactor.redact_value(value)

    assert redacted["self"] is redacted
    assert redacted["again"] is redacted["items"]


def test_value_nested_deeper_than_anyone_looks_is_left_out(redactor) -> None:
    value: list = [SECRET]
    for _ in range(1000):
        value = [value]

    assert SECRET not in json.dumps(redactor.redact_value(value))


def test_secrets_that_are_keys_stay_apart(redactor) -> None:
    other = JWT.replace("eyJzdWIi", "eyJzdWIj")

    assert list(redactor.redact_value({JWT: 1, other: 2}).values()) == [1, 2]
    assert JWT not in repr(redactor.redact_value({JWT: 1, other: 2}))
    assert JWT not in repr(redactor.redact_value({"x" * 200 + f" {JWT}": 1}))


def test_object_is_left_alone_unless_its_type_is_a_secret(redactor) -> None:
    class SecretStr:
        pass

    plain = object()

    assert redactor.redact_value([plain])[0] is plain
    assert redactor.redact_value([SecretStr()]) == [mark("type SecretStr")]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *(("pydantic.types.SecretStr", "type SecretStr"), ("botocore.credentials.Credentials", "type Credentials")),
        *(("http.cookies.SimpleCookie", "type SimpleCookie"), ("app.Order", None)),
    ],
)
def test_types_are_known_by_name(redactor, name, rule) -> None:
    assert redactor.redact_type(name) == rule


def test_frozen_values_are_redacted_alike(redactor) -> None:
    items = frozen.FrozenItems("list", (f"pwd={SECRET}", 1), 2)
    mapping = frozen.FrozenDict((("token", SECRET), ("n", frozen.FrozenText(f"https://a:{SECRET}@h", 99))), 2)
    instance = frozen.FrozenObject("app.User", 7, (("passwd", SECRET), ("items", items), ("map", mapping)), 3)
    cookie = frozen.FrozenObject("http.cookies.SimpleCookie", 8, (("x", SECRET),), 1)

    redacted = redactor.redact_value([instance, cookie, frozen.Cut.DEPTH])

    assert SECRET not in repr(redacted)
    assert redacted[0].identity == 7
    assert redacted[1:] == [mark("type SimpleCookie"), frozen.Cut.DEPTH]


# Configuration


def test_keys_patterns_and_types_can_be_added() -> None:
    rules = RedactRules(add_keys=("patient_id",), add_patterns={"iban": r"DE\d{20}"}, add_types=("app.Diagnosis",))
    redactor = Redactor(rules)

    assert redactor.redact_key("oldPatientID") == "patient_id"
    assert redactor.redact_text("to DE12345678901234567890 now") == "to [redacted: iban] now"
    assert redactor.redact_type("app.Diagnosis") == "type Diagnosis"


def test_keys_and_rules_can_be_excepted() -> None:
    rules = RedactRules(except_keys=("session",), except_rules=("jwt", "credit card", "url password", "token"))
    redactor = Redactor(rules)

    assert redactor.redact_key("Session") is None
    assert redactor.redact_key("user_session") == "usersession"
    assert redactor.redact_key("token") is None
    assert redactor.redact_text(f"{JWT} 4111111111111111 http://a:b@c") == f"{JWT} 4111111111111111 http://a:b@c"


def test_callback_may_keep_a_value_and_sees_rule_and_key() -> None:
    hits = []

    def ask(hit):
        hits.append((hit.rule, hit.key, hit.value))
        return "kept" if hit.key == "pin" else None

    redactor = Redactor(RedactRules(callback=ask))

    assert redactor.redact_value({"pin": 1, "password": "p", "n": JWT}) == {
        "pin": "kept",
        "password": mark("key password"),
        "n": mark("jwt"),
    }
    assert hits == [("key pin", "pin", 1), ("key password", "password", "p"), ("jwt", None, JWT)]


def test_redaction_can_be_switched_off() -> None:
    redactor = Redactor(RedactRules(is_enabled=False))
    value = plant(SECRET)

    assert redactor.redact_value(value) is value
    assert redactor.redact_text(JWT) == JWT
    assert redactor.redact_key("password") is None


@pytest.mark.parametrize("rules", [{"add_patterns": {"x": "("}}, {"add_keys": ("--",)}])
def test_senseless_rules_are_refused(rules) -> None:
    with pytest.raises(ConfigError):
        RedactRules(**rules)


def test_verdicts_on_keys_are_bounded(redactor) -> None:
    for n in range(25_000):
        redactor.redact_key(f"key number {n}")

    assert len(redactor.verdicts) <= 10_000


def test_markers_name_their_rule() -> None:
    assert re.fullmatch(r"\[redacted: key \w+\]", Redactor().redact_value({"dbPassword": "x"})["dbPassword"])


def test_code_of_metaclasses_does_not_run(redactor) -> None:
    guarded = Guarded()
    value = {"a": guarded, "password": guarded, "b": [guarded, (guarded,)], 1: guarded}

    redacted = redactor.redact_value(value)

    assert redacted["a"] is redacted["b"][0] is redacted[1] is guarded
    assert redacted["password"] == "[redacted: key password]"
