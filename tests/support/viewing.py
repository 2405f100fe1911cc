"""What tests ask the page of a recording while it stands in a browser."""

from __future__ import annotations

import time
from typing import Any

LINE = "callboxPage.timeline.lines[0]"
LABELS = f"{LINE}.bars.drawn.map((bar) => bar.label)"
MATCHES = f"{LINE}.bars.drawn.filter((bar) => bar.isMatch)"
SPAN = "callboxPage.timeline.time.span"
FLAMES = "callboxPage.viewAt(1).graphs"


def until(page: Any, condition: str) -> None:
    """Wait until a JavaScript expression holds; the page's policy forbids the driver's own way."""
    deadline = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)


def settle(page: Any) -> None:
    """Wait until what is to be seen has been fetched and drawn."""
    until(
        page,
        "callboxPage.timeline.lines.every(({ tiles, surface, isDrawn }) => isDrawn && !tiles.busy && !surface.isDue)",
    )


def search(page: Any, name: str) -> None:
    """Go to the first call that a search finds, with the keyboard, and wait for its details."""
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#details h2 >> text={name}")


def bar_place(page: Any, condition: str) -> tuple[float, float]:
    """Return the middle of the first bar that a condition on `bar` chooses, in px of the page."""
    settle(page)
    script = f"""() => {{
        const {{ bars, canvas }} = callboxPage.timeline.lines[0];
        const bar = bars.drawn.find((bar) => {condition});
        const box = canvas.getBoundingClientRect();
        return [Math.round(box.left + bar.x + bar.width / 2), Math.round(box.top + bar.y + 8)];
    }}"""
    x, y = page.evaluate(script)
    return x, y


def flame_place(page: Any, label: str) -> tuple[float, float]:
    """Return a place in the flame graph's bar of a function, in px of the page."""
    script = f"""() => {{
        const bar = {FLAMES}[0].bars.drawn.find((bar) => bar.label === {label!r});
        const box = {FLAMES}[0].canvas.getBoundingClientRect();
        return [box.left + bar.x + 5, box.top + bar.y + 5];
    }}"""
    x, y = page.evaluate(script)
    return x, y
