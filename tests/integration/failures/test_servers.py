"""Real servers: failures of every worker arrive in one store, whoever is killed, reloaded or restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.service import Service, clean_environment, wait_until

from callbox.failures.history import History

FLASK_SHOP = """
import os, time
import callbox
from flask import Flask
from callbox.failures.middleware import WSGIMiddleware

callbox.install("trace", include="shop", rate_limit=1000, budget=None)
app = Flask(__name__)
app.wsgi_app = WSGIMiddleware(app.wsgi_app)

def price(order):
    time.sleep(0.2)
    return order["price"] / order["n"]

@app.get("/pay/<int:n>")
def pay(n):
    return {"price": price({"price": 10, "n": n})}

@app.get("/pid")
def pid():
    return str(os.getpid())
"""

FASTAPI_SHOP = """
import asyncio, os
import callbox
from fastapi import FastAPI
from callbox.failures.middleware import ASGIMiddleware

callbox.install("trace", include="shop", rate_limit=1000, budget=None)
app = FastAPI()
app.add_middleware(ASGIMiddleware)

def price(order):
    return order["price"] / order["n"]

@app.get("/pay/{n}")
async def pay(n: int):
    await asyncio.sleep(0.2)
    return {"price": price({"price": 10, "n": n})}

@app.get("/sync/{n}")
def pay_in_thread(n: int):
    return {"price": price({"price": 20, "n": n})}

@app.get("/pid")
async def pid():
    return os.getpid()
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.fixture
def history(project):
    history = History(project / ".callbox" / "failures.db")
    yield history
    history.close()


@pytest.fixture
def serve(project):
    """Start a server in the project; it is stopped after the test."""
    services = []

    def start(*words: str) -> Service:
        services.append(Service([sys.executable, "-m", *words], project))
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def gunicorn(project, serve):
    """Start gunicorn with the shop of Flask."""
    pytest.importorskip("gunicorn")
    pytest.importorskip("flask")
    (project / "shop.py").write_text(FLASK_SHOP)
    return lambda *options: serve("gunicorn", *options, "--bind=fd://{fd}", "shop:app")


