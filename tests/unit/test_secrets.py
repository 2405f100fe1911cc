"""Names of secrets, in any spelling."""

from __future__ import annotations

import pytest

from callbox.secrets import KEYS, split_words
from callbox.values.redact import Redactor


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.mark.parametrize(
    "key",
    [
        *(
            "password",
            "db_password",
            "dbPassword",
            "DB-PASSWORD",
            "userpasswd2",
            "Passwords",
            "my_secret",
            "AWS_SECRET_ACCESS_KEY",
        ),
        *(
            "X-Api-Key",
            "apikey",
            "API_KEY_2",
            "privateKey",
            "auth",
            "Authorization",
            "Proxy-Authorization",
            "oauth2_token",
        ),
        *(
            "access_token",
            "token",
            "id_token",
            "refresh_tokens",
            "csrfmiddlewaretoken"[:4],
            "X-CSRFToken",
            "XSRF-TOKEN",
        ),
        *("sessionid", "user_session", "PHPSESSID", "connect.sid", "cookie", "Set-Cookie", "jwt", "ssn", "credit_card"),
        *(
            "pin",
            "otp",
            "salt",
            "cvv",
            "dsn",
            "DATABASE_URL",
            "mysql_pwd",
            "x_forwarded_for",
            "logged_in",
            "passphrase",
        ),
        *("aiohttp_session", "_csrf", "symfony", "social-security", "creditCard", "signing_key", "__session"),
    ],
)
def test_key_of_a_secret_is_known_in_any_spelling(redactor, key) -> None:
    assert redactor.redact_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *(
            "id",
            "name",
            "author",
            "authors",
            "authored_by",
            "secretary",
            "key",
            "monkey",
            "primary_key",
            "opinion",
            "spinner",
        ),
        *(
            "token_count",
            "max_tokens",
            "tokens",
            "tokenizer",
            "session_timeout",
            "password_validators",
            "passage",
            "basalt",
        ),
        *("", "ü", "x" * 1000, "compass", "obsession", "cookies_enabled"),
    ],
)
def test_key_of_no_secret_stays(redactor, key) -> None:
    assert redactor.redact_key(key) is None


@pytest.mark.parametrize("key", sorted(KEYS))
def test_whole_key_is_known_in_capitals_and_with_punctuation(redactor, key) -> None:
    assert redactor.redact_key(key.upper())
    assert redactor.redact_key(f"_{key}-")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(("dbPassword", ["db", "password"]), ("APIKey", ["api", "key"]), ("X-Api-Key", ["x", "api", "key"])),
        *(
            ("oauth2Token", ["oauth", "2", "token"]),
            ("größeTest", ["gr", "öß", "e", "test"]),
            ("__a__", ["a"]),
            ("", []),
        ),
    ],
)
def test_names_are_split_into_words(name, words) -> None:
    assert split_words(name) == words
