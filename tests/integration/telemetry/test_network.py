"""The network guard in processes that tests start, and under the libraries that people use."""

from __future__ import annotations

import pytest
from tests.support.telemetry_lab import Lab

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
CHILDREN = """
    import multiprocessing, os, socket, subprocess, sys
    import pytest

    def reach(port=80):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("192.0.2.1", port))  # sends nothing

    REACH = "import test_suite; test_suite.reach()"
    GRANDCHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {REACH!r}], check=True)"

    def run(*words):
        ran = subprocess.run([sys.executable, *words], stderr=subprocess.PIPE, text=True)
        return ran.returncode, "NetworkBlockedError: callbox blocked a connect to 192.0.2.1:80" in ran.stderr

    def test_child(): assert run("-c", REACH) == (1, True)
    def test_grandchild(): assert run("-c", GRANDCHILD) == (1, True)

    def test_child_with_a_search_path(monkeypatch, tmp_path):
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        assert run("-c", f"import os; assert os.environ['PYTHONPATH'] == {str(tmp_path)!r}; {REACH}") == (1, True)

    @pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
    def test_multiprocessing(method):
        child = multiprocessing.get_context(method).Process(target=reach)
        child.start()
        child.join()
        assert child.exitcode == 1

    def test_system(): assert os.system(f'{sys.executable} -c "{REACH}" 2>/dev/null') != 0

    def test_this_machine():
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            assert run("-c", f"import socket; socket.create_connection(('127.0.0.1', {port}))") == (0, False)

    @pytest.mark.allow_network
    def test_exempt(): assert run("-c", REACH) == (0, False)

    def test_environment():
        seen = "import os; print('_CALLBOX_PLAN' in os.environ, os.environ.get('PYTHONPATH'))"
        assert subprocess.check_output([sys.executable, "-c", seen], text=True) == "False None\\n"
        assert "_CALLBOX_PLAN" not in os.environ
"""


def told(call: dict) -> tuple[str, int, bool, str]:
    return call["host"], call["port"], call["child"], call["site"].split(":")[0]


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_python_processes_that_tests_start_are_guarded_and_told(lab, more) -> None:
    lab.write("test_suite.py", CHILDREN)

    ran = lab.run(*PYTEST, *more)

    assert {name: record["error"] for name, record in ran.records.items() if record["status"] != "passed"} == {}
    calls = {name: record["http_calls"] for name, record in ran.records.items()}
    blocked = {
        name: [
            (call["host"], call["port"], call["child"], call["site"].split(":")[0]) for call in told["blocked_calls"]
        ]
        for name, told in calls.items()
    }
    one = [("192.0.2.1", 80, True, "test_suite.py")]
    assert blocked == {
        "test_child": one,
        "test_grandchild": one,
        "test_child_with_a_search_path": one,
        "test_multiprocessing[spawn]": one,
        "test_multiprocessing[forkserver]": one,
        "test_multiprocessing[fork]": one,
        "test_system": one,
        "test_this_machine": [],
        "test_exempt": [],
        "test_environment": [],
    }
    assert [call["blocked"] for call in calls["test_exempt"]["external_calls"]] == [False]


def test_guard_goes_with_a_recorded_program(lab) -> None:
    lab.write("test_suite.py", CHILDREN)
    words = ("-m", "callbox", "run", "-o", "x.cbx", "--", *PYTEST, "-k", "test_child")

    ran = lab.run(*words)
    shown = lab.run("-m", "callbox", "stats", "--json", "x.cbx")

    assert ran.code == 0
    assert [call["child"] for call in ran.records["test_child"]["http_calls"]["blocked_calls"]] == [True]
    assert "reach" in shown.out


LIBRARIES = """
    import asyncio, http.server, threading
    import aiohttp, httpx, pytest

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()
        def log_message(self, *args): pass

    @pytest.fixture(scope="module")
    def server():
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()

    def httpx_sync(url):
        return httpx.get(url, trust_env=False).status_code

    def httpx_async(url):
        async def get():
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(url)).status_code
        return asyncio.run(get())

    def aiohttp_async(url):
        async def get():
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                return response.status
        return asyncio.run(get())

    ALL = pytest.mark.parametrize("get", [httpx_sync, httpx_async, aiohttp_async])

    @ALL
    def test_here(get, server): assert get(f"{server}/books?token=abcdefgh12345678") == 204

    @ALL
    @pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
    def test_elsewhere(get, host):
        with pytest.raises((OSError, httpx.ConnectError, aiohttp.ClientError)):
            get(f"http://{host}/books?token=abcdefgh12345678")
"""
BOOKS = "/books?token=[redacted: key token]"


@pytest.fixture(scope="module")
def requests_of_libraries(tmp_path_factory):
    """Records of a suite that uses each library, on this machine and elsewhere."""
    pytest.importorskip("httpx")
    pytest.importorskip("aiohttp")
    lab = Lab(tmp_path_factory.mktemp("libraries"))
    (lab.folder / ".callbox").mkdir()
    lab.write("test_suite.py", LIBRARIES)
    return lab.run(*PYTEST).records


@pytest.mark.parametrize("library", ["httpx_sync", "httpx_async", "aiohttp_async"])
def test_request_to_this_machine_is_let_through_and_told(requests_of_libraries, library) -> None:
    record = requests_of_libraries[f"test_here[{library}]"]

    (request,) = record["http_calls"]["requests"]
    assert (record["status"], record["http_calls"]["count"]) == ("passed", 0)
    assert (request["method"], request["status"], request["error"]) == ("GET", 204, "")
    assert request["url"].startswith("http://127.0.0.1:")
    assert request["url"].endswith(BOOKS)
    assert request["site"].startswith("test_suite.py:")


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
@pytest.mark.parametrize("library", ["httpx_sync", "httpx_async", "aiohttp_async"])
def test_request_to_another_machine_is_refused_and_named(requests_of_libraries, library, host) -> None:
    record = requests_of_libraries[f"test_elsewhere[{host}-{library}]"]

    assert (record["status"], record["error"]) == ("passed", "")
    calls = record["http_calls"]["blocked_calls"]
    assert {(call["host"], call["url"]) for call in calls} == {(host, f"http://{host}{BOOKS}")}
    assert {call["path"][0].split(":")[0] for call in calls} == {"test_suite.py"}
    assert [request["status"] for request in record["http_calls"]["requests"]] == [None]
