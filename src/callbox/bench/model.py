"""The words of benchmark verification: cases, what a run of one computed, what is kept of it, verdicts."""

from __future__ import annotations

import enum
import shlex

import msgspec


class Status(enum.StrEnum):
    """How a run of a case ended."""

    OK = "ok"
    SKIPPED = "skipped"
    """Its setup raised NotImplementedError, or its parameters are among those to skip."""
    FAILED = "failed"
    """It raised, or its process died."""
    TIMEOUT = "timeout"


class Verdict(enum.StrEnum):
    """What is known of a case. Only `VERIFIED` means that it still computes the same."""

    CAPTURED = "captured"
    VERIFIED = "verified"
    MISMATCH = "mismatch"
    SUSPICIOUS = "suspicious"
    """It computes the same, but no longer in the way it did: the harness or the answer may be faked."""
    VACUOUS = "vacuous"
    """It computes nothing that can be seen: there is nothing to compare."""
    UNSTABLE = "unstable"
    """Two runs of the same code computed different things."""
    UNSUPPORTED = "unsupported"
    """It computes something that cannot be encoded."""
    MISSING = "missing"
    """Nothing was captured of it."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"


WRONG = frozenset({Verdict.MISMATCH, Verdict.SUSPICIOUS, Verdict.FAILED, Verdict.TIMEOUT})
"""Verdicts that make the answer no."""
UNKNOWN = frozenset({Verdict.VACUOUS, Verdict.UNSTABLE, Verdict.UNSUPPORTED, Verdict.MISSING})
"""Verdicts that make no answer."""


class Benchmark(msgspec.Struct, frozen=True):
    """One benchmark of a suite, as ASV knows it.

    Attributes:
        name: ASV's name, e.g. `sorting.Suite.time_sort`.
        type: "time", "timeraw", "memory", "peakmemory" or "track".
        module: the name it is imported by, relative to the suite's folder.
        params: representations of the values of each parameter.
        param_names: names of the parameters.
        timeout_s: seconds that it may take; None for the default.
        version: hash of its source, or the version it states.
        pretty_name: what it calls itself, or empty.
        line: where its function begins in its file; 0 where that names no value.
    """

    name: str
    type: str
    module: str
    params: tuple[tuple[str, ...], ...] = ()
    param_names: tuple[str, ...] = ()
    timeout_s: float | None = None
    version: str = ""
    pretty_name: str = ""
    line: int = 0

    def cases(self) -> list[Case]:
        """List a case for each combination of parameters, in ASV's order."""
        n_cases = 1
        for values in self.params:
            n_cases *= len(values)
        return [Case(self, index) for index in range(n_cases)]


class Case(msgspec.Struct, frozen=True):
    """A benchmark with one combination of parameters; `index` counts them, the last parameter fastest."""

    benchmark: Benchmark
    index: int

    @property
    def parameters(self) -> tuple[str, ...]:
        """Representations of the values of its parameters."""
        chosen = []
        rest = self.index
        for values in reversed(self.benchmark.params):
            rest, position = divmod(rest, len(values))
            chosen.append(values[position])
        return tuple(reversed(chosen))

    @property
    def id(self) -> str:
        """Its name with its parameters, e.g. `sorting.Suite.time_sort(100, 'random')`."""
        parameters = self.parameters
        return f"{self.benchmark.name}({', '.join(parameters)})" if parameters else self.benchmark.name


class BrokenModule(msgspec.Struct, frozen=True):
    """A module of a suite that cannot be imported."""

    module: str
    reason: str


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a case computed.

    Attributes:
        name: `result`, `line 12`, a variable, `self.x`, a parameter, `stdout` or `deepest f`.
        digest: of its exact encoding; empty if it was refused.
        size_bytes: of its encoding.
        refused: why it has no encoding; else empty.
        secret: what in it looks like one, so that its hash alone is kept; else empty.
        data: the encoding; left out where whoever asked knows the digest.
    """

    name: str
    digest: str = ""
    size_bytes: int = 0
    refused: str = ""
    secret: str = ""
    data: bytes = b""


class Source(msgspec.Struct, frozen=True):
    """A module of the code under test that was really imported: where it lies and what it holds.

    Attributes:
        module: its name.
        path: of its file, relative to the project's folder or to that of `site-packages` where it lies in one.
        sha256: of its content.
    """

    module: str
    path: str
    sha256: str


class Run(msgspec.Struct, frozen=True):
    """What one run of a case computed, in a process of its own.

    Attributes:
        status: how it ended.
        reason: of anything but "ok": one line.
        parts: what it computed, in the order of the program.
        callees: functions that its body called itself, by full name, sorted.
        n_calls: Python calls under its body in this process's first and second execution; the second is
            -1 where there was none.
        sources: modules of the code under test.
        seconds: wall time of the body, first execution.
        trace: a box of its calls, where asked for.
    """

    status: Status
    reason: str = ""
    parts: tuple[Part, ...] = ()
    callees: tuple[str, ...] = ()
    n_calls: tuple[int, int] = (0, -1)
    sources: tuple[Source, ...] = ()
    seconds: float = 0.0
    trace: bytes = b""


class Origin(msgspec.Struct, frozen=True):
    """Where and how a snapshot was taken."""

    taken_at: str
    commit: str
    is_dirty: bool
    python: str
    platform: str
    packages: dict[str, str]
    seed: int
    hash_seed: int
    frozen_time: str


ENTRY_FORMAT = 1


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a snapshot keeps of a case; the parts' data lie among the blobs.

    Attributes:
        id: of the case.
        benchmark: its benchmark's name.
        version: of the benchmark's source.
        verdict: captured, vacuous, unstable, unsupported, failed, timeout or skipped.
        reason: of anything but "captured".
        parts: without data.
        unstable: paths that differed between two runs; they are not compared.
        callees, n_calls, sources: of the run.
        trace: digest of a box of its calls, or empty.
        line: where the benchmark's function began; 0 in entries of before that was kept.
        origin: of the snapshot.
        format: version of this structure.
    """

    id: str
    benchmark: str
    version: str
    verdict: Verdict
    origin: Origin
    format: int
    reason: str = ""
    parts: tuple[Part, ...] = ()
    unstable: tuple[str, ...] = ()
    callees: tuple[str, ...] = ()
    n_calls: tuple[int, int] = (0, -1)
    sources: tuple[Source, ...] = ()
    trace: str = ""
    line: int = 0


class Finding(msgspec.Struct, frozen=True):
    """The verdict on a case.

    Attributes:
        id: of the case.
        benchmark: its benchmark's name.
        verdict: what it is.
        reason: why, in one line.
        differences: the first ones, each `path: actual != expected (magnitude)`.
        n_differences: all of them.
        unstable: paths that were not compared.
        notes: what a reader should know besides.
        seconds: wall time of its body.
        boxes: recordings of the run that was captured and of the one that differs, if it was explained.
    """

    id: str
    benchmark: str
    verdict: Verdict
    reason: str = ""
    differences: tuple[str, ...] = ()
    n_differences: int = 0
    unstable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    boxes: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and how to look at the recordings."""
        shown = (f"both runs: {shlex.join(('callbox', 'view', *self.boxes))}",) if self.boxes else ()
        return (*self.notes[:1], *shown, *self.notes[1:])
