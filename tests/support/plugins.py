"""Which plugins the runs of pytest that tests start load: to import all that are installed is half of such a run."""

from __future__ import annotations

CALLBOX = "callbox.pytest_plugin"
ALL = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "", "PYTEST_PLUGINS": ""}
"""The environment variables by which pytest loads what is installed."""


def loading(*plugins: str) -> dict[str, str]:
    """Return the environment variables by which pytest loads these modules as plugins, and no other that it finds."""
    return {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": ",".join(plugins)}
