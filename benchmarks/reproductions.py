"""How many failures of real code become tests: faults seeded into libraries, by `callbox failures test`.

Each library is copied into a project of its own, so that its code is the project's; one function's results
are replaced by None; a program uses the library until it fails far from there. Prints a table for docs/failures.md.

    python benchmarks/reproductions.py [--only NAME] [--except-key KEY]
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """
from callbox import extract_on_failure
{imports}

@extract_on_failure(include_locals=True)
def main():
{body}

try:
    main()
except BaseException:
    pass
"""
SQL = "'select a.x as y, count(*) from t a join s on a.id = s.id where a.n > 1 group by 1 order by y desc'"
TEXT = "'# Head\\n\\n* one [link](http://x.y \"t\")\\n* two `code` & <b>\\n\\n1. a\\n\\n> *quote*\\n'"
GRAPH = "graph = nx.Graph(); graph.add_weighted_edges_from([(1, 2, 3.0), (2, 3, 1.0), (1, 3, 5.0)])"


@dataclass(frozen=True)
class Seed:
    """A fault: the function that returns None, and the program that meets it."""

    package: str
    module: str
    function: str
    imports: str
    body: str

    @property
    def name(self) -> str:
        return f"{self.package}: {self.function}"


SEEDS = [
    *(
        Seed("sqlparse", module, function, "import sqlparse", body)
        for module, function, body in (
            ("sql.py", "TokenList.token_next", f"sqlparse.format({SQL}, reindent=True)"),
            ("sql.py", "TokenList.token_next_by", f"sqlparse.parse({SQL})"),
            ("sql.py", "TokenList._token_matching", f"sqlparse.format({SQL}, reindent=True)"),
            ("utils.py", "imt", f"sqlparse.format({SQL}, keyword_case='wrong')"),
            ("filters/aligned_indent.py", "AlignedIndentFilter.nl", f"sqlparse.format({SQL}, reindent_aligned=True)"),
            ("engine/statement_splitter.py", "StatementSplitter._change_splitlevel", f"sqlparse.split({SQL})"),
        )
    ),
    *(
        Seed("markdown_it", module, function, "from markdown_it import MarkdownIt", body)
        for module, function, body in (
            ("helpers/parse_link_label.py", "parseLinkLabel", f"MarkdownIt().render({TEXT})"),
            ("common/utils.py", "escapeHtml", f"MarkdownIt().render({TEXT})"),
            ("rules_block/list.py", "skipBulletListMarker", f"MarkdownIt().render({TEXT})"),
            ("common/normalize_url.py", "normalizeLink", f"MarkdownIt('commonmark').render({TEXT})"),
            ("ruler.py", "Ruler.getRules", f"MarkdownIt().parse({TEXT})"),
        )
    ),
    *(
        Seed("dateutil", module, function, "from dateutil import parser, rrule", body)
        for module, function, body in (
            ("parser/_parser.py", "_timelex.split", "parser.parse('2024-05-01 10:20:30 UTC')"),
            ("parser/_parser.py", "_ymd.resolve_ymd", "parser.parse('May 1st, 24')"),
            ("parser/isoparser.py", "isoparser._parse_isodate", "parser.isoparse('2024-05-01T10:20:30')"),
            ("rrule.py", "_iterinfo.ydayset", "list(rrule.rrule(rrule.YEARLY, count=3))"),
        )
    ),
    *(
        Seed("networkx", module, function, "import networkx as nx", body)
        for module, function, body in (
            ("algorithms/shortest_paths/weighted.py", "_weight_function", f"{GRAPH}; nx.dijkstra_path(graph, 1, 3)"),
            ("algorithms/components/connected.py", "_plain_bfs", f"{GRAPH}; list(nx.connected_components(graph))"),
            ("classes/graph.py", "Graph.neighbors", f"{GRAPH}; list(nx.dfs_edges(graph, 1))"),
        )
    ),
    *(
        Seed("yaml", module, function, "import io, yaml", body)
        for module, function, body in (
            ("resolver.py", "BaseResolver.resolve", "yaml.safe_load('a: [1, 2]\\nb: {c: d}')"),
            ("representer.py", "BaseRepresenter.represent_scalar", "yaml.safe_dump({'a': [1, 'x'], 'b': None})"),
            ("reader.py", "Reader.peek", "yaml.safe_load(io.StringIO('a: 1'))"),
        )
    ),
    *(
        Seed("jsonschema", module, function, "import jsonschema", body)
        for module, function, body in (
            ("_types.py", "TypeChecker.is_type", "jsonschema.validate({'a': 1}, {'type': 'object'})"),
            ("_utils.py", "equal", "jsonschema.validate({'a': 1}, {'properties': {'a': {'const': 1}}})"),
        )
    ),
]


class _Silence(ast.NodeTransformer):
    """Lets one function return None wherever it returned something."""

    def __init__(self, qualified_name: str) -> None:
        self._path = qualified_name.split(".")
        self._inside: list[str] = []
        self.n_changed = 0

    def _enter(self, node: ast.AST) -> ast.AST:
        self._inside.append(node.name)  # type: ignore[attr-defined]
        node = self.generic_visit(node)
        self._inside.pop()
        return node

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _enter  # noqa: N815

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self._inside != self._path or node.value is None:
            return node
        self.n_changed += 1
        return ast.copy_location(ast.Return(ast.Constant(None)), node)


def plant(seed: Seed, project: Path) -> None:
    """Copy a library into a project, with its fault."""
    spec = importlib.util.find_spec(seed.package)
    assert spec is not None and spec.submodule_search_locations, seed.package
    shutil.copytree(spec.submodule_search_locations[0], project / seed.package, ignore=shutil.ignore_patterns("tests"))
    path = project / seed.package / seed.module
    silence = _Silence(seed.function)
    tree = silence.visit(ast.parse(path.read_text()))
    assert silence.n_changed, seed.name
    path.write_text(ast.unparse(ast.fix_missing_locations(tree)))


def run(seed: Seed, project: Path) -> tuple[str, str]:
    """Let the program fail, and make a test of that: "reproduced" and its call, or the answer of the command."""
    plant(seed, project)
    (project / "program.py").write_text(PROGRAM.format(imports=seed.imports, body=f"    {seed.body}"))
    environ = {**os.environ, "CALLBOX_MODE": "development"}
    subprocess.run([sys.executable, "program.py"], cwd=project, env=environ, check=True, capture_output=True)
    listed = subprocess.run(
        [sys.executable, "-m", "callbox", "failures", "list"], cwd=project, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        return "no failure", ""
    kind = listed.stdout.split()[0]
    command = [sys.executable, "-m", "callbox", "failures", "test", kind, "-o", "test_it.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    summary = listed.stdout.strip().rpartition("  ")[2]
    if done.returncode == 0:
        call = [line.strip() for line in (project / "test_it.py").read_text().splitlines() if line.startswith("    ")]
        return "reproduced", f"{summary}: {call[-1][:100]}"
    return "not", f"{summary}: {done.stderr.strip()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="seeds whose name holds this")
    parser.add_argument("--except-key", action="append", default=[], help="a key that the projects' [redact] excepts")
    options = parser.parse_args()
    results: Counter[str] = Counter()
    for seed in SEEDS:
        if options.only not in seed.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "callbox.toml").write_text(f"[redact]\nexcept_keys = {options.except_key!r}\n")
            outcome, told = run(seed, Path(folder))
        results[outcome] += 1
        print(f"| {seed.package} | `{seed.function}` | {outcome} | {told} |", flush=True)
    print(dict(results))


if __name__ == "__main__":
    main()
