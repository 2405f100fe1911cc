"""What `callbox bench capture` keeps, and what it says of benchmarks that it cannot keep."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.patience import TIMEOUT_S


@pytest.fixture(scope="module")
def findings(captured):
    document = json.loads((captured / "capture.json").read_text())
    return {finding["id"]: finding for finding in document["findings"]}


@pytest.fixture(scope="module")
def entries(captured):
    read = [json.loads(path.read_text()) for path in (captured / ".snapshots" / "cases").iterdir()]
    return {entry["id"]: entry for entry in read}


def names_of(entry):
    return [part["name"] for part in entry["parts"]]


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ("features.Totals.time_total(10)", "captured"),
        ("features.Totals.time_total(100)", "captured"),
        ("features.MoreTotals.time_total(5)", "captured"),
        ("features.Product.time_sort_in_place(1, 'b')", "captured"),
        ("features.Product.time_sort_in_place(2, 'a')", "skipped"),
        ("features.Product.time_sort_in_place(2, 'b')", "skipped"),
        ("features.Cached.time_find", "captured"),
        ("features.Cached.track_file", "captured"),
        ("features.time_skips_itself", "skipped"),
        ("features.time_nothing", "vacuous"),
        ("features.time_unstable", "unstable"),
        ("features.time_generator", "unsupported"),
        ("features.timeraw_with_setup", "captured"),
        ("renamed.time_words", "captured"),
    ],
)
def test_each_case_has_its_verdict(findings, case, verdict) -> None:
    assert findings[case]["verdict"] == verdict
    assert (findings[case]["seconds"] > 0) == (verdict != "skipped")


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("features.Totals.track_total(10)", ["result"]),
        ("features.MoreTotals.time_two_values(5)", ["first", "second", "line 62"]),
        ("features.Product.time_sort_in_place(1, 'a')", ["self.values"]),
        ("features.Totals.peakmem_group(10)", ["groups", "self.n_groups"]),
        ("features.time_printed", ["stdout"]),
        ("features.timeraw_import", ["found"]),
        ("features.time_seeded", ["result"]),
    ],
)
def test_what_a_body_computes_is_kept_by_name(entries, case, names) -> None:
    assert names_of(entries[case]) == names


def test_time_randomness_and_entropy_are_the_same_in_every_process(entries) -> None:
    assert entries["features.time_seeded"].get("unstable", []) == []


def test_only_the_part_that_differs_between_runs_is_masked(entries) -> None:
    assert entries["features.time_partly_unstable"]["unstable"] == ['result["identity"]']


def test_entry_says_what_was_run_where(entries) -> None:
    entry = entries["features.time_loop"]

    assert entry["callees"] == ["shop.prices.cumulative"]
    assert entry["n_calls"] == [21, 21]
    assert [source["module"] for source in entry["sources"]] == ["shop", "shop.prices"]
    assert entry["origin"]["hash_seed"] == 0


def test_equal_values_share_a_blob(entries) -> None:
    shared = {
        entries[f"features.{name}"]["parts"][0]["digest"]
        for name in ("Totals.time_total(10)", "Totals.track_total(10)")
    }

    assert len(shared) == 1


def test_benchmarks_that_end_badly_fail_alone(workshop) -> None:
    code, findings = workshop.findings("capture", ".", "--filter", "trouble", "--memory-mb", "1500")

    found = {case.rpartition("_")[2]: (f["verdict"], f.get("reason", "")) for case, f in findings.items()}
    assert code == 1
    assert found["raises"][0] == "failed"
    assert found["raises"][1].startswith("ValueError: a benchmark that raises, ")
    assert found["segfault"] == ("failed", "its process was killed by SIGSEGV")
    assert found["exit"] == ("failed", "its process ended with exit code 3")
    assert found["forever"][0] == "timeout"
    assert found["hungry"][0] == "failed"
    assert found["hungry"][1].startswith("MemoryError")
    assert found["noisy"] == ("captured", "")
    assert found["behind"] == ("captured", "")


ALONE = """
import os, subprocess, sys
from pathlib import Path

def time_alone():
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    with open(os.environ["SLEEPERS"], "a") as file:
        print(sleeper.pid, file=file)
    Path("left.txt").touch()
    return sys.stdin.read()
