"""Source lines: secrets in literals go, code stays."""

from __future__ import annotations

import pytest

from callbox.failures.clean import clean_line

KEY = "[redacted: key {}]".format


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("token = get_token(request)", "token = get_token(request)"),
        ('password = "hunter2"', f'password = "{KEY("password")}"'),
        ('f(n=1, api_key="abc")', f'f(n=1, api_key="{KEY("apikey")}")'),
        ('{"price": 5, "password": "x", "n": "y"}', f'{{"price": 5, "password": "{KEY("password")}", "n": "y"}}'),
        ("settings['secret'] = b'x'", f"settings['secret'] = b'{KEY('secret')}'"),
        ('("password", "x")', f'("password", "{KEY("password")}")'),
        ('connect("postgres://u:pw@host/db")', 'connect("postgres://u:[redacted: url password]@host/db")'),
        ('def f(token: str | None = "x")', f'def f(token: str | None = "{KEY("token")}")'),
        ('name = "Ada"', 'name = "Ada"'),
        ('password = ""', 'password = ""'),
        ('print("the password", n)', 'print("the password", n)'),
    ],
)
def test_line_is_cleaned(line, cleaned) -> None:
    assert clean_line(line) == cleaned
