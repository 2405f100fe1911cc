"""From a store of calls to verified test modules."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callbox.errors import CallboxError, GenerateError, NothingFoundError
from callbox.render.text import count
from callbox.testgen import outputs
from callbox.testgen.build import CaseBuilder, Variant, async_style
from callbox.testgen.call_files import CallFiles
from callbox.testgen.call_store import CallStore, StoredCall
from callbox.testgen.case import Case
from callbox.testgen.choose import choose
from callbox.testgen.constants import Constants
from callbox.testgen.model import MAIN
from callbox.testgen.module import Module
from callbox.testgen.module_folder import ModuleFolder
from callbox.testgen.mutate import mutate_functions
from callbox.testgen.outputs import Layout
from callbox.testgen.project_imports import as_main, importing_from
from callbox.testgen.report import Fate, Report, Verdict
from callbox.testgen.resolve import is_named
from callbox.testgen.setting import Settings
from callbox.testgen.verify import Conditions, Results, can_move_clock, merge_failures, run_tests
from callbox.testgen.vocabulary import Vocabulary

_PLAIN = Variant()
_MAX_FINAL_RUNS = 3


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """What to generate.

    Attributes:
        layout: where test modules go.
        functions: names and globs, as for a recording; empty for all.
        limit: tests of each function at most; 0 for all.
        is_verified: run every test before it is kept.
        n_mutants: how many mutants of the functions to try against the tests.
        replayed: globs of functions that only answer in tests, as they did when the calls were recorded.
        root: the project's folder, where pytest runs.
    """

    layout: Layout
    functions: tuple[str, ...] = ()
    limit: int = 10
    is_verified: bool = True
    n_mutants: int = 0
    replayed: tuple[str, ...] = ()
    root: Path = field(default_factory=Path.cwd)


class Generator:
    """One run of `gen`."""

    def __init__(self, options: GenerateOptions, say: Callable[[str], None] = lambda _: None) -> None:
        """Prepare.

        Args:
            options: what to generate.
            say: told what is being done, now and then.
        """
        self._options = options
        self._say = say
        self._report = Report(is_verified=options.is_verified)
        self._stored: dict[int, StoredCall] = {}
        self._lines: dict[int, frozenset[tuple[str, int]]] = {}
        self._folder = ModuleFolder(options.layout, options.root, (), self._stored)
        self._builders: dict[str | None, CaseBuilder] = {}
        self._async_style = async_style()
        self._constants = Constants()
        self._settings = Settings(())

    def run(self, store: CallStore | CallFiles) -> Report:
        """Generate tests from the calls in a store.

        Raises:
            NothingFoundError: there are no calls.
            GenerateError: a file cannot be written, or pytest not be run.
        """
        started, options = time.perf_counter(), self._options
        with importing_from({options.root}):
            recorded = list(store.calls())
            calls = [c for c in recorded if not options.functions or is_named(c.call.target, options.functions)]
        if not calls:
            of = f" of {', '.join(options.functions)}" if recorded else ""
            raise NothingFoundError(f"{store.folder} has no calls{of}: record some by callbox record")
        self._settings = Settings(stored.call for stored in recorded)
        self._warn_of_unknown_mocks(calls)
        for target, n_seen, _ in store.targets():
            self._report.n_seen[target.full_name] = self._report.n_seen.get(target.full_name, 0) + n_seen
        roots = {outputs.root_of(c.call.target) for c in calls}
        with importing_from(roots):
            cases = self._build_all(self._without_duplicates(calls))
            path_lines = outputs.path_lines(filter(outputs.needs_path, roots), options.layout.folder)
            self._folder = ModuleFolder(options.layout, options.root, path_lines, self._stored)
            if self._options.is_verified:
                cases = self._verify(cases)
            self._write(self._choose(cases))
            self._mutate()
        self._report.verdicts.sort(key=lambda v: (v.function, v.fate, v.reason, v.id))
        self._report.duration_s = time.perf_counter() - started
        return self._report

    def _warn_of_unknown_mocks(self, calls: Sequence[StoredCall]) -> None:
        for glob in self._options.replayed:
            if not any(is_named(inner.target, [glob]) for stored in calls for inner in stored.call.inner):
                note = f"nothing was recorded to mock {glob} by: record with --mock '{glob}'"
                self._report.notes.append(note)

    def _without_duplicates(self, calls: Sequence[StoredCall]) -> list[StoredCall]:
        """Drop calls that differ in nothing that a test would show."""
        kept: dict[tuple[object, ...], StoredCall] = {}
        for stored in calls:
            call = stored.call
            inner = tuple((i.target, i.arguments, i.end) for i in call.inner) if self._options.replayed else ()
            shown = call.outcome, call.refusal, call.stdout, call.stderr, call.effects
            key = call.target.full_name, call.arguments, call.end, shown, inner
            first = kept.setdefault(key, stored)
            self._stored[stored.id] = stored
            if first is not stored:
                self._decide(stored.id, Fate.DUPLICATE, "the same arguments and the same outcome as another call")
        return list(kept.values())

    def _decide(self, call_id: int, fate: Fate, reason: str) -> None:
        call = self._stored[call_id].call
        self._report.verdicts.append(Verdict(call_id, call.target.full_name, fate, reason, call.n_seen))

    # Building

    def _build_all(self, calls: Sequence[StoredCall]) -> list[Case]:
        self._say(f"building tests of {count(len(calls), 'call')}")
        cases: dict[tuple[object, ...], Case] = {}
        for stored in calls:
            try:
                case = self._build(stored, _PLAIN)
                self._check_portable(case)
            except CallboxError as error:
                self._decide(stored.id, Fate.REFUSED, str(error))
                continue
            if cases.setdefault((case.function, *case.text), case) is not case:
                self._decide(stored.id, Fate.DUPLICATE, "the same test as that of another call")
        return list(cases.values())

    def _build(self, stored: StoredCall, variant: Variant) -> Case:
        target = stored.call.target
        main = target.import_module if target.module == MAIN else None
        builder = self._builders.get(main)
        if builder is None:
            vocabulary = Vocabulary(self._constants, main)
            builder = self._builders[main] = CaseBuilder(
                vocabulary, self._constants, self._async_style, self._settings, self._options.replayed
            )
        with as_main(main):
            try:
                return builder.build(stored, variant)
            except CallboxError:
                raise
            except Exception as error:
                raise GenerateError(f"its values cannot be worked with: {type(error).__name__}: {error}") from error

    def _check_portable(self, case: Case) -> None:
        """Refuse what would pass in this checkout alone."""
        target = self._stored[case.id].call.target
        texts = list(case.texts())
        for root in sorted({self._options.root.resolve(), outputs.root_of(target)} - {Path("/")}):
            # `/app` is a checkout, and what "http://host/app" and "/apple" hold is none
            path = re.compile(rf"(?<![\w.]){re.escape(str(root))}(?![\w-])")
            if any(map(path.search, texts)):
                raise GenerateError(f"it holds a path in this checkout, {root}")

    # Verifying

    def _verify(self, cases: list[Case]) -> list[Case]:
        """Run candidates; write those that fail in other ways; quarantine what still fails."""
        passed: dict[int, Case] = {}
        reasons: dict[int, str] = {}
        candidates = cases
        for n_round, variant in enumerate(_ROUNDS):
            if n_round:
                candidates = self._rewrite([case for case in cases if case.id in reasons], variant)
            if not candidates:
                continue
            self._say(
                f"verifying {count(len(candidates), 'test')} in fresh processes" + (", written anew" if n_round else "")
            )
            failures = self._try(candidates)
            for case in candidates:
                if case.id in failures:
                    reasons.setdefault(case.id, failures[case.id])
                else:
                    reasons.pop(case.id, None)
                    passed[case.id] = case
        for call_id, reason in reasons.items():
            self._decide(call_id, Fate.QUARANTINED, reason)
        passed |= self._needlessly_rewritten([c for c in cases if c.id in passed and passed[c.id] is not c])
        return list(passed.values())

    def _needlessly_rewritten(self, cases: list[Case]) -> dict[int, Case]:
        """Try tests as they were before they were written anew; return those that pass, by id.

        They failed for what another test had left behind. Whether they do beside the tests that
        are kept, the runs where they stand will tell.
        """
        if not cases:
            return {}
        self._say(f"verifying whether {count(len(cases), 'test')} had to be written anew")
        failures = self._try(cases)
        return {case.id: case for case in cases if case.id not in failures}

    def _rewrite(self, failed: Sequence[Case], variant: Variant) -> list[Case]:
        """Write cases in another way, those for which that makes a difference."""
        rewritten = []
        for case in failed:
            with contextlib.suppress(CallboxError):
                other = self._build(self._stored[case.id], variant)
                if other.form != case.form:
                    rewritten.append(other)
        return rewritten

    def _try(self, cases: list[Case]) -> dict[int, str]:
        """Return the cases that fail in one of two fresh processes, with the reason."""
        parent = self._options.layout.folder.parent
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="candidates_", dir=parent))
        try:
            modules = self._folder.modules(cases)
            self._folder.write_elsewhere(folder, modules)
            traced = frozenset(self._stored[case.id].call.target.filename for case in cases)
            first, second = self._run_twice(folder, traced)
            failures = self._failures(modules, first, second)
            broken = {**first.broken, **second.broken}
            suspects = {call_id for file in broken if file in modules for call_id in modules[file].places}
            known = {call_id: reason for call_id, reason in failures.items() if call_id not in suspects}
            return {**known, **self._try_alone([c for c in cases if c.id in suspects], folder)}
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run_twice(self, folder: Path, traced: frozenset[str] = frozenset()) -> tuple[Results, Results]:
        """Run tests under conditions that have nothing in common: here it is always another day than there."""
        here = Conditions(1, 0, "Etc/GMT+12", traced=traced)
        there = Conditions(4242, 7, "Etc/GMT-14", moves_clock=can_move_clock())
        return run_tests([folder], self._options.root, here), run_tests([folder], self._options.root, there)

    def _failures(self, modules: dict[str, Module], first: Results, second: Results) -> dict[int, str]:
        failed = merge_failures([first, second])
        failures: dict[int, str] = {}
        for file, module in modules.items():
            for call_id, spot in module.places.items():
                key = file, spot.test_name, spot.row
                if key in failed:
                    failures[call_id] = failed[key]
                elif key in first.passed and key in second.passed:
                    self._lines[call_id] = first.passed[key]
                else:
                    failures[call_id] = "it did not run"
        return failures

    def _try_alone(self, cases: list[Case], folder: Path) -> dict[int, str]:
        """Try each case in a module of its own; return those that fail, with the reason."""
        if not cases:
            return {}
        alone = self._folder.alone(cases, folder)
        shutil.rmtree(folder, ignore_errors=True)
        self._folder.write_elsewhere(folder, alone)
        first, second = self._run_twice(folder)
        failures = self._failures(alone, first, second)
        reasons = {**first.broken, **second.broken}
        for file, module in alone.items():
            if file in reasons:
                failures.update(dict.fromkeys(module.places, reasons[file]))
        return failures

    def _mutate(self) -> None:
        """See which mutants the tests notice that were written."""
        report, root = self._report, self._options.root
        tests = [
            str(Path(f).relative_to(root)) for f in (*report.files, *report.unchanged) if Path(f).is_relative_to(root)
        ]
        if not self._options.n_mutants or not tests:
            return
        tested = {v.id for v in report.verdicts if v.fate is Fate.TEST}
        targets = {self._stored[call_id].call.target for call_id in tested}
        report.mutation = mutate_functions(root, targets, tests, self._options.n_mutants, self._say)
        if not report.mutation["mutants"]:
            report.notes.append(f"no mutants: none of the functions is written in a file below {root}")

    # Writing

    def _choose(self, cases: list[Case]) -> list[Case]:
        by_function: dict[str, list[Case]] = {}
        for case in cases:
            by_function.setdefault(case.function, []).append(case)
        chosen = [c for group in by_function.values() for c in choose(group, self._lines, self._options.limit)]
        taken = {case.id for case in chosen}
        for case in cases:
            if case.id not in taken:
                self._decide(case.id, Fate.NOT_CHOSEN, f"{self._options.limit} tests of it show more behaviour")
        return chosen

    def _write(self, cases: list[Case]) -> None:
        """Write the modules; run them where they stand; take out what fails there."""
        layout, report = self._options.layout, self._report
        modules: dict[str, Module] = {}
        written: set[str] = set()
        for n_left in reversed(range(_MAX_FINAL_RUNS + 1)):
            before = modules
            modules = {f: m for f, m in self._folder.modules(cases).items() if not outputs.is_edited(layout.folder / f)}
            for file in (before.keys() - modules.keys()) & written:
                (layout.folder / file).unlink()
            written |= self._folder.replace(modules)
            if not self._options.is_verified or not modules or not n_left:
                break
            self._say(f"running {count(len(cases), 'test')} in place, in order and shuffled")
            files = [layout.folder / f for f in modules]
            ordered, shuffled = (run_tests(files, self._options.root, Conditions(seed=seed)) for seed in (0, 23))
            failures = self._failures(modules, ordered, shuffled)
            if not failures:
                break
            for call_id, reason in failures.items():
                self._decide(call_id, Fate.QUARANTINED, f"beside the others: {reason}")
            cases = [case for case in cases if case.id not in failures]
        self._folder.remove_unused_data()
        laid_out = self._folder.modules(cases)
        report.left = sorted(str(layout.folder / f) for f in laid_out.keys() - modules.keys())
        report.files = [str(layout.folder / f) for f in modules if f in written]
        report.unchanged = [str(layout.folder / f) for f in modules if f not in written]
        for file, module in laid_out.items():
            for call_id, spot in module.places.items():
                self._decide(call_id, Fate.TEST, f"{file}::{spot.test_name}[{spot.row}]")


_ROUNDS = (
    _PLAIN,
    Variant(has_setting=True),
    Variant(has_setting=True, is_close=True, has_message=False, has_inner_arguments=False),
    Variant(has_setting=True, has_frozen_time=True),
    Variant(has_setting=True, has_frozen_time=True, has_time_zone=True),
)
