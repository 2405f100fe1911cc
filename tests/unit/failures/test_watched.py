"""Tasks: what they raise is captured with their arguments, and goes on."""

from __future__ import annotations

import asyncio
import logging

import pytest

from callbox.failures.production import install, uninstall
from callbox.failures.watched import Watched, watch_task


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Installed in a folder of its own, and taken out."""
    monkeypatch.chdir(tmp_path)
    yield
    uninstall()


def test_task_is_watched_with_its_arguments(extractor) -> None:
    install("static")

    @watch_task(queue="mail")
    def charge(order_id, *, retries=0):
        raise ValueError(order_id)

    with pytest.raises(ValueError, match="7"):
        charge(7, retries=2)

    [failure] = extractor.failures
    assert failure["test_name"].endswith("charge")
    assert failure["arguments"] == {"order_id": "7", "retries": "2"}
    assert (failure["origin"], failure["metadata"]["queue"]) == ("task", "mail")
    assert charge.__name__ == "charge"


def test_asynchronous_task_is_watched(extractor) -> None:
    install("static")

    @watch_task
    async def charge(order_id):
        await asyncio.sleep(0)
        raise ValueError(order_id)

    with pytest.raises(ValueError, match="8"):
        asyncio.run(charge(8))
    assert extractor.failures[0]["arguments"] == {"order_id": "8"}


def test_what_is_logged_during_a_task_belongs_to_it(extractor) -> None:
    install("static")

    with Watched("nightly export", shop=3):
        logging.getLogger("shop").error("it broke", exc_info=ValueError("inside"))

    [failure] = extractor.failures
    assert (failure["test_name"], failure["metadata"]["shop"]) == ("nightly export", 3)


def test_tasks_run_as_ever_where_nothing_is_installed() -> None:
    assert watch_task(lambda n: n + 1)(1) == 2