"""


def has_ended(process_id: int) -> bool:
    """Wait until a process that was killed is gone, or waits for a parent that does not ask."""
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s:
        try:
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_benchmark_has_a_folder_of_its_own_no_input_and_what_it_starts_is_killed(workshop, tmp_path_factory) -> None:
    workshop.only(ALONE)
    sleepers = tmp_path_factory.mktemp("sleepers") / "sleepers"

    ending = workshop.desk.callbox("bench", "capture", ".", stdin=b"never read", SLEEPERS=str(sleepers))

    process_ids = [int(line) for line in sleepers.read_text().split()]
    assert (ending.code, ending.out) == (0, b"1 captured\n")
    assert [has_ended(each) for each in process_ids] == [True] * len(process_ids)
    assert len(process_ids) >= 2
    assert list(workshop.desk.folder.rglob("left.txt")) == []


def test_pickles_are_made_of_the_classes_that_were_named_alone(workshop) -> None:
    workshop.only("import random\n\nclass Dice(random.Random): pass\n\ndef time_dice():\n    return Dice(3)\n")

    refused = workshop.verdicts("capture", ".")
    captured = workshop.verdicts("capture", ".", "--fresh", "--pickle", "*.Dice")
    unread, read = workshop.verdicts("verify", "."), workshop.verdicts("verify", ".", "--pickle", "*.Dice")

    verdicts = [list(each.values()) for each in (refused, captured, unread, read)]
    assert verdicts == [["unsupported"], ["captured"], ["mismatch"], ["verified"]]


def test_broken_modules_are_named_and_leave_nothing(workshop, tmp_path_factory) -> None:
    workshop.only("def time_one():\n    return 1\n")
    workshop.desk.write("benchmarks/broken.py", "def time_x(:\n")
    workshop.desk.write("benchmarks/exits.py", "import os\nos._exit(7)\n")
    workshop.desk.write("benchmarks/endless.py", "while True: pass\n")
    temporary = tmp_path_factory.mktemp("temporary")

    ending = workshop.bench("capture", ".", "--json", "--timeout", "3", TMPDIR=str(temporary))

    document = json.loads(ending.out)
    broken = {module["module"]: module["reason"] for module in document["broken"]}
    assert ending.code == 1
    assert document["summary"] == "1 captured, 3 broken modules"
    assert broken["benchmarks.broken"].startswith("SyntaxError")
    assert broken["benchmarks.exits"] == "the process of module benchmarks.exits died with exit code 7"
    assert broken["benchmarks.endless"].startswith("its module takes longer than 3 s to import")
    assert list(temporary.iterdir()) == []


def test_list_names_what_there_is_but_what_is_excluded_and_what_cannot_be_imported(workshop) -> None:
    workshop.only("def time_one():\n    return 1\n\n\ndef time_two():\n    return 2\n")
    workshop.desk.write("callbox.toml", "[bench]\nexclude = ['time_t.o']\n")
    workshop.desk.write("benchmarks/broken.py", "def time_x(:\n")

    ending = workshop.bench("list", ".")

    assert ending.code == 0
    assert ending.out.startswith(b"one.time_one  time\nbroken       benchmarks.broken\n    SyntaxError: ")


def test_interrupted_capture_goes_on_where_it_was(workshop) -> None:
    workshop.only("import time\n\nparams = list(range(20))\n\n\ndef time_n(n):\n    time.sleep(0.05)\n    return n\n")
    cases = workshop.desk.folder / ".snapshots" / "cases"
    command = [sys.executable, "-P", "-m", "callbox", "bench", "capture", ".", "--jobs", "1"]
    with subprocess.Popen(
        command, cwd=workshop.desk.folder, env=workshop.desk.environ, stdout=subprocess.DEVNULL
    ) as first:
        wait_for(cases, 1)
        first.kill()
    kept = {path.name: path.read_bytes() for path in cases.glob("*.json")}

    _, findings = workshop.findings("capture", ".")

    assert 0 < len(kept) < 20
    assert len(findings) == 20
    assert {path.name: path.read_bytes() for path in cases.glob("*.json") if path.name in kept} == kept
    assert not (workshop.desk.folder / ".snapshots" / "unfinished.json").exists()


ENDLESS = """
import os
import time
from pathlib import Path

params = list(range(4))


def time_endless(n):
    Path({folder!r}, f"{{os.getpid()}}.json").touch()
    time.sleep(3600)


time_endless.timeout = 3600
"""


def test_capture_that_is_interrupted_ends_at_once_with_what_it_runs(workshop, tmp_path_factory) -> None:
    running = tmp_path_factory.mktemp("running")
    workshop.only(ENDLESS.format(folder=str(running)))
    command = [sys.executable, "-P", "-m", "callbox", "bench", "capture", "."]
    with subprocess.Popen(command, cwd=workshop.desk.folder, env=workshop.desk.environ) as capturing:
        wait_for(running, 2)
        capturing.send_signal(signal.SIGINT)
        code = capturing.wait(TIMEOUT_S)

    assert code == 130
    assert len(list(running.iterdir())) == 2
    assert all(has_ended(int(path.stem)) for path in running.iterdir())


def wait_for(folder, n_files) -> None:
    deadline = time.monotonic() + 50
    while len(list(folder.glob("*.json"))) < n_files:
        assert time.monotonic() < deadline
        time.sleep(0.002)
