"""Snapshots on a server, and benchmarks on a cluster: real ones, on this machine."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
LISTENING = "Running on http://127.0.0.1:"


@pytest.fixture
def s3(tmp_path) -> Iterator[dict[str, str]]:
    """A server that speaks S3, with a bucket; what reaches it is in the environment."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    log = tmp_path / "s3.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], stdout=file, stderr=file
        )
    try:
        url = f"http://127.0.0.1:{wait_for_port(log)}"
        urllib.request.urlopen(urllib.request.Request(f"{url}/snapshots", method="PUT"), timeout=10).close()
        yield {**KEYS, "AWS_ENDPOINT_URL": url}
    finally:
        server.terminate()
        server.wait(10)


def wait_for_port(log) -> str:
    deadline = time.monotonic() + 30
    while LISTENING not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return log.read_text().partition(LISTENING)[2].split()[0]


def test_snapshots_lie_in_a_bucket(workshop, s3) -> None:
    place = ("--snapshot-dir", "s3://snapshots/shop", "--filter", "Totals.track_total")

    captured = workshop.verdicts("capture", ".", *place, **s3)
    workshop.change("shop/prices.py", "line.price * line.count", "line.price * 2")
    verified = workshop.verdicts("verify", ".", *place, **s3)
    cleaned = workshop.bench("clean", ".", *place, "--yes", **s3)

    assert set(captured.values()) == {"captured"}
    assert set(verified.values()) == {"mismatch"}
    assert cleaned.out.startswith(b"deleted 3 snapshots")


CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def cluster(workshop) -> Iterator[str]:
    """A Dask cluster of two workers; gives its address."""
    pytest.importorskip("distributed")
    workshop.desk.write("cluster.py", CLUSTER)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "cluster.py"],
        cwd=workshop.desk.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        yield process.stdout.readline().decode().strip()
        process.stdin.close()
        process.wait(30)


def test_cases_run_on_the_workers_of_a_cluster(workshop, cluster) -> None:
    words = (".", "--filter", "Totals.track_total", "--executor", f"dask:{cluster}")

    captured = workshop.verdicts("capture", *words)
    verified = workshop.verdicts("verify", *words)

    assert list(captured.values()) == ["captured"] * 3
    assert list(verified.values()) == ["verified"] * 3


LOSS = """
import os
from pathlib import Path

from shop import prices

here = Path(__file__).parent


def time_kills_its_worker_once():
    if not (here / "killed").exists():
        (here / "killed").touch()
        host = os.getppid()
        worker = int(Path(f"/proc/{host}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(worker, 9)
    return prices.cumulative([1, 2])
"""


def test_batch_of_a_lost_worker_is_run_by_another(workshop, cluster) -> None:
    workshop.only(LOSS)

    verdicts = workshop.verdicts("capture", ".", "--executor", f"dask:{cluster}")

    assert (workshop.desk.folder / "benchmarks" / "killed").exists()
    assert verdicts == {"one.time_kills_its_worker_once": "captured"}


def test_cluster_that_does_not_answer_is_told(workshop) -> None:
    pytest.importorskip("distributed")

    ending = workshop.bench("verify", ".", "--executor", "dask:tcp://127.0.0.1:9")
    workshop.bench("capture", ".", "--filter", "time_loop")
    unanswered = workshop.bench("verify", ".", "--executor", "dask:tcp://127.0.0.1:9")

    assert ending.code == 3
    assert unanswered.code == 2
    assert b"no Dask scheduler answers at tcp://127.0.0.1:9" in unanswered.err
