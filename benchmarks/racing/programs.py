"""Real programs: pure-Python modules of the standard library on generated input.

Every interpreter has them and they were written without a tracer in mind. The
input is made from a seeded generator, so every run does the same work. Documents
are small: the parsers hand the whole text to each of their functions, and a peer
that prints arguments would copy it hundreds of thousands of times.
"""

from __future__ import annotations

import _pydecimal
import argparse
import ast
import difflib
import html.parser
import importlib
import io
import random
import sys
import tokenize
import tomllib
from collections.abc import Callable
from types import ModuleType
from typing import Any

_WORDS = ("amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty", "knoll", "larch")


def _sentence(rng: random.Random, n_words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(n_words))


def difflib_compare() -> Callable[[], object]:
    rng = random.Random(1)
    before = [f"{_sentence(rng, 7)}\n" for _ in range(560)]
    edited = [line.replace("e", "ee", 1) if rng.random() < 0.4 else line for line in before]
    after = edited[:100] + [f"{_sentence(rng, 6)}\n" for _ in range(8)] + edited[110:]
    return lambda: list(difflib.ndiff(before, after))


def pydecimal_arithmetic() -> Callable[[], object]:
    rng = random.Random(2)
    numbers = [_pydecimal.Decimal(rng.randrange(1, 10**12)).scaleb(-6) for _ in range(900)]

    def run() -> str:
        with _pydecimal.localcontext() as context:
            context.prec = 40
            total = _pydecimal.Decimal(0)
            for number in numbers:
                total += number * number / (number + 1)
                total = total.quantize(_pydecimal.Decimal("1e-20"))
                total += number.sqrt()
            return str(total)

    return run


def _python_source(n_functions: int) -> str:
    """Return a module with functions, classes, loops, strings and arithmetic."""
    rng = random.Random(3)
    lines = ["import os", "from typing import Any", ""]
    for index in range(n_functions):
        name, first, second = rng.choice(_WORDS), rng.choice(_WORDS), rng.choice(_WORDS)
        lines += [
            f"class {name.title()}{index}(dict[str, Any]):",
            f'    """{_sentence(rng, 6)}."""',
            "",
            f"    def {name}(self, {first}: int, *args: int, {second}_: str = {_sentence(rng, 2)!r}) -> list[int]:",
            f"        result = [{first} * {rng.randrange(99)} + i % 7 for i in range({first}) if i not in args]",
            f"        while {first} > {rng.randrange(50)} and not (result and {second}_.startswith('x')):",
            f"            {first} -= {rng.random():.3f} // 0.25  # {_sentence(rng, 4)}",
            f"            self[f'{{{first}:>8}}-{name}'] = lambda key=result, **kw: key[1:-1:2]",
            "        try:",
            "            return sorted(result, key=lambda v: (-v, str(v)))",
            "        except (ValueError, TypeError) as error:",
            "            raise RuntimeError(os.getcwd()) from error",
            "",
        ]
    return "\n".join(lines)


def tokenize_source() -> Callable[[], object]:
    source = _python_source(120)
    return lambda: sum(1 for _ in tokenize.generate_tokens(io.StringIO(source).readline))


def ast_unparse() -> Callable[[], object]:
    tree = ast.parse(_python_source(180))
    return lambda: ast.unparse(tree)


def _toml_document(rng: random.Random) -> str:
    lines = []
    for index in range(6):
        lines += [
            f"[{rng.choice(_WORDS)}.{rng.choice(_WORDS)}{index}]",
            f'title = "{_sentence(rng, 5)}"  # {_sentence(rng, 3)}',
            f"ports = [{', '.join(str(rng.randrange(1024, 65536)) for _ in range(6))}]",
            f"ratio = {rng.random():.6f}",
            "when = 2024-02-29T12:30:00Z",
            f"enabled = {'true' if rng.random() < 0.5 else 'false'}",
            f'owner = {{ name = "{rng.choice(_WORDS)}", "e mail" = "{rng.choice(_WORDS)}@example.org" }}',
            "",
        ]
    return "\n".join(lines)


