"""Each test begins with an empty extractor, and writes to a store of its own."""

from __future__ import annotations

import pytest

from callbox.failures import FailureExtractor
from callbox.failures.history import History
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
