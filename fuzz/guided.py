"""Fuzz a target, guided by coverage: `python fuzz/guided.py TARGET [corpus folder] [libFuzzer options]`.

TARGET is a module of `fuzz/targets`: its `examples` and the saved corpus are what it begins with, its `check` takes an
input and raises where something is wrong. libFuzzer watches time and memory. Needs atheris. Ten minutes:
`-max_total_time=600 -rss_limit_mb=2048 -timeout=20`.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.corpus import read_corpus, saved_path


def main(target: str, *words: str) -> None:
    """Fuzz, with the saved corpus and the examples to begin with."""
    with atheris.instrument_imports(include=["callbox"]):
        module = importlib.import_module(f"fuzz.targets.{target}")
    options = [word for word in words if word.startswith("-")]
    folders = [word for word in words if not word.startswith("-")]
    saved = read_corpus(saved_path(target)) if saved_path(target).exists() else []
    with tempfile.TemporaryDirectory() as beginning:
        for number, body in enumerate([*saved, *module.examples()]):
            (Path(beginning) / str(number)).write_bytes(body)
        for folder in folders:
            Path(folder).mkdir(parents=True, exist_ok=True)
        # with -merge, libFuzzer starts itself again by this first word, in a shell
        atheris.Setup([f"{sys.executable} {sys.argv[0]} {target}", *options, *folders, beginning], module.check)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
