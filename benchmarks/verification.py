"""How much `callbox bench` catches and costs: seeded wrong optimisations, shares, bytes and times.

    python benchmarks/verification.py [--mutants N] [--json FILE]

Cost is taken on callbox's own suite, whose bodies take milliseconds: capture, which runs each body three times in two
processes, beside a plain process that sets each case up and runs its body once. Catching is taken on that of
`tests/integration/asv_project`. Each mutant changes one place of the code under test: a constant,
an operator, a comparison, a dropped copy, an order, a remembered answer. A mutant that changes no result that any
benchmark computes is equivalent here, and counted apart: two plain runs of the functions, without callbox, say so.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "tests" / "integration" / "asv_project"
PLAIN = """
import pickle, sys, random
import numpy as np
from shop import prices as p
lines = [p.Line(f"item {i}", i / 4, i % 3) for i in range(100)]
values = [3, 1, 2] * 2
p.sort_in_place(values)
found = [
    p.total(lines), p.total(lines[:10]), p.total(lines[:5]), p.discount(np.arange(5.0), 0.5),
    [p.cumulative(range(n)) for n in range(20)], p.cumulative(range(5)), p.find(list(range(100)), 42),
    p.find([1, 2, 3], 2), values, p.group([line.name for line in lines]), p.normalised(p.as_matrix(4)),
    p.words("to be or not to be"),
]
sys.stdout.buffer.write(repr([(type(v).__name__, getattr(v, "dtype", ""), v) for v in found]).encode())
"""


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Give programs that differ from a source in one place, each with a name."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    for index, node in enumerate(nodes):
        for name, change in changes_of(node):
            twin = copy.deepcopy(tree)
            change(list(ast.walk(twin))[index])
            yield f"line {getattr(node, 'lineno', 0)}: {name}", ast.unparse(ast.fix_missing_locations(twin))


def changes_of(node: ast.AST):
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value} becomes {node.value + 1}", lambda n: setattr(n, "value", n.value + 1)
        yield f"{node.value} becomes {node.value - 1}", lambda n: setattr(n, "value", n.value - 1)
    if isinstance(node, ast.BinOp):
        swaps = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult}
        if type(node.op) in swaps:
            kind = swaps[type(node.op)]
            yield f"{type(node.op).__name__} becomes {kind.__name__}", lambda n: setattr(n, "op", kind())
    if isinstance(node, ast.Compare) and type(node.ops[0]) is ast.Lt:
        yield "< becomes <=", lambda n: setattr(n, "ops", [ast.LtE()])
        yield "< becomes >", lambda n: setattr(n, "ops", [ast.Gt()])
    if isinstance(node, ast.AugAssign) and type(node.op) in (ast.Add, ast.Div):
        yield "another operator", lambda n: setattr(n, "op", ast.Mult())
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("copy", "lower"):
            yield f"{node.func.attr}() is dropped", drop
        if node.func.attr == "append":
            yield (
                "append becomes insert at 0",
                lambda n: setattr(n.func, "attr", "insert") or n.args.insert(0, ast.Constant(0)),
            )
        if node.func.attr == "sort":
            yield "sort becomes reverse", lambda n: setattr(n.func, "attr", "reverse")
    if isinstance(node, ast.Attribute) and node.attr == "float64":
        yield "float64 becomes float32", lambda n: setattr(n, "attr", "float32")
    if isinstance(node, ast.Name) and node.id == "sorted":
        yield "sorted becomes list", lambda n: setattr(n, "id", "list")
    if isinstance(node, ast.Return) and node.value is not None:
        yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
        yield "returns a list of it", lambda n: setattr(n, "value", ast.List([n.value], ast.Load()))
    if isinstance(node, ast.FunctionDef | ast.For | ast.While):
        for position, statement in enumerate(node.body):
            if isinstance(statement, ast.AugAssign | ast.Expr) and len(node.body) > 1:
                yield f"{ast.unparse(statement)} is dropped", lambda n, at=position: n.body.pop(at)
    if isinstance(node, ast.FunctionDef) and node.name == "cumulative":
        cache = ast.parse("__import__('functools').cache", mode="eval").body
        yield "remembers answers", lambda n: setattr(n, "decorator_list", [cache])


def drop(call: ast.Call) -> None:
    """Turn `x.copy()` into `(lambda value: value)(x)`."""
    call.args = [call.func.value]
    call.func = ast.parse("(lambda value: value)", mode="eval").body


def run(folder: Path, *words: str) -> tuple[float, dict]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "callbox", "bench", *words, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - begun, json.loads(done.stdout)


def plain(folder: Path) -> bytes:
    command = [sys.executable, "-c", PLAIN]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, env={"PYTHONHASHSEED": "0"}, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return b"does not end"
    return done.stdout or b"fails"


ONCE = """
import sys, os, tempfile, pickle
sys.path.insert(0, os.getcwd())
from callbox.bench.discover import find_benchmarks, import_module, list_modules
from callbox.bench.suite import find_suite
suite = find_suite(sys.argv[1])
os.chdir(tempfile.mkdtemp())
for name in list_modules(suite):
    for benchmark in find_benchmarks(import_module(suite, name))[0]:
        cache = benchmark._setup_cache() if benchmark._setup_cache else None
        n_cases = 1
        for values in benchmark._params:
            n_cases *= len(values)
        for index in range(n_cases):
            if benchmark._params:
                benchmark.set_param_idx(index)
            benchmark.set_cache(pickle.loads(pickle.dumps(cache)))
            if not benchmark.do_setup():
                benchmark.func(*benchmark._build_params())
                benchmark.do_teardown()
