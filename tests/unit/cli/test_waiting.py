"""What is said while something takes long: on a terminal alone, and not at once."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stderr

import pytest

from callbox.cli import waiting as module
from callbox.cli.waiting import waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal, on which nothing is quick."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "_DELAY_S", 0.0)
    return Terminal()


def written(screen, text) -> bool:
    """Wait until a text is on a screen."""
    until = time.monotonic() + 20
    while text not in screen.getvalue() and time.monotonic() < until:
        time.sleep(0.01)
    return text in screen.getvalue()


def test_what_takes_long_is_said_on_a_terminal(terminal) -> None:
    with redirect_stderr(terminal), waiting("reading app.cbx"):
        assert written(terminal, "reading app.cbx …")


def test_what_is_inside_another_is_not_said(terminal) -> None:
    with redirect_stderr(terminal), waiting("merging"), waiting("reading app.cbx"):
        assert written(terminal, "merging …")

    assert "reading" not in terminal.getvalue()


def test_what_is_quick_is_not_said(terminal, monkeypatch) -> None:
    monkeypatch.setattr(module, "_DELAY_S", 60.0)

    with redirect_stderr(terminal), waiting("reading app.cbx"):
        time.sleep(0.05)

    assert terminal.getvalue() == ""


def test_nothing_is_said_into_a_pipe(monkeypatch) -> None:
    monkeypatch.setattr(module, "_DELAY_S", 0.0)
    pipe = io.StringIO()

    with redirect_stderr(pipe), waiting("reading app.cbx"):
        time.sleep(0.05)

    assert pipe.getvalue() == ""
