"""Middleware around web applications: what requests raise, and log, is captured with what was asked for."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest
from tests.support.service import clean_environment

from callbox.failures.middleware import ASGIMiddleware, WSGIMiddleware
from callbox.failures.production import install, uninstall


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Installed in a folder of its own, and taken out."""
    monkeypatch.chdir(tmp_path)
    yield
    uninstall()


def test_wsgi_application_is_watched_with_its_body(extractor) -> None:
    install("static")

    def app(environ, start_response):
        yield b"begun"
        raise ValueError(environ["PATH_INFO"])

    body = iter(WSGIMiddleware(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/shop"}, None))

    assert next(body) == b"begun"
    with pytest.raises(ValueError, match="/shop"):
        next(body)
    assert extractor.failures[0]["test_name"] == "GET /shop"


def test_asgi_application_is_watched(extractor) -> None:
    install("static")

    async def app(scope, receive, send):
        raise ValueError("asgi")

    with pytest.raises(ValueError, match="asgi"):
        asyncio.run(ASGIMiddleware(app)({"type": "http", "method": "POST", "path": "/pay"}, None, None))
    assert extractor.failures[0]["test_name"] == "POST /pay"


def test_what_is_logged_during_a_request_belongs_to_it(extractor) -> None:
    install("static")

    def app(environ, start_response):
        try:
            raise ValueError("inside")
        except ValueError:
            logging.getLogger("shop").exception("it broke")
        return [b"sorry"]

    WSGIMiddleware(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/cart"}, None)
    logging.getLogger("shop").error("later", exc_info=ValueError("outside"))

    inside, outside = extractor.failures
    assert (inside["test_name"], inside["metadata"]["path"], inside["metadata"]["logger"]) == (
        *("GET /cart", "/cart"),
        "shop",
    )
    assert "path" not in outside["metadata"]


DJANGO = """
import callbox
from wsgiref.util import setup_testing_defaults
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from callbox.failures import FailureExtractor
from callbox.failures.middleware import WSGIMiddleware

def pay(request):
    return {}["absent"]

urlpatterns = [path("pay", pay)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
callbox.install("static")
environ, status = {"PATH_INFO": "/pay"}, []
setup_testing_defaults(environ)
b"".join(WSGIMiddleware(get_wsgi_application())(environ, lambda *given: status.append(given[0])))
found = [(failure["test_name"], failure["exception_type"]) for failure in FailureExtractor().failures]
print(status, found)
"""


def test_failure_that_django_answers_by_itself_is_captured_with_its_request(tmp_path) -> None:
    pytest.importorskip("django")
    (tmp_path / "pyproject.toml").touch()

    done = subprocess.run(
        [sys.executable, "-c", DJANGO],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "['500 Internal Server Error'] [('GET /pay', 'KeyError')]\n"


def test_files_and_finished_bodies_reach_the_server_as_they_are() -> None:
    class FileWrapper:
        pass

    file, body = FileWrapper(), [b"done"]
    environ = {"wsgi.file_wrapper": FileWrapper}

    assert WSGIMiddleware(lambda environ, start: file)(environ, None) is file
    assert WSGIMiddleware(lambda environ, start: body)(environ, None) is body
