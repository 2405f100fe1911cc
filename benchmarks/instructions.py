"""Count the machine instructions that each hook adds per call, with valgrind: they repeat where times do not.

    python benchmarks/instructions.py
    python benchmarks/instructions.py --peers 'callbox:*' --workloads fib

Every program runs at two sizes, without and with the hook. The difference of the
differences holds neither start-up nor warm-up, only calls. The kernel's share, page
faults and cache misses are no instructions: read it beside the race, not instead.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from race import ENTRANTS, enter_all, select_names
from racing import micro
from racing.contestant import Contestant, nothing
from racing.machine import describe_machine
from racing.report import aligned
from racing.workloads import count_calls

PLAIN = "plain"
DEFAULT_PEERS = "profile-*,evaluator-*,monitoring-*,viztracer,cprofile,callbox:*"


@dataclass(frozen=True, slots=True)
class Program:
    """A program of any size, at the two sizes that are compared."""

    run: Callable[[int], object]
    small: int
    large: int
    per_c_call: bool = False

    def n_calls_between(self) -> int:
        """Return how many more calls the large run makes."""
        small, large = (count_calls(functools.partial(self.run, size)) for size in (self.small, self.large))
        return large.c - small.c if self.per_c_call else large.python - small.python


PROGRAMS = {
    "fib": Program(micro.fib, 14, 18),
    "c-calls": Program(micro.measure_words, 20, 150, per_c_call=True),
    "generators": Program(micro.sum_chain, 400, 3000),
    "methods": Program(micro.walk, 100, 900),
}


def run_child(name: str, program: Program, size: int) -> None:
    """Run one program of one size in this process, which valgrind watches."""
    contestant = Contestant(nothing, nothing)
    if name != PLAIN:
        [entrant] = [entrant for entrant in ENTRANTS if entrant.name == name]
        contestant = entrant.enter()
    gc.disable()
    contestant.start()
    program.run(size)
    contestant.stop()
    sys.stdout.flush()
    os._exit(0)  # what a peer does at exit is not of interest


def count_instructions(name: str, program: str, size: int) -> int:
    """Return the instructions of one run of a fresh interpreter."""
    child = [sys.executable, __file__, "--child", name, program, str(size)]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *child]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"{name} on {program} fails under valgrind: {done.stderr.strip()[-500:]}")
    return int(found[1])


def added_per_call(names: Sequence[str], program_name: str) -> dict[str, float]:
    """Return the instructions that each contestant adds per call; under `PLAIN` those of the program itself."""
    program = PROGRAMS[program_name]
    n_calls = program.n_calls_between()
    growth = {
        name: count_instructions(name, program_name, program.large)
        - count_instructions(name, program_name, program.small)
        for name in (PLAIN, *names)
    }
    added = {name: (grown - growth[PLAIN]) / n_calls for name, grown in growth.items()}
    return added | {PLAIN: growth[PLAIN] / n_calls}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default="*", help="names or globs, separated by commas")
    parser.add_argument("--peers", default=DEFAULT_PEERS, help="as in race.py (default %(default)s)")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, program, size = options.child
        run_child(name, PROGRAMS[program], int(size))
    if shutil.which("valgrind") is None:
        parser.error("valgrind is not installed: this count needs it")
    try:
        programs = select_names(options.workloads, list(PROGRAMS))
        wanted = select_names(options.peers, [entrant.name for entrant in ENTRANTS])
    except ValueError as error:
        parser.error(str(error))
    present, absent = enter_all([entrant for entrant in ENTRANTS if entrant.name in wanted])
    print("\n".join(f"{key}: {value}" for key, value in describe_machine().items()))
    columns = {program: added_per_call(list(present), program) for program in programs}
    rows = [["instructions per call", *programs]]
    rows += [[name, *(f"{columns[program][name]:.1f}" for program in programs)] for name in (PLAIN, *present)]
    print("", *aligned(rows), sep="\n")
    print("", *(f"left out: {name}: {reason}" for name, reason in absent.items()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
