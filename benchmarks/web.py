"""What callbox costs a web server under load: requests a second, and processor time of a request.

    python benchmarks/web.py [--rounds 8] [--seconds 2] [--json FILE]

A small Flask application on gunicorn and a small FastAPI application on uvicorn, one worker each, on the loopback,
loaded by wrk. Servers have one processor and wrk another. All variants of a server run at once and are loaded in
turn, so that one round is a fair comparison; a ratio is to the mean of the two bare applications in the same round,
the median over the rounds. How far the two bare ones are apart says what can be told.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from racing.machine import describe_machine

HERE = Path(__file__).resolve().parent
BARE = ("bare", "bare again")
VARIANTS = (*BARE, "static", "profile", "profile of libraries too")
"""In "profile" the calls of the application's own module are recorded, as docs/production.md says to."""
GOALS = {"static": 0.99, "profile": 0.95}
"""Least share of the bare applications' requests a second."""
SERVERS = {
    "Flask on gunicorn": ["gunicorn", "--workers=1", "--threads=1", "--worker-class=gthread", "served:flask_app()"],
    "FastAPI on uvicorn": ["uvicorn", "--factory", "--no-access-log", "--log-level=warning", "served:fastapi_app"],
}
PATH = "/orders/20"
CPU_OF_SERVERS, CPU_OF_WRK = "0", "1"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What one load of a server gave."""

    requests_per_s: float
    cpu_us: float
    """Processor time of the server for one request."""

    @classmethod
    def mean(cls, loads: Sequence[Load]) -> Load:
        """Return what they gave on average."""
        return cls(
            statistics.mean(load.requests_per_s for load in loads), statistics.mean(load.cpu_us for load in loads)
        )


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def cpu_ticks(self) -> int:
        """Return the processor time of the server and its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_ticks_of(pid) for pid in (str(self.pid), *children))

    def load(self, seconds: int) -> Load:
        """Let wrk ask as fast as it can."""
        before = self.cpu_ticks()
        command = [
            "taskset",
            "--cpu-list",
            CPU_OF_WRK,
            "wrk",
            "--threads=1",
            "--connections=8",
            f"--duration={seconds}s",
            self.url,
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        n_requests = int(re.search(r"(\d+) requests in", told)[1])  # type: ignore[index]
        per_s = float(re.search(r"Requests/sec: *([\d.]+)", told)[1])  # type: ignore[index]
        if "Non-2xx" in told or "Socket errors" in told:
            raise RuntimeError(f"{self.url} does not answer every request:\n{told}")
        return Load(per_s, (self.cpu_ticks() - before) / _TICKS_PER_S / n_requests * 1e6)


def _ticks_of(pid: str) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def serve(words: list[str], variant: str) -> Iterator[Served]:
    """Start a server in a folder of its own; stop it at the end."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        Path(folder, "pyproject.toml").touch()
        place = [f"--bind=127.0.0.1:{port}"] if words[0] == "gunicorn" else [f"--port={port}"]
        said = {"VARIANT": variant.removesuffix(" again"), "CALLBOX_MODE": "production"}
        server = subprocess.Popen(
            ["taskset", "--cpu-list", CPU_OF_SERVERS, sys.executable, "-m", *words, *place],
            cwd=folder,
            # one seed for all: the order of sets and dictionaries alone moves a server by a few percent
            env={**os.environ, **said, "PYTHONPATH": str(HERE), "PYTHONHASHSEED": "0", "HOME": folder},
            stderr=subprocess.DEVNULL,
        )
        try:
            served = Served(server.pid, port)
            _wait_for(served, server)
            yield served
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(served: Served, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}: is it installed?")
        try:
            urllib.request.urlopen(served.url, timeout=5).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{served.url} does not answer")


def measure(words: list[str], n_rounds: int, seconds: int) -> dict[str, list[Load]]:
    """Load every variant of a server in turn, so many rounds; the first goes by unmeasured."""
    loads: dict[str, list[Load]] = {variant: [] for variant in VARIANTS}
    with ExitStack() as stack:
        served = {variant: stack.enter_context(serve(words, variant)) for variant in VARIANTS}
        for index in range(n_rounds + 1):
            # who goes first changes from round to round
            order = VARIANTS[index % len(VARIANTS) :] + VARIANTS[: index % len(VARIANTS)]
            for variant in order:
                load = served[variant].load(seconds)
                if index:
                    loads[variant].append(load)
    return loads


def show(title: str, loads: dict[str, list[Load]]) -> None:
    """Print a Markdown table."""
    print(f"| {title} | requests/s | of the bare ones' | least, greatest | CPU µs/request | of the bare ones' |")
    print("|---|---:|---:|---:|---:|---:|")
    bare = [Load.mean(each) for each in zip(*(loads[name] for name in BARE), strict=True)]
    for variant, found in loads.items():
        shares = [a.requests_per_s / b.requests_per_s for a, b in zip(found, bare, strict=True)]
        cpu_shares = [a.cpu_us / b.cpu_us for a, b in zip(found, bare, strict=True)]
        print(
            f"| {variant} | {statistics.median(load.requests_per_s for load in found):,.0f} "
            f"| {statistics.median(shares):.3f} | {min(shares):.2f}, {max(shares):.2f} "
            f"| {statistics.median(load.cpu_us for load in found):,.0f} | {statistics.median(cpu_shares):.3f} |"
        )
        goal = GOALS.get(variant)
        if goal is not None:
            print(
                f"{variant}: at least {goal}: {'met' if statistics.median(shares) >= goal else 'MISSED'}",
                file=sys.stderr,
            )
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed: it makes the load")
    machine = describe_machine()
    print(f"Python {machine['python']} on {machine['cpu']}, load {machine['load']}\n")
    found = {title: measure(words, options.rounds, options.seconds) for title, words in SERVERS.items()}
    for title, loads in found.items():
        show(title, loads)
    if options.json:
        plain = {t: {v: [asdict(load) for load in each] for v, each in loads.items()} for t, loads in found.items()}
        options.json.write_text(json.dumps(plain, indent=1) + "\n")


if __name__ == "__main__":
    main()
