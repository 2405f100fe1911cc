"""Under a failing test: the commands that show what the jobs of this session keep of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

NAME = "callbox-links"
_GOOD = frozenset({"passed", "skipped"})
"""Outcomes; one that is neither may also be "rerun"."""
_SECTION = "callbox: look closer"
_links = pytest.StashKey[dict[str, list[tuple[str, str]]]]()
"""What and command, by test, until its report is written."""


def add_link(item: pytest.Item, what: str, *words: str) -> None:
    """Name a command for the failure of a test that is being reported.

    Args:
        item: the test.
        what: what the command shows, in a word or three.
        words: of the command.
    """
    links = item.config.stash.setdefault(_links, {})
    links.setdefault(item.nodeid, []).append((what, shlex.join(("callbox", *words))))


class LinkPlugin:
    """Writes the links when a report is complete, so that they stand below everything else."""

    def __init__(self, config: pytest.Config, *, has_telemetry: bool) -> None:
        """Prepare.

        Args:
            config: of the session.
            has_telemetry: whether the runs of this session's tests are kept.
        """
        self._links = config.stash.setdefault(_links, {})
        self._has_telemetry = has_telemetry

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what the jobs have to show, if the test failed, here and not in a worker of xdist."""
        if report.outcome in _GOOD or hasattr(report, "node"):
            return
        links = self._links.pop(report.nodeid, [])
        if self._has_telemetry:
            links.append(("its record", shlex.join(("callbox", "telemetry", "show", report.nodeid))))
        width = max((len(what) for what, _ in links), default=0)
        lines = [f"{what:<{width}}  {command}" for what, command in links]
        report.sections += [(_SECTION, "\n".join(lines))] if lines else []


def prepare(config: pytest.Config, *, has_telemetry: bool) -> Callable[[], None]:
    """Return what adds the plugin to a session, once; what it must know is found out now, before tests change it."""
    if has_telemetry:
        from callbox.telemetry.lines import OFF
        from callbox.telemetry.settings import TelemetrySettings

        has_telemetry = TelemetrySettings.load().store != OFF
    plugin = LinkPlugin(config, has_telemetry=has_telemetry)

    def register() -> None:
        if not config.pluginmanager.has_plugin(NAME):
            config.pluginmanager.register(plugin, NAME)

    return register