"""


def cost_of_capture() -> dict:
    """Time a capture of callbox's own suite beside running each body once; cases at a time as the machine allows."""
    suite = str(Path(__file__).parent)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", ONCE, suite], cwd=folder, check=True, capture_output=True)
            once_s = time.perf_counter() - begun
            words = ("capture", suite, "--snapshot-dir", f"kept-{number}")
            seconds, captured = run(Path(folder), *words)
            ratios.append(seconds / once_s)
    found = [finding["verdict"] for finding in captured["findings"]]
    return {
        "own suite: cases": len(found),
        "own suite: verdicts": {verdict: found.count(verdict) for verdict in sorted(set(found))},
        "own suite: each body once, s": round(once_s, 1),
        "own suite: capture, s": round(seconds, 1),
        "own suite: ratio": round(statistics.median(ratios), 2),
    }


def measure(n_mutants: int) -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project")
        shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__", "trouble.py", "hungry_*.py"))
        seconds, captured = run(folder, "capture", ".")
        found = [f["verdict"] for f in captured["findings"]]
        computing = [v for v in found if v not in ("skipped", "vacuous")]
        blobs = [path.stat().st_size for path in (folder / ".snapshots" / "blobs").rglob("*") if path.is_file()]
        verify_s = statistics.median(run(folder, "verify", ".")[0] for _ in range(3))
        file = folder / "shop" / "prices.py"
        source, truth = file.read_text(), plain(folder)
        caught, missed, equivalent = [], [], []
        for number, (title, program) in enumerate(list(mutants(source))[:n_mutants]):
            print(f"{number}: {title}", file=sys.stderr)
            file.write_text(program)
            if plain(folder) == truth and "remembers" not in title:
                equivalent.append(title)
                continue
            _, verified = run(folder, "verify", ".", "--timeout", "5")
            wrong = {f["verdict"] for f in verified["findings"]} & {"mismatch", "suspicious", "failed", "timeout"}
            (caught if wrong or verified["broken"] else missed).append(title)
        return {
            "cases": len(found),
            "captured_of_computing": f"{found.count('captured')} of {len(computing)}",
            "store_bytes_per_value": round(statistics.mean(blobs)),
            "capture_s": round(seconds, 2),
            "verify_s": round(verify_s, 2),
            "mutants": len(caught) + len(missed),
            "caught": len(caught),
            "missed": missed,
            "equivalent": equivalent,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = {**cost_of_capture(), **measure(options.mutants)}
    for key, value in result.items():
        print(f"{key:<24}  {value}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
