"""A secret planted wherever a program may hold one is in nothing that any command of callbox writes or prints.

The programs have it from their environment, so that no source holds it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.support.desk import Desk, Ending
from tests.support.sweep import files_below, places_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

SECRET = "S3ntinel0f9c2ab71d"
PLANTED = {"PLANTED": SECRET}

SHOP = """
import os

SECRET = os.environ["PLANTED"]


class Account:
    def __init__(self, user, password):
        self.user, self.password = user, password


def log_in(user, password, *, api_key=None):
    session = {"nested": [{"refreshToken": password}]}
    header = ("Authorization", "Basic " + password)
    if user == "eve":
        raise ConnectionError(f"cannot log in: password={password}", session, header)
    return len(user)


def connect(url):
    return url.partition("://")[0]


def keep(account, *rest, **options):
    return account.user


def settings(n):
    return {"n": n, "nested": {"client_secret": SECRET}, "url": "https://x/?token=" + SECRET}


def use_all():
    log_in("ann", SECRET, api_key=SECRET)
    connect("postgres://ann:" + SECRET + "@db/x")
    keep(Account("ann", SECRET), b"pwd=" + SECRET.encode(), cookie=SECRET, headers=[("X-Api-Key", SECRET)])
    settings(3)
    try:
        log_in("eve", SECRET, api_key=SECRET)
    except ConnectionError:
        pass
"""

FAILING = """
from callbox import extract_on_failure
from shop import SECRET, Account, log_in, settings

@extract_on_failure(include_locals=True)
def order(account, token, url="https://x/"):
    held, cookies = settings(1), {"nested": [token]}
    return log_in("eve", account.password, api_key=token)

for _ in range(2):
    try:
        order(Account("ann", SECRET), SECRET, "https://ann:" + SECRET + "@x/?api_key=" + SECRET)
    except ConnectionError:
        pass
"""

TESTS = """
import sqlite3
import urllib.request

import pytest
from callbox import TracedSnapshot
from shop import SECRET, Account, log_in, settings, use_all


@pytest.fixture
def credentials():
    return {"password": SECRET, "account": Account("ann", SECRET)}


def test_queries(credentials):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table users (name text, password text)")
    connection.execute("insert into users values ('ann', 'password=" + SECRET + "')")
    connection.execute("select * from users where password = ?", (SECRET,)).fetchall()
    connection.close()


def test_network():
    with pytest.raises(Exception):
        urllib.request.urlopen("http://ann:" + SECRET + "@127.0.0.1:9/?token=" + SECRET, timeout=1)


def test_prints():
    print("password=" + SECRET)


def test_fails(credentials):
    log_in("eve", credentials["password"], api_key=SECRET)


def test_snapshot(traced_snapshot):
    use_all()
"""

BENCHMARKS = """
from shop import SECRET, log_in


class Logging:
    def setup(self):
        self.password = SECRET

    def time_log_in(self):
        return log_in("ann", self.password, api_key=SECRET)

    def time_fails(self):
        return log_in("eve", self.password)
"""

CONFIGURATION = '{"version": 1, "project": "shop", "repo": ".", "benchmark_dir": "benchmarks"}'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with the shop, and the secret in the environment."""
    desk = Desk.at(tmp_path)
    desk.environ.update(PLANTED, PYTHONPATH=str(tmp_path), HOME=str(tmp_path / "home"))
    desk.write("shop.py", SHOP)
    desk.write("main.py", "import shop\nshop.use_all()\n")
    desk.write("pyproject.toml", "")
    return desk


def leaks(desk: Desk, printed: dict[str, Ending]) -> list[str]:
    """Name the files and outputs that hold the secret."""
    outputs = {name: ending.out + ending.err for name, ending in printed.items()}
    return places_of(SECRET, files_below(desk.folder) | outputs)


def run_all(desk: Desk, *commands: str) -> dict[str, Ending]:
    return {command: desk.callbox(*command.split()) for command in commands}


def test_planted_secret_would_be_found(desk) -> None:
    desk.write("page.html", "no secret")

    printed = {
        "told": desk.python(
            "-c", "import shop, zlib, sys; sys.stdout.buffer.write(zlib.compress(shop.SECRET.encode()))"
        )
    }

    assert leaks(desk, printed) == ["told"]


