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
        ('password = """hunter2', f'password = """{KEY("password")}'),
        ("password = '''hunter2'''", f"password = '''{KEY('password')}'''"),
    ],
)
def test_line_is_cleaned(line, cleaned) -> None:
    assert clean_line(line) == cleaned


@pytest.mark.parametrize("quote", ['"', "'", '"""'])
def test_literal_that_a_long_line_is_cut_in_is_left_out(quote) -> None:
    begin = "x = 1; " * 284 + f"y = {quote}"
    line = f"{begin}S3ntinel0f9c2ab71d{quote}"

    assert len(begin) < 2_000 < len(line)
    assert clean_line(line) == f"{begin}…"
