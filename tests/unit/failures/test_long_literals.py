"""Literals over several lines: each of their lines is found, and shown without what is secret in it."""

from __future__ import annotations

import io
import tokenize
import types
from pathlib import Path

import pytest

import callbox
from callbox.failures import source
from callbox.failures.long_literals import clean_lines, find_long_literals

SECRET = "S3ntinel0f9c2ab71d"
BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAvGabc\n-----END RSA PRIVATE KEY-----"


def shown(text: str, first: int = 0, end: int | None = None) -> list[str]:
    lines = text.splitlines(keepends=True)
    return clean_lines(lines, find_long_literals(lines), first, len(lines) if end is None else end)


def places_by_tokenize(text: str) -> list[tuple[int, int]]:
    """Say where literals over several lines begin and end; of f-strings, tokens of later versions are counted."""
    found, depth, begin = [], 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            begin = token.start[0] if depth == 0 else begin
            depth += 1
        elif kind.endswith("STRING_END"):
            depth -= 1
            if depth == 0 and begin != token.end[0]:
                found.append((begin - 1, token.end[0] - 1))
        elif kind == "STRING" and depth == 0 and token.start[0] != token.end[0]:
            found.append((token.start[0] - 1, token.end[0] - 1))
    return found


@pytest.mark.parametrize("module", [callbox, source, tokenize, types, io])
def test_literals_are_where_the_tokenizer_finds_them(module) -> None:
    folder = Path(module.__file__).parent if module is callbox else None
    files = sorted(folder.rglob("*.py")) if folder else [Path(module.__file__)]

    for file in files:
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        assert [(each.first, each.last) for each in find_long_literals(lines)] == places_by_tokenize(text), file


@pytest.mark.parametrize(
    "text",
    [
        's = "it\'s" # don\'t\nt = """a\nb"""\n',
        's = \'"""\'\nt = """\n\'\'\'\n"""\n',
        r's = "\""; t = """\"""' + '\nb"""\n',
        "s = 'a\\\nb'\n",
        's = """a "quoted" \'\'\' b\n""c"" """\n',
        r's = r"\\"; t = """' + '\n"""\n',
    ],
)
def test_quotation_marks_in_others_begin_nothing(text) -> None:
    lines = text.splitlines(keepends=True)

    assert [(each.first, each.last) for each in find_long_literals(lines)] == places_by_tokenize(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'A = """\npassword = {SECRET}\nuser = bob\n"""',
            ['A = """', "password = [redacted: key password]", "user = bob", '"""'],
        ),
        (
            f'PASSWORD = """\\\n{SECRET}\n"""',
            ['PASSWORD = """[redacted: key password]', "[redacted: key password]", '"""'],
        ),
        (f'key = """{BLOCK}"""; n = 1', ['key = """[redacted: private key]', "…", '…"""; n = 1']),
        (f'f("""a\nb""", password="{SECRET}")', ['f("""a', 'b""", password="[redacted: key password]")']),
        (f'f(password="{SECRET}", text="""a\nb""")', ['f(password="[redacted: key password]", text="""a', 'b""")']),
        (f'x = """say "token", it\'s\npostgres://u:{SECRET}@host/db"""', None),
        ('x = """a\n\n  b"""\ny = password', ['x = """a', "", '  b"""', "y = password"]),
        (
            f'f("""a\npassword = {SECRET}""", password="{SECRET}", text="""\ntoken: {SECRET}\n""")',
            [
                'f("""a',
                'password = [redacted: key password]""", password="[redacted: key password]", text="""',
                "token: [redacted: key token]",
                '""")',
            ],
        ),
        (f'x = "a\\\n token: {SECRET}"', ['x = "a\\', ' token: [redacted: key token]"']),
    ],
)  # fmt: skip
def test_lines_of_a_literal_are_cleaned(text, expected) -> None:
    lines = shown(text)

    assert lines == expected or expected is None
    assert SECRET not in "\n".join(lines)
    assert len(lines) == text.count("\n") + 1


def test_what_is_outside_of_the_lines_asked_for_counts() -> None:
    text = f'n = 1\nKEY = """\n{BLOCK}\n"""\nm = 2\n'

    assert shown(text, 3, 4) == ["…"]
    assert shown(text, 4, 7) == ["…", '"""', "m = 2"]


def test_one_line_of_a_literal_after_another_is_no_part_of_the_first() -> None:
    text = 'a = """\nx\n"""\npassword = get()\nb = """\ny\n"""\n'

    assert shown(text) == text.splitlines()


def test_literal_that_is_too_long_is_cleaned_line_by_line() -> None:
    text = 'a = """\n' + "filler\n" * 10_000 + f"password = {SECRET}\n" + "x" * 3_000 + '\n"""\n'

    assert shown(text, 10_000, 10_004) == ["filler", "password = [redacted: key password]", "…", '"""']


def test_line_of_a_literal_that_is_too_long_is_cut() -> None:
    [_, line, _] = shown('a = """\n' + "x" * 3_000 + '\n"""')

    assert line == "x" * 2_000 + "…"


def test_frames_show_no_secret_of_a_literal_over_several_lines(tmp_path) -> None:
    file = tmp_path / "settings.py"
    file.write_text(
        f'def load():\n    text = """\n        [db]\n        password = {SECRET}\n    """\n    return text\n'
    )
    code = compile(file.read_text(), str(file), "exec").co_consts[0]

    text = source.source_of(code, 40)
    assert "        password = [redacted: key password]\n" in text
    assert source.context_of(str(file), 4, 1) == (
        3,
        ("        [db]", "        password = [redacted: key password]", '    """'),
    )
    assert source.line_of(str(file), 4) == "password = [redacted: key password]"
