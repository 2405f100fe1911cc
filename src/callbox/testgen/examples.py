"""Recorded calls as examples that doctest runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callbox.errors import CallboxError
from callbox.testgen.call_form import form_call
from callbox.testgen.call_store import StoredCall
from callbox.testgen.case import fill
from callbox.testgen.constants import Constants
from callbox.testgen.model import Kind, Outcome, Target
from callbox.testgen.resolve import resolve
from callbox.testgen.vocabulary import Vocabulary
from callbox.values.exact import decode

_ALLOW = ("*",)
_MAX_CHARS = 72
_TIMEOUT_S = 60
_RUN = """
import contextlib, doctest, importlib, io, json, sys
results = []
for module, source in json.load(sys.stdin):
    try:
        scope = dict(vars(importlib.import_module(module)))
        test = doctest.DocTestParser().get_doctest(source, scope, "example", None, 0)
        with contextlib.redirect_stdout(io.StringIO()):
            results.append(doctest.DocTestRunner(verbose=False).run(test).failed == 0)
    except BaseException:
        results.append(False)
print(json.dumps(results))
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A call that an interpreter shows.

    Attributes:
        function: full name.
        module: what the example is run in.
        name: of what must be imported to run it elsewhere.
        source: an expression.
        want: what the interpreter prints; lines.
    """

    function: str
    module: str
    name: str
    source: str
    want: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The lines of the example."""
        return [f">>> {self.source}", *self.want]


def find_examples(calls: Sequence[StoredCall], n_each: int) -> dict[Target, list[Example]]:
    """Choose examples of each function: short ones, those with different outcomes first; all of them were run.

    Args:
        calls: recorded calls.
        n_each: how many of each function at most.
    """
    constants = Constants()
    vocabulary = Vocabulary(constants)
    found: dict[Target, list[Example]] = {}
    for stored in calls:
        constants.add_package(stored.call.target.module)
        try:
            example = _example_of(stored, vocabulary)
        except (CallboxError, RecursionError):
            continue
        if example is not None and example not in found.setdefault(stored.call.target, []):
            found[stored.call.target].append(example)
    passing = run_examples([example for examples in found.values() for example in examples])
    return {
        target: chosen
        for target, examples in found.items()
        if (chosen := _choose([example for example in examples if example in passing], n_each))
    }


def _example_of(stored: StoredCall, vocabulary: Vocabulary) -> Example | None:
    call = stored.call
    if call.refusal or call.effects or call.stderr or call.target.kind not in (Kind.FUNCTION, Kind.GENERATOR):
        return None
    access = resolve(call.target)
    if access.form not in ("function", "static", "class"):
        return None
    _, result = decode(call.end, allow=_ALLOW)
    form = form_call(call.target, access, decode(call.arguments, allow=_ALLOW), result)
    written = vocabulary.write(form.values, access, "example")
    if written.setup or written.side_files or len(written.imports) > 1:
        return None
    source = fill(form.expression, written.sources)
    if call.target.kind is Kind.GENERATOR:
        source, result = f"list({source})", result[0]
    want = _want(call.outcome, result, call.stdout)
    if want is None or "\n" in source or any(len(line) > _MAX_CHARS for line in (source, *want)):
        return None
    name = access.path.partition(".")[0]
    return Example(call.target.import_name, access.module, name, source, want)


def _want(outcome: Outcome, result: Any, stdout: str) -> tuple[str, ...] | None:
    if outcome is Outcome.RAISED:
        error, message = result
        if not message or "\n" in message:
            return None
        name = error.__qualname__ if error.__module__ == "builtins" else f"{error.__module__}.{error.__qualname__}"
        return "Traceback (most recent call last):", "    ...", f"{name}: {message}"
    try:
        shown = "" if result is None else repr(result)
    except Exception:
        return None
    lines = [*stdout.splitlines(), *([shown] if shown else [])]
    is_plain = "\n" not in shown and " at 0x" not in shown and all(line.strip() for line in lines)
    return tuple(lines) if is_plain else None


def _choose(examples: list[Example], n_each: int) -> list[Example]:
    ordered = sorted(examples, key=lambda e: (len(e.source) + len("".join(e.want)), e.source))
    kinds: dict[str, list[Example]] = {}
    for example in ordered:
        kind = example.want[-1].partition(":")[0] if "Traceback" in "".join(example.want) else "result"
        kinds.setdefault(kind, []).append(example)
    chosen = [group[0] for group in kinds.values()][:n_each]
    chosen += [example for example in ordered if example not in chosen][: n_each - len(chosen)]
    return sorted(chosen, key=ordered.index)


def run_examples(examples: Sequence[Example]) -> set[Example]:
    """Run examples in a fresh process; return those that show what they say."""
    texts = [(example.module, "\n".join(example.lines) + "\n") for example in examples]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n{_RUN}"]
    try:
        done = subprocess.run(
            command, input=json.dumps(texts), capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
        results = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return set()
    return {example for example, is_right in zip(examples, results, strict=True) if is_right}


def markdown_of(examples: Iterable[Example]) -> str:
    """Return examples as a block of Markdown, with the imports that they need."""
    examples = list(examples)
    imports = sorted({f">>> from {example.module} import {example.name}" for example in examples})
    return "\n".join(["```pycon", *imports, *(line for example in examples for line in example.lines), "```"])


def by_name(examples: Mapping[Target, Sequence[Example]]) -> dict[str, Sequence[Example]]:
    """Return examples by the full name of their function."""
    return {found[0].function: found for found in examples.values() if found}
