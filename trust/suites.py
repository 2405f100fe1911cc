"""A project's own tests, alone and recorded in every way there is: each must end as it does alone.

    python trust/suites.py GLOB [PYTEST ARGUMENTS...]

Run in the project's folder, with the project, pytest and callbox installed. GLOB names the project's modules, of which
values are recorded; calls are recorded of everything. A test that ends otherwise is tried once more; what differs again
is a finding. Exit code: 0 if there is none.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

TIMEOUT_S = 1800


def ways(glob: str, folder: Path) -> dict[str, list[str]]:
    """Return the words before `-m pytest` or, of plugins, after it, by what they are called."""
    run = ["-m", "callbox", "run", "-q", "-o", str(folder / "box.cbx")]
    return {
        "calls": [*run, "-i", "*", "--"],
        "values": [*run, "--mode", "trace", "-i", glob, "--"],
        "setprofile, C calls": [*run, "--engine", "setprofile", "--c-calls", "-i", "*", "--"],
        "record": ["-m", "callbox", "record", glob, "--storage-dir", str(folder / "calls"), "--"],
        "plugins": ["--callbox", "--callbox-failures", "--callbox-telemetry"],
    }


def outcomes(words: Sequence[str], tests: Sequence[str], folder: Path) -> tuple[dict[str, str], float]:
    """Run the tests; return how each ended, and the seconds of processor time that it all took."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit1"]
    before, after = (words, ()) if words[:1] == ["-m"] else ((), words)
    command = [sys.executable, *before, "-m", "pytest", *tests, *options, *after]
    began = os.times()
    with (folder / "log").open("wb") as log:
        null = subprocess.DEVNULL
        subprocess.run(command, timeout=TIMEOUT_S, check=False, stdin=null, stdout=log, stderr=log)
    ended = os.times()
    if not report.exists():
        raise SystemExit(f"pytest wrote no report:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        parts = {part.tag for part in case} & {"failure", "error", "skipped"}
        found[f"{case.get('classname')}::{case.get('name')}"] = ",".join(sorted(parts)) or "passed"
    seconds = ended.children_user + ended.children_system - began.children_user - began.children_system
    return found, seconds


def main() -> int:
    """Run all, print a line for each way, and the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("glob", metavar="GLOB", help="the project's modules")
    options, tests = parser.parse_known_args()
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, seconds = outcomes([], tests, folder)
        counts = ", ".join(f"{n} {outcome}" for outcome, n in Counter(alone.values()).most_common())
        print(f"{'alone':20} {counts}; {seconds:.1f} s of processor time")
        for way, words in ways(options.glob, folder).items():
            recorded, seconds = outcomes(words, tests, folder)
            suspects = differing(alone, recorded)
            if suspects:
                recorded, _ = outcomes(words, tests, folder)
                suspects &= differing(alone, recorded)
            findings += [f"{way}: {test}: {alone.get(test)} alone, {recorded.get(test)}" for test in sorted(suspects)]
            print(f"{way:20} {len(suspects)} differ; {seconds:.1f} s", flush=True)
    for finding in findings:
        print(f"FINDING {finding}")
    return int(bool(findings))


def differing(alone: dict[str, str], recorded: dict[str, str]) -> set[str]:
    """Return the tests that did not end as they did alone."""
    return {test for test in {*alone, *recorded} if alone.get(test) != recorded.get(test)}


if __name__ == "__main__":
    sys.exit(main())
