"""Recording in a service that runs: `install` in its own process, while others call it."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.testgen.conftest import Project
from tests.support.patience import TIMEOUT_S

PRICES = """
    class Basket:
        def __init__(self, n):
            self.n = n

    def total(basket, rate):
        if basket.n < 0:
            raise ValueError(f"negative: {basket.n}")
        return basket.n * rate
"""
SERVICE = """
    import sys
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from callbox.testgen import install
    from prices import Basket, total

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            word = self.path.strip("/")
            try:
                answer, status = self.answer(word), 200
            except ValueError as error:
                answer, status = str(error), 422
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer.encode())

        def answer(self, word):
            if word == "uninstall":
                uninstall()
            elif word == "stop":
                threading.Thread(target=server.shutdown).start()
            else:
                return str(total(Basket(int(word)), 2))
            return "done"

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    uninstall = install("prices.*", storage_dir=sys.argv[1])
    print(server.server_port, flush=True)
    server.serve_forever()
    server.server_close()
"""


class Service:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline())

    def get(self, word: object) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{word}", timeout=TIMEOUT_S) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()


@pytest.fixture
def service(project: Project) -> Iterator[Service]:
    project.write(prices=PRICES, service=SERVICE)
    words = [sys.executable, "service.py", "call_logs"]
    with subprocess.Popen(words, cwd=project.folder, stdout=subprocess.PIPE, text=True) as process:
        yield Service(process)
        process.kill()


def test_calls_of_all_threads_are_recorded_and_become_tests(project, service) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(service.get, [1, 2, 3, -1, 2, 1]))
    service.get("stop")
    code = service.process.wait(TIMEOUT_S)
    made = project.callbox("gen")
    done = project.python("-m", "pytest", "-q", "-p", "no:callbox", "tests/generated")

    assert answers == ["2", "4", "6", "negative: -1", "4", "2"]
    assert code == 0
    assert made.returncode == 0, made.stderr
    assert "8 passed" in done.stdout


def test_uninstalled_service_runs_on_and_has_written_everything(project, service) -> None:
    service.get(5)
    service.get("uninstall")
    calls = project.calls()
    service.get(6)

    assert [call.target.qualname for call in calls] == ["Basket.__init__", "total"]
    assert service.get(7) == "14"
    assert len(project.calls()) == 2