def test_recordings_and_all_that_is_made_of_them_hold_no_secret(desk) -> None:
    record = "run --quiet --mode trace --include shop --include __main__"
    formats = [f"show --format {form} one.cbx" for form in ("tree", "flat", "json", "dot", "stack")]
    exports = ("perfetto", "chrome", "speedscope", "folded", "pstats", "dot", "csv", "parquet")

    printed = run_all(
        desk,
        f"{record} -o one.cbx -- main.py",
        f"{record} --spill -o two.cbx -- main.py --password {SECRET} token={SECRET}",
        *formats,
        "show --last 9 one.cbx",
        "stats one.cbx",
        *(f"export --to {form} one.cbx -o out.{form}" for form in exports),
        "diff --values one.cbx two.cbx",
        "diff --values --format json one.cbx two.cbx",
        "diff --values --format html one.cbx two.cbx -o diff.html",
        "merge one.cbx two.cbx -o both.cbx",
        "view --static page.html one.cbx",
    )
    printed["query"] = desk.callbox("query", "-f", "json", "one.cbx", 'select * from "values"')

    assert b"[redacted: key password]" in printed["show --format tree one.cbx"].out
    assert b"redacted" in printed["query"].out
    assert leaks(desk, printed) == []


def test_recorded_calls_and_tests_made_of_them_hold_no_secret(desk) -> None:
    targets = "shop.log_in shop.connect shop.keep shop.settings"

    printed = run_all(
        desk,
        f"record {targets} -- main.py",
        f"record --format json -s json_logs {targets} -- main.py",
        f"record --format repr -s repr_logs {targets} -- main.py",
        "gen --json --report report.html -d tests",
        f"tead -s more_logs -d more_tests {targets} -- main.py",
        "types",
        "docs --dry-run",
        "docs",
        "clean --dry-run",
    )

    assert b"looks like a secret" in printed["gen --json --report report.html -d tests"].out
    assert leaks(desk, printed) == []


@pytest.mark.parametrize("mode", ["production", "development"])
def test_captured_failures_hold_no_secret(mode, desk) -> None:
    desk.write("failing.py", FAILING)
    desk.environ["FAILEXTRACT_MODE"] = mode

    printed = {"program": desk.python("failing.py")}
    kinds = json.loads(desk.callbox("failures", "list", "--json").out)
    printed |= run_all(
        desk,
        *(f"failures report --format {form} -o report.{form}" for form in ("json", "md", "yaml", "xml", "csv", "html")),
        "failures list",
        f"failures show {kinds[0]['fingerprint']}",
        f"failures test {kinds[0]['fingerprint']} -o test_failure.py",
        "failures stats",
        "failures stats --prometheus",
        "failures analyze",
    )

    assert kinds[0]["n"] == 2
    assert b"redacted" in (desk.folder / "report.json").read_bytes()
    assert leaks(desk, printed) == []


def test_telemetry_and_snapshots_of_tests_hold_no_secret(desk) -> None:
    desk.write("test_shop.py", TESTS)
    words = "-p no:cacheprovider --callbox-telemetry --telemetry-output lines.txt --callbox=trace --callbox-failures"
    quiet = "-q -rN --tb=no --show-capture=no --no-header --snapshot-update --callbox-include shop"

    ran = desk.python("-m", "pytest", *words.split(), *quiet.split())
    printed = {"pytest": ran} | run_all(
        desk,
        "telemetry list",
        "telemetry report",
        "telemetry report --json",
        "telemetry report --html page.html --ctrf ctrf.json --markdown summary.md",
        "failures report --format html -o failures.html",
    )

    assert b"1 failed, 4 passed" in ran.out, ran.out
    assert b"TEST_RESULT" in (desk.folder / "lines.txt").read_bytes()
    assert leaks(desk, printed) == []


def test_snapshots_of_benchmarks_hold_no_secret(desk) -> None:
    pytest.importorskip("asv_runner")
    desk.write("benchmarks/__init__.py", "")
    desk.write("benchmarks/logging.py", BENCHMARKS)
    desk.write("asv.conf.json", CONFIGURATION)

    printed = run_all(
        desk,
        "bench list .",
        "bench capture . --trace --deepest --verbose --html capture.html --junit capture.xml",
        "bench verify . --explain --verbose --json --html verify.html",
    )

    assert b"time_fails" in printed["bench list ."].out
    assert b"[redacted: key password]" in (desk.folder / "verify.html").read_bytes()
    assert leaks(desk, printed) == []


def test_exact_results_of_benchmarks_hold_no_secret(desk) -> None:
    pytest.importorskip("asv_runner")
    desk.write("benchmarks/__init__.py", "")
    desk.write("benchmarks/exact.py", "from shop import settings\n\ndef time_settings():\n    return settings(3)\n")
    desk.write("asv.conf.json", CONFIGURATION)

    same = run_all(desk, "bench capture .", "bench verify .")
    desk.write("shop.py", (desk.folder / "shop.py").read_text().replace('"n": n', '"n": n + 1'))
    other = run_all(desk, "bench verify . --explain")

    assert b"1 verified" in same["bench verify ."].out
    assert b"it differs, by its hash, which alone is kept" in other["bench verify . --explain"].out
    assert leaks(desk, same | other) == []