@pytest.fixture
def uvicorn(project, serve):
    """Start uvicorn with the shop of FastAPI."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi")
    (project / "shop.py").write_text(FASTAPI_SHOP)
    return lambda *options: serve("uvicorn", *options, "--fd={fd}", "shop:app")


def ask_many(service: Service, path: str, n: int) -> list[int]:
    with ThreadPoolExecutor(n) as pool:
        return [status for status, _ in pool.map(service.get, [path] * n)]


def workers_of(history: History) -> set[int]:
    return {failure.metadata["process_id"] for failure in history.failures()}


def children_of(process_id: int) -> set[int]:
    psutil = pytest.importorskip("psutil")
    return {child.pid for child in psutil.Process(process_id).children(recursive=True)}


def test_failures_of_all_gunicorn_workers_arrive_with_their_last_calls(history, gunicorn) -> None:
    service = gunicorn("--workers=2")

    assert service.get("/pay/5") == (200, '{"price":2.0}\n')
    wait_until(lambda: set(ask_many(service, "/pay/0", 4)) == {500} and len(workers_of(history)) == 2, "both fail")
    failure = history.failures()[0]
    assert (failure.summary, failure.test_name) == ("ZeroDivisionError: division by zero", "GET /pay/0")
    assert failure.exception.frames[-1].locals == {"order": "{'price': 10, 'n': 0}"}
    assert "price(order={'price': 10, 'n': 0}) ✗ ZeroDivisionError" in failure.calls
    assert [group.n for group in history.groups()] == [len(history.failures())]


def test_worker_that_is_killed_leaves_its_last_calls_in_the_box(project, gunicorn) -> None:
    service = gunicorn("--workers=1")
    service.get("/pay/5")
    worker = int(service.get("/pid")[1])
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: service.get("/pid")[1] != str(worker), "another worker")
    service.stop()

    shown = subprocess.run(
        [sys.executable, "-m", "callbox", "show", "--last", "20", ".callbox/flight.cbx"],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr.startswith("callbox: warning: killed or crashed")
    assert "pay(n=5) → {'price': 2.0}" in shown.stdout


def test_gunicorn_reloads_on_hup_and_new_workers_record(project, history, gunicorn) -> None:
    service = gunicorn("--workers=1")
    service.get("/pay/0")
    before = workers_of(history)
    (project / "shop.py").write_text(FLASK_SHOP.replace('order["n"]', 'order["number"]'))
    service.signal(signal.SIGHUP)
    wait_until(lambda: service.get("/pid")[1] not in {str(pid) for pid in before}, "a new worker")
    service.get("/pay/0")

    assert {group.summary for group in history.groups()} == {
        "ZeroDivisionError: division by zero",
        "KeyError: 'number'",
    }
    assert len(workers_of(history)) == 2


def test_application_loaded_before_the_fork_records_in_every_worker(history, gunicorn) -> None:
    service = gunicorn("--preload", "--workers=2")

    wait_until(lambda: set(ask_many(service, "/pay/0", 4)) == {500} and len(workers_of(history)) == 2, "both fail")
    assert all("price(order=" in failure.calls for failure in history.failures())


def test_preloaded_application_that_is_installed_in_each_worker_dumps_on_a_signal(project, history, gunicorn) -> None:
    install = 'callbox.install("trace", include="shop", budget=None)'
    (project / "conf.py").write_text(f"def post_worker_init(worker):\n    import callbox\n    {install}\n")
    service = gunicorn("--preload", "--workers=1", "--config=conf.py")
    worker = service.get("/pid")[1]
    os.kill(int(worker), signal.SIGUSR2)
    wait_until(history.failures, "a dump")

    [failure] = history.failures()
    assert (failure.test_name, failure.metadata["process_id"]) == ("SIGUSR2", int(worker))
    assert service.get("/pid")[1] == worker


def test_servers_that_end_in_order_leave_an_empty_box(project, gunicorn) -> None:
    service = gunicorn("--workers=2")
    service.get("/pay/5")
    service.stop()

    assert list((project / ".callbox" / "flight.cbx.parts").iterdir()) == []
    assert service.process.returncode == 0


def test_failures_of_all_uvicorn_workers_arrive_from_loop_and_threads(history, uvicorn) -> None:
    service = uvicorn("--workers=2")

    assert service.get("/pay/5") == (200, '{"price":2.0}')
    wait_until(lambda: set(ask_many(service, "/pay/0", 8)) == {500} and len(workers_of(history)) == 2, "both fail")
    service.get("/sync/0")
    found = {failure.test_name: failure for failure in history.failures()}
    assert set(found) == {"GET /pay/0", "GET /sync/0"}
    assert "price(order={'price': 20, 'n': 0}) ✗ ZeroDivisionError" in found["GET /sync/0"].calls
    assert found["GET /pay/0"].origin == "asgi"


def test_uvicorn_reloads_changed_code_and_goes_on_recording(project, history, uvicorn) -> None:
    service = uvicorn("--reload", "--reload-delay=0.1")
    service.get("/pay/0")
    before = service.get("/pid")
    (project / "shop.py").write_text(FASTAPI_SHOP.replace('order["n"]', 'order["number"]'))
    wait_until(lambda: service.get("/pid") != before, "a new process")
    service.get("/pay/0")

    assert {group.summary for group in history.groups()} == {
        "ZeroDivisionError: division by zero",
        "KeyError: 'number'",
    }


def test_signal_dumps_the_stacks_of_a_worker_into_a_store_that_was_not_there(history, gunicorn) -> None:
    service = gunicorn("--workers=1")
    worker = int(service.get("/pid")[1])
    os.kill(worker, signal.SIGUSR2)
    wait_until(history.failures, "a dump")

    [failure] = history.failures()
    assert (failure.test_name, failure.metadata["process_id"]) == ("SIGUSR2", worker)
    assert service.get("/pid")[1] == str(worker)
