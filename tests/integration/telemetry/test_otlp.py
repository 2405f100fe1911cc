"""Runs as OpenTelemetry spans and metrics, sent to a real receiver."""

from __future__ import annotations

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

from tests.support.otlp_receiver import attributes, receiving

SUITE = """
    import sqlite3, threading, urllib.request
    from http.server import BaseHTTPRequestHandler, HTTPServer
    import pytest

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if "books" in self.path else 404)
            self.end_headers()
        def log_message(self, *said): pass

    @pytest.fixture
    def shop():
        with HTTPServer(("127.0.0.1", 0), Shop) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_address[1]}"
            server.shutdown()
            thread.join()

    def test_asks(shop):
        connection = sqlite3.connect(":memory:")
        connection.execute("create table books (id integer)")
        connection.execute("select * from books where id = ?", (1,)).fetchall()
        connection.close()
        urllib.request.urlopen(f"{shop}/books?page=1&token=abcdefgh12345678").close()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{shop}/shelves")
        caught.value.close()

    def test_fails(): assert 1 == 2, "no"
    def test_skips(): pytest.skip("today")
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_run_is_a_trace_of_tests_with_their_queries_and_requests(lab, receiver, more) -> None:
    lab.write("test_suite.py", SUITE)

    ran = lab.run(*PYTEST, *more, "--telemetry-otlp", receiver.url)

    assert (ran.code, ran.err) == (1, "")
    [run] = [span for span in receiver.spans if not span.parent_span_id]
    tests = {span.name: span for span in receiver.children(run)}
    assert attributes(run)["test.suite.run.status"] == "failure"
    assert {name: attributes(span).get("test.case.result.status") for name, span in tests.items()} == {
        "test_suite.py::test_asks": "pass",
        "test_suite.py::test_fails": "fail",
        "test_suite.py::test_skips": None,
    }
    assert {span.trace_id for span in receiver.spans} == {run.trace_id}
    assert run.start_time_unix_nano <= tests["test_suite.py::test_asks"].start_time_unix_nano
    assert (tests["test_suite.py::test_fails"].status.code, tests["test_suite.py::test_fails"].status.message) == (
        2,
        "AssertionError: no",
    )
    children = receiver.children(tests["test_suite.py::test_asks"])
    assert [span.name for span in children] == ["CREATE books", "SELECT books", "GET", "GET"]
    assert {span.kind for span in children} == {3}  # client


def test_queries_and_requests_keep_to_the_conventions(lab, receiver) -> None:
    lab.write("test_suite.py", SUITE)

    lab.run(*PYTEST, "-k", "asks", CALLBOX_TELEMETRY_OTLP=receiver.url)

    [_, select, found, missing] = [span for span in receiver.spans if span.kind == 3]
    query, request = attributes(select), attributes(found)
    assert (query["db.system.name"], query["db.namespace"], query["db.operation.name"]) == (
        "sqlite",
        "memory",
        "SELECT",
    )
    assert query["db.query.text"] == "select * from books where id = ?"
    assert (query["code.file.path"], query["code.line.number"]) == ("test_suite.py", 24)
    assert (request["http.request.method"], request["http.response.status_code"]) == ("GET", 200)
    assert request["server.address"] == "127.0.0.1"
    assert request["url.full"].endswith("/books?page=1&token=[redacted: key token]")
    assert (attributes(missing)["error.type"], missing.status.code) == ("404", 2)
    assert select.start_time_unix_nano < select.end_time_unix_nano <= found.start_time_unix_nano


def test_metrics_count_tests_queries_and_requests(lab, receiver) -> None:
    lab.write("test_suite.py", SUITE)

    lab.run(*PYTEST, "--telemetry-otlp", receiver.url)

    points = {name: metric.histogram.data_points for name, metric in receiver.metrics.items()}
    assert {name: sum(point.count for point in found) for name, found in points.items()} == {
        "callbox.test.duration": 3,
        "callbox.test.queries": 3,
        "db.client.operation.duration": 2,
        "http.client.request.duration": 2,
    }
    assert {attributes(point)["callbox.test.status"] for point in points["callbox.test.duration"]} == {
        "passed",
        "failed",
        "skipped",
    }


def test_unittest_exports_too(lab, receiver) -> None:
    lab.write("test_units.py", "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n")

    lab.run("-m", "callbox.telemetry.unittest", CALLBOX_TELEMETRY_OTLP=receiver.url)

    assert [span.name for span in receiver.spans] == ["test_units.T.test_it", "test run"]


def test_headers_are_those_of_the_environment(lab, receiver) -> None:
    lab.write("test_suite.py", "def test_one(): pass\n")

    lab.run(*PYTEST, "--telemetry-otlp", receiver.url, OTEL_EXPORTER_OTLP_HEADERS="x-shop=pear")

    assert {post.headers.get("x-shop") for post in receiver.posts} == {"pear"}


def test_receiver_that_is_not_there_is_told_and_changes_nothing(lab) -> None:
    lab.write("test_suite.py", "def test_one(): pass\n")

    ran = lab.run(*PYTEST, "--telemetry-otlp", "http://127.0.0.1:9")

    assert ran.code == 0
    assert ran.err == (
        "callbox: spans are not exported: no receiver of OTLP takes them at http://127.0.0.1:9/v1/traces: "
        "start one there, or change otlp in [telemetry]\n"
    )
