"""Each test begins with an empty extractor, and writes to a store of its own."""

from __future__ import annotations

import time

import pytest

from callbox.failures import FailureExtractor
from callbox.failures.history import History
from callbox.failures.production import install, uninstall
from callbox.failures.spool import Spool


@pytest.fixture
def history(tmp_path) -> History:
    return History(tmp_path / ".callbox" / "failures.db")


@pytest.fixture(autouse=True)
def extractor(history, monkeypatch):
    """The one extractor, which keeps nothing of the test afterwards."""
    monkeypatch.delenv("FAILEXTRACT_MODE", raising=False)
    monkeypatch.delenv("CALLBOX_MODE", raising=False)
    extractor = FailureExtractor()
    extractor.reset()
    extractor.use_store(Spool(history))
    yield extractor
    extractor.reset()
    extractor.use_store(None)
    history.close()


@pytest.fixture
def caught():
    """Run a function and return what it raised."""

    def catch(function, *args, **kwargs) -> BaseException:
        try:
            function(*args, **kwargs)
        except BaseException as error:
            return error
        raise AssertionError("nothing was raised")

    return catch


@pytest.fixture
def over_budget(tmp_path, monkeypatch):
    """An installation that has recorded less, because all would have cost more than it may."""
    monkeypatch.chdir(tmp_path)
    installation = install("profile", include=__name__, budget=1e-4)

    def count(n):
        return n if n < 2 else count(n - 1) + count(n - 2)

    until = time.process_time() + 0.15
    while time.process_time() < until:
        count(15)
    yield installation
    uninstall()