def tomllib_parse() -> Callable[[], object]:
    rng = random.Random(4)
    documents = [_toml_document(rng) for _ in range(110)]
    return lambda: [len(tomllib.loads(document)) for document in documents]


class _LinkCollector(html.parser.HTMLParser):
    """Collect link targets, text length and nesting, as a crawler would."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open_tags: list[str] = []
        self.n_characters = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open_tags.append(tag)
        if tag == "a":
            self.links.extend(value for name, value in attrs if name == "href" and value)

    def handle_endtag(self, tag: str) -> None:
        while self.open_tags and self.open_tags.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.n_characters += len(data.strip())


def html_parse() -> Callable[[], object]:
    rng = random.Random(5)
    rows = [
        f'<div class="{rng.choice(_WORDS)}" id=n{index}><p>{_sentence(rng, 8)} &amp; <b>{rng.choice(_WORDS)}</b>'
        f"<br><a href=\"/{rng.choice(_WORDS)}?q={index}&amp;r=1\" title='{_sentence(rng, 2)}'>{rng.choice(_WORDS)}</a>"
        f"</p><!-- {_sentence(rng, 3)} --></div>\n"
        for index in range(1200)
    ]
    page = f"<!DOCTYPE html><html><body>{''.join(rows)}</body></html>"

    def run() -> tuple[int, int]:
        collector = _LinkCollector()
        collector.feed(page)
        collector.close()
        return len(collector.links), collector.n_characters

    return run


def _argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    parser.add_argument("--colour", choices=("auto", "always", "never"), default="auto")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fetch", "build", "check", "clean"):
        command = commands.add_parser(name, help=f"{name} things")
        command.add_argument("target", nargs="+")
        command.add_argument("-j", "--jobs", type=int, default=1)
        command.add_argument("--output", metavar="FILE")
        command.add_argument("--define", "-D", action="append", default=[])
        group = command.add_mutually_exclusive_group()
        group.add_argument("--fast", action="store_true")
        group.add_argument("--careful", action="store_true")
    return parser


def argparse_commands() -> Callable[[], object]:
    rng = random.Random(6)
    lines = [
        [
            *("-v", "--colour", "never", rng.choice(("fetch", "build", "check", "clean"))),
            *(rng.choice(_WORDS), rng.choice(_WORDS), "-j", str(rng.randrange(1, 9))),
            *(f"--output={rng.choice(_WORDS)}", "-Dx=1", "--fast"),
        ]
        for _ in range(480)
    ]

    def run() -> int:
        parser = _argument_parser()
        jobs = sum(parser.parse_args(line).jobs for line in lines)
        return int(jobs) + len(parser.format_help())

    return run


def _pure_json() -> ModuleType:
    """Import `json` afresh without its C accelerator; the interpreter's own stays as it was."""
    names = [name for name in sys.modules if name == "json" or name.startswith("json.")]
    kept = {name: sys.modules.pop(name) for name in names}
    accelerator = sys.modules.get("_json")
    sys.modules["_json"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("json")
    finally:
        for name in [name for name in sys.modules if name == "json" or name.startswith("json.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        if accelerator is None:
            del sys.modules["_json"]
        else:
            sys.modules["_json"] = accelerator


def _json_document(rng: random.Random) -> list[dict[str, object]]:
    return [
        {
            "id": index,
            "name": _sentence(rng, 2),
            "score": rng.random(),
            "tags": [rng.choice(_WORDS) for _ in range(4)],
            "owner": {"first": rng.choice(_WORDS), "active": rng.random() < 0.5, "manager": None},
        }
        for index in range(7)
    ]


def json_round_trip() -> Callable[[], object]:
    json: Any = _pure_json()
    rng = random.Random(7)
    documents = [_json_document(rng) for _ in range(100)]
    return lambda: sum(len(json.dumps(json.loads(json.dumps(document, indent=1)))) for document in documents)
