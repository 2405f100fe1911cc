"""Measure how long a person waits for the page of ten million events, and how smoothly it moves.

    python benchmarks/first_paint.py

Needs Chromium and playwright. The browser runs already, as a person's would; the clock starts with the command.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from racing.machine import describe_machine
from racing.report import aligned
from reading import write_synthetic_box

MAX_FIRST_PAINT_S = 2.0
_DEADLINE_S = 120
_LINE = "callboxPage.timeline.lines[0]"
_HAS_PAINTED = f"globalThis.callboxPage !== undefined && {_LINE}.bars.drawn.length > 0"
_IS_WHOLE = f"!{_LINE}.tiles.busy && !{_LINE}.surface.isDue"
_FRAMES = f"""async () => {{
    const times = [];
    for (let frame = 0; frame < 120; frame++) {{
        callboxPage.timeline.time.zoom(0.9, callboxPage.timeline.time.duration * 0.4);
        const began = performance.now();
        {_LINE}.surface.paint();
        times.push(performance.now() - began);
        await new Promise(requestAnimationFrame);
    }}
    return times;
}}"""


def measure(page: Any, box: Path) -> tuple[dict[str, float], list[float]]:
    """Start `callbox view`, open its page, zoom in; return seconds by step, and milliseconds of each frame."""
    command = [sys.executable, "-m", "callbox", "view", "--no-browser", str(box)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        steps = {"listening": time.perf_counter() - began}
        page.goto(address)
        _wait(page, _HAS_PAINTED)
        steps["first paint"] = time.perf_counter() - began
        _wait(page, _IS_WHOLE)
        steps["all of the window"] = time.perf_counter() - began
        frames = page.evaluate(_FRAMES)
        process.send_signal(signal.SIGINT)
    return steps, frames


def _wait(page: Any, condition: str) -> None:
    deadline = time.perf_counter() + _DEADLINE_S
    while not page.evaluate(condition):
        if time.perf_counter() > deadline:
            raise TimeoutError(condition)
        time.sleep(0.005)


def report(runs: list[tuple[dict[str, float], list[float]]]) -> list[str]:
    """Return a table of the runs and the verdict on the limit."""
    rows = [["", "min", "median", "max"]]
    for step in runs[0][0]:
        values = sorted(steps[step] for steps, _ in runs)
        rows.append([step, *(f"{value:.2f} s" for value in (values[0], statistics.median(values), values[-1]))])
    frames = sorted(time_ms for _, times in runs for time_ms in times)
    rows.append(["a frame while zooming", *(f"{v:.1f} ms" for v in (frames[0], statistics.median(frames), frames[-1]))])
    first_s = statistics.median(steps["first paint"] for steps, _ in runs)
    verdict = "reached" if first_s <= MAX_FIRST_PAINT_S else "missed"
    return [*aligned(rows), f"first paint <= {MAX_FIRST_PAINT_S:.1f} s: {verdict}"]


def main() -> None:
    """Write a box, open it a few times, print the report."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print("\n".join(f"{key}: {value}" for key, value in describe_machine().items()))
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        box = Path(folder) / "ten.cbx"
        write_synthetic_box(box, options.events, options.threads)
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto("about:blank")
        runs = [measure(page, box) for _ in range(options.repeats)]
        browser.close()
    print("\n".join(report(runs)))


if __name__ == "__main__":
    main()
