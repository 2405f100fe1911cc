"""Which fixture of pytest it is that asks databases: while it is set up, and while it is torn down."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any

import pytest


class FixtureWatch:
    """Tells which fixture runs; "" is none."""

    def __init__(self, enter: Callable[[str], str]) -> None:
        """Prepare.

        Args:
            enter: told the name; it returns the one that it was told before.
        """
        self._enter = enter

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Tell of a set-up; finalizers, the last one first, tell of the tear-down."""
        name = fixturedef.argname
        before = self._enter(name)
        fixturedef.addfinalizer(functools.partial(self._enter, ""))
        try:
            return (yield)
        finally:
            fixturedef.addfinalizer(functools.partial(self._enter, name))
            self._enter(before)
