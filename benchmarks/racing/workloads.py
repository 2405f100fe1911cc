"""What is run: small loops that are all calls, and real programs of the standard library."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from racing import micro, programs

MICRO = "micro"
PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Workload:
    """A deterministic piece of work of 10 to 100 ms.

    Attributes:
        prepare: make the input and return the work, which takes no argument, keeps
            nothing and returns the same every time.
        per_c_call: added time is divided by C calls, not by Python calls.
    """

    name: str
    kind: str
    prepare: Callable[[], Callable[[], object]]
    per_c_call: bool = False


WORKLOADS = (
    Workload("fib", MICRO, micro.fib_recursion),
    Workload("c-calls", MICRO, micro.c_calls, per_c_call=True),
    Workload("generators", MICRO, micro.generators),
    Workload("methods", MICRO, micro.methods),
    Workload("difflib", PROGRAM, programs.difflib_compare),
    Workload("_pydecimal", PROGRAM, programs.pydecimal_arithmetic),
    Workload("tokenize", PROGRAM, programs.tokenize_source),
    Workload("tomllib", PROGRAM, programs.tomllib_parse),
    Workload("html.parser", PROGRAM, programs.html_parse),
    Workload("argparse", PROGRAM, programs.argparse_commands),
    Workload("json", PROGRAM, programs.json_round_trip),
    Workload("ast.unparse", PROGRAM, programs.ast_unparse),
)


@dataclass(frozen=True, slots=True)
class CallCount:
    """Calls of one run, as `sys.setprofile` counts them.

    Attributes:
        python: Python functions entered; every resume of a generator counts.
        c: C functions called from Python code.
    """

    python: int
    c: int


def count_calls(run: Callable[[], object]) -> CallCount:
    """Count the calls of one run. `sys.setprofile` is a public yardstick, and exact."""
    counts: Counter[str] = Counter()

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        counts[event] += 1

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    own_setprofile_call = 1
    return CallCount(counts["call"], counts["c_call"] - own_setprofile_call)
