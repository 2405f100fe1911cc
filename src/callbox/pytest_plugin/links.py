"""Under a failing test: the commands that show what the jobs of this session keep of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

NAME = "callbox-links"
_SECTION = "callbox: look closer"
_links = pytest.StashKey[list[tuple[str, str]]]()


def add_link(item: pytest.Item, what: str, *words: str) -> None:
    """Name a command for the failure of a test that is being reported.

    Args:
        item: the test.
        what: what the command shows, in a word or three.
        words: of the command.
    """
    item.stash.setdefault(_links, []).append((what, shlex.join(("callbox", *words))))


class LinkPlugin:
    """Writes the links; the last to see a report, so that they stand below everything else."""

    def __init__(self, *, has_telemetry: bool) -> None:
        """Prepare.

        Args:
            has_telemetry: whether the runs of this session's tests are kept.
        """
        self._has_telemetry = has_telemetry

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what the jobs have to show, if the test failed."""
        report = yield
        if not report.failed:
            return report
        links = item.stash.get(_links, [])
        item.stash[_links] = []
        if self._has_telemetry:
            links.append(("its record", shlex.join(("callbox", "telemetry", "show", item.nodeid))))
        width = max((len(what) for what, _ in links), default=0)
        lines = [f"{what:<{width}}  {command}" for what, command in links]
        report.sections += [(_SECTION, "\n".join(lines))] if lines else []
        return report


def register(config: pytest.Config, *, has_telemetry: bool) -> None:
    """Add the plugin to a session, once."""
    if has_telemetry:
        from callbox.telemetry.lines import OFF
        from callbox.telemetry.settings import TelemetrySettings

        has_telemetry = TelemetrySettings.load().store != OFF
    config.pluginmanager.register(LinkPlugin(has_telemetry=has_telemetry), NAME)
