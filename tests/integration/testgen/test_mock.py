"""`--mock`: what functions answered to a recorded call is kept, and replayed in its test."""

from __future__ import annotations

import json

import pytest
from tests.integration.testgen.conftest import Project

BANK = """
    import urllib.request
    from dataclasses import dataclass

    class Unknown(Exception):
        pass

    @dataclass
    class Quote:
        code: str
        rate: float

    class Client:
        def __init__(self, url):
            self.url = url
            self.lock = open("/dev/null")

        def rate(self, code, day=None):
            with urllib.request.urlopen(f"{self.url}/{code}") as answer:
                return float(answer.read())

        @property
        def status(self):
            with urllib.request.urlopen(self.url + "/status") as answer:
                return answer.read().decode()

    def quote(url, code):
        print("asking", code)
        with urllib.request.urlopen(f"{url}/{code}") as answer:
            text = answer.read().decode()
        if text == "none":
            raise Unknown(code)
        return Quote(code, float(text))

    def pages(url):
        for n in (1, 2):
            with urllib.request.urlopen(f"{url}/{n}") as answer:
                yield answer.read().decode()

    async def quick(url, code):
        return quote(url, code).rate
"""
SHOP = """
    import asyncio
    from bank import Client, Unknown, quote, quick
    import bank

    def price(amount, code, url):
        print("price of", amount)
        return amount * quote(url, code).rate

    def dearest(codes, url):
        return max(quote(url, code=code).rate for code in codes)

    def safe_price(amount, code, url):
        try:
            return price(amount, code, url)
        except Unknown:
            return None

    def is_up(url):
        return Client(url).status == "up"

    def turnover(url, codes):
        client = Client(url)
        return sum(client.rate(code, day="today") for code in codes)

    def words(url):
        return " ".join(bank.pages(url))

    async def both(url, first, second):
        return await asyncio.gather(quick(url, first), quick(url, second))
"""
MAIN = """
    import asyncio, http.server, threading
    ANSWERS = {"/EUR": "1.25", "/GBP": "1.5", "/NUL": "none", "/status": "up", "/1": "one", "/2": "two"}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ANSWERS[self.path].encode())

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_port
    import shop
    for code in ("EUR", "GBP"):
        shop.price(10, code, "http://127.0.0.1:%d" % server.server_port)
    shop.dearest(["EUR", "GBP"], url)
    shop.safe_price(1, "NUL", url)
    shop.is_up(url)
    shop.turnover(url, ["EUR", "EUR"])
    shop.words(url)
    asyncio.run(shop.both(url, "EUR", "GBP"))
    server.shutdown()
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    """A project whose bank is gone, with tests of what the shop did when it was there."""
    project = record_project(
        "shop.*", "--mock", "bank.*", "--", "main.py", plugins=("anyio.pytest_plugin",), bank=BANK, shop=SHOP, main=MAIN
    )
    project.make_tests("--mock", "bank.*")
    return project


def generated(project, name: str) -> str:
    return project.generated(f"shop_{name}").partition('"""\n')[2].strip()


def test_every_call_that_needed_the_bank_is_a_test_without_it(made) -> None:
    calls = made.report()["calls"]

    assert calls == {"test": 9, "duplicate": 0, "not chosen": 0, "refused": 0, "quarantined": 0}
    assert made.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:callbox").returncode == 0


def test_one_answer_is_a_mock_that_was_called_once(made) -> None:
    text = generated(made, "price")

    assert "    quote = Mock(return_value=quote_result)\n" in text
    assert '    monkeypatch.setattr("shop.quote", quote)\n' in text
    assert "    quote.assert_called_once_with(url, code)" in text


def test_what_the_mocked_function_printed_is_not_expected(made) -> None:
    assert 'assert capsys.readouterr().out == "price of 1\\n"' in generated(made, "price")


def test_answers_come_in_the_order_of_the_recording(made) -> None:
    text = generated(made, "dearest")

    assert 'side_effect=[Quote(code="EUR", rate=1.25), Quote(code="GBP", rate=1.5)]' in text
    assert 'mock_calls == [call(url, code="EUR"), call(url, code="GBP")]' in text


def test_exception_of_the_mocked_function_is_raised_again(made) -> None:
    text = generated(made, "safe_price")

    assert "def test_safe_price_prints_when_quote_raises_unknown(" in text
    assert 'Mock(side_effect=Unknown("NUL"))' in text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("is_up", 'status = PropertyMock(return_value="up")'),
        ("is_up", 'monkeypatch.setattr("bank.Client.status", status)'),
        ("turnover", "rate = Mock(side_effect=[1.25, 1.25])"),
        ("turnover", 'call("EUR", day="today")'),
        ("words", 'pages = Mock(return_value=iter(["one", "two"]))'),
        ("words", 'monkeypatch.setattr("bank.pages", pages)'),
        ("both", "quick = AsyncMock(side_effect=[1.25, 1.5])"),
    ],
)
def test_each_kind_of_function_has_its_mock(made, name, line) -> None:
    assert line in generated(made, name)


def test_without_mock_what_needs_the_network_says_how_to_do_without(made, tmp_path) -> None:
    project = made.copied(tmp_path)

    result = project.callbox("gen", "-d", "real", "--json")

    reasons = [row["reason"] for row in json.loads(result.stdout)["reasons"]]
    assert result.returncode == 3
    assert all("record and generate with --mock" in reason for reason in reasons)


def test_answers_that_were_not_kept_are_missed(project) -> None:
    project.write(shop="def f(n): return g(n)\ndef g(n): return n", main="import shop\nshop.f(1)")
    project.callbox("record", "-q", "shop.f", "--", "main.py")

    result = project.callbox("gen", "--no-verify", "--mock", "shop.g")

    assert "nothing was recorded to mock shop.g by: record with --mock 'shop.g'" in result.stderr


def test_answers_have_no_room_in_files(project) -> None:
    project.write(shop="def f(n): return g(n)\ndef g(n): return n", main="import shop\nshop.f(1)")

    result = project.callbox("record", "--format", "json", "--mock", "shop.g", "shop.f", "--", "main.py")

    assert result.returncode == 2
    assert "--format json has no room for" in result.stderr


def test_secret_in_an_answer_keeps_the_call_out(project) -> None:
    project.write(
        shop="""
        def login():
            return {"password": "hunter2-very-secret"}

        def visit(name):
            return name + str(len(login()))
        """,
        main="import shop\nshop.visit('ann')",
    )

    project.callbox("record", "-q", "--mock", "shop.login", "shop.visit", "--", "main.py")

    [call] = project.calls()
    assert call.refusal.startswith("redacted: ")
    assert all(b"hunter2" not in path.read_bytes() for path in (project.folder / "call_logs").iterdir())
