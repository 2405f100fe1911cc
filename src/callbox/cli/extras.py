"""Packages that come with extras: missed before anything is done, by the name of the extra."""

from __future__ import annotations

from importlib.util import find_spec

from callbox.errors import ConfigError


def need(package: str, *, extra: str, user: str) -> None:
    """Do nothing where a package is installed.

    Args:
        package: the name that it is imported by.
        extra: callbox's extra that installs it.
        user: the command that stands on it.

    Raises:
        ConfigError: it is not installed.
    """
    if find_spec(package) is None:
        raise ConfigError(f"{user} needs {package}: pip install 'callbox[{extra}]'")
