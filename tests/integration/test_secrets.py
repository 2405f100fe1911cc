"""A secret planted wherever a program may hold one is in nothing that any command of callbox writes or prints.

What is sent elsewhere is in `test_secrets_sent`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.support.desk import Desk
from tests.support.planted import SECRET, desk_with_secret, leaks, run_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

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

CHECK_OUT = """
import shop


def check_out(user):
    held = shop.settings(3)
    return shop.log_in(user, shop.SECRET, api_key=held["nested"]["client_secret"])


def look_up(user):
    return shop.connect("postgres://ann:" + shop.SECRET + "@db/" + user)
"""

PRODUCTION = """
import logging
import os

import callbox
from callbox.failures.history import History, find_path
from callbox.failures.metrics import alerts, process_stats, prometheus_text, stats_of
from callbox.failures.production import dump
from callbox.failures.sinks import BoxSink
from callbox.failures.watched import watch_task
from shop import SECRET, Account, log_in, use_all


def refuse(failure):
    raise ConnectionError("cannot reach https://x/?token=" + SECRET)


logging.getLogger("shop").propagate = False  # what the program itself prints is its own
logging.getLogger("shop").addHandler(logging.NullHandler())
callbox.install("trace", include=["shop", "__main__"], budget=None, sinks=[BoxSink(), refuse, print])


@watch_task(name="nightly", queue="amqp://ann:" + SECRET + "@mq/")
def charge(account, token):
    use_all()
    return log_in("eve", account.password, api_key=token)


try:
    charge(Account("ann", SECRET), SECRET)
except ConnectionError:
    logging.getLogger("shop").exception("password=%s", "none", extra={"password": SECRET})
dump("by hand, token=" + SECRET)
print(alerts(), prometheus_text({**stats_of(History(find_path())), **process_stats()}), flush=True)
use_all()
os.abort()
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
    return desk_with_secret(tmp_path)


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


def test_runs_of_tests_that_are_compared_hold_no_secret(desk) -> None:
    words = "-m pytest -q --no-header --show-capture=no --tb=no -rN -p no:cacheprovider --callbox-telemetry"
    desk.write("test_shop.py", TESTS.replace('"eve"', '"ann"').replace("def test_snapshot", "def unused"))
    before = desk.python(*words.split(), "--telemetry-output=before.txt")
    desk.write("test_shop.py", TESTS.replace("def test_snapshot", "def unused"))
    after = desk.python(*words.split(), "--telemetry-output=after.txt")

    printed = run_all(desk, "telemetry compare 1 2", "telemetry compare 1 2 --json", "telemetry list --json")

    assert b"test_fails" in printed["telemetry compare 1 2"].out
    assert printed["telemetry compare 1 2"].code == 1
    assert leaks(desk, {"before": before, "after": after, **printed}) == []


def test_tests_whose_calls_are_answered_by_mocks_hold_no_secret(desk) -> None:
    desk.write("counter.py", CHECK_OUT)
    desk.write("main.py", "import counter\ncounter.check_out('ann')\ncounter.look_up('x')\n")

    printed = run_all(
        desk,
        "record counter.* --mock shop.* -- main.py",
        "gen --mock shop.* --json --report report.json -d tests",
    )

    report = json.loads((desk.folder / "report.json").read_text())
    assert report["calls"]["test"] + report["calls"]["refused"] == 2, report
    assert leaks(desk, printed) == []


def test_production_that_fails_and_crashes_leaves_no_secret(desk) -> None:
    desk.write("production.py", PRODUCTION)

    printed = {"program": desk.python("production.py")}
    printed |= run_all(desk, "failures list", "failures show dump", "failures report -o report.json")
    boxes = [".callbox/flight.cbx", *(f".callbox/failures/{box.name}" for box in desk.folder.rglob("failures/*.cbx"))]
    printed |= run_all(desk, *(f"show {box}" for box in boxes))

    assert b"captures failed themselves, the last with ConnectionError: cannot reach" in printed["program"].out
    assert len(boxes) == 3
    assert b"log_in(user='eve', password=[redacted: key password]" in printed["show .callbox/flight.cbx"].out
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

    same = run_all(desk, "bench capture . --trace", "bench verify .")
    desk.write("shop.py", (desk.folder / "shop.py").read_text().replace('"n": n', '"n": n + 1'))
    other = run_all(
        desk,
        "bench verify . --explain",
        "bench capture . --trace --snapshot-dir after",
        "bench diff .snapshots after",
        "bench diff .snapshots after --json",
    )

    assert b"1 verified" in same["bench verify ."].out
    assert b"it differs, by its hash, which alone is kept" in other["bench verify . --explain"].out
    assert b"time_settings" in other["bench diff .snapshots after"].out
    assert leaks(desk, same | other) == []
