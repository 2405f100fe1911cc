"""Race callbox against its floors and its peers, side by side in one run.

python benchmarks/race.py
python benchmarks/race.py --workloads fib,json --peers 'callbox:*,profile-*' --rounds 30
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path

from racing.contestant import AbsentError, Contestant, Entrant
from racing.engines import ENGINES
from racing.floors import FLOORS
from racing.machine import describe_machine
from racing.peers import PEERS
from racing.plot import write_svg
from racing.report import report_lines, write_json
from racing.results import Heat, RaceResult
from racing.timing import Plan, run_heats
from racing.workloads import WORKLOADS, CallCount, Workload, count_calls

ENTRANTS = (*FLOORS, *PEERS, *ENGINES)


def select_names(patterns: str, names: Sequence[str]) -> list[str]:
    """Return the names that a comma-separated list of globs selects, in their own order.

    Raises:
        ValueError: a pattern selects nothing.
    """
    wanted: set[str] = set()
    for pattern in patterns.split(","):
        matched = fnmatch.filter(names, pattern.strip())
        if not matched:
            raise ValueError(f"{pattern!r} names none of: {', '.join(names)}")
        wanted.update(matched)
    return [name for name in names if name in wanted]


def enter_all(entrants: Sequence[Entrant]) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Make the contestants; return them and, for the others, why they are left out."""
    present: dict[str, Contestant] = {}
    absent: dict[str, str] = {}
    for entrant in entrants:
        try:
            present[entrant.name] = entrant.enter()
        except AbsentError as error:
            absent[entrant.name] = str(error)
    return present, absent


def run_race(workloads: Sequence[Workload], entrants: Sequence[Entrant], plan: Plan) -> RaceResult:
    """Run every contestant on every workload."""
    machine = describe_machine()
    present, absent = enter_all(entrants)
    counts: dict[str, CallCount] = {}
    heats: list[Heat] = []
    for workload in workloads:
        work = workload.prepare()
        count = counts[workload.name] = count_calls(work)
        n_calls = count.c if workload.per_c_call else count.python
        print(f"{workload.name} ...", file=sys.stderr, flush=True)
        rounds = run_heats(work, list(present.values()), 2 * count.python, plan)
        heats += [Heat(name, workload.name, n_calls, samples) for name, samples in zip(present, rounds, strict=True)]
    return RaceResult(
        machine=machine,
        heats=tuple(heats),
        counts=counts,
        kinds={workload.name: workload.kind for workload in workloads},
        floors={entrant.name: entrant.floor for entrant in entrants if entrant.floor},
        absent=absent,
    )


def _parser() -> argparse.ArgumentParser:
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default="*", help="names or globs, separated by commas")
    parser.add_argument("--peers", default="*", help="names or globs of floors, peers and callbox engines")
    parser.add_argument("--rounds", type=int, default=plan.rounds, help="at most so many rounds (default %(default)s)")
    parser.add_argument(
        "--budget", type=float, default=plan.budget_s, help="seconds per contestant and workload (default %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a plot (needs matplotlib)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: at least one round is needed")
    for path in (options.json, options.svg):
        if path and not path.parent.is_dir():
            parser.error(f"{path}: there is no folder {path.parent}, make it first")
    try:
        workload_names = select_names(options.workloads, [workload.name for workload in WORKLOADS])
        entrant_names = select_names(options.peers, [entrant.name for entrant in ENTRANTS])
    except ValueError as error:
        parser.error(str(error))
    plan = Plan(options.rounds, min(options.rounds, Plan().min_rounds), options.budget)
    result = run_race(
        [workload for workload in WORKLOADS if workload.name in workload_names],
        [entrant for entrant in ENTRANTS if entrant.name in entrant_names],
        plan,
    )
    print("\n".join(report_lines(result)))
    if options.json:
        write_json(result, options.json)
    if options.svg:
        write_svg(result, options.svg)
    return 0 if result.heats else 3


if __name__ == "__main__":
    sys.exit(main())
