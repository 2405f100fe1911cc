from __future__ import annotations

import pytest
from tests.support.plugins import ALL, CALLBOX, loading

SHOP = """
def price(item):
    if not item:
        raise ValueError("no item")
    return len(item)

def total(items):
    return sum(map(price, items))
"""


@pytest.fixture(autouse=True)
def as_a_person_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs inside are no workers of the run outside, nor CI's: syrupy and pytest go by these variables."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in loading(CALLBOX, "syrupy", "xdist.plugin").items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of one module, whose tests run in processes of their own."""
    pytester.makepyfile(shop=SHOP)
    return pytester


@pytest.fixture
def run(project):
    """Run pytest on the project."""
    return lambda *arguments: project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


@pytest.fixture
def run_with_all(run, monkeypatch):
    """Run pytest with all plugins that are installed."""
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    return run
