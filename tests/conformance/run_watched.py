"""Run one program of the corpus with every function of it watched, or bare, recorded by an engine with a hook.

Usage: run_watched.py ENGINE PROGRAM OUT KIND. KIND is "watched" or "bare". Writes, as JSON, what was recorded, as
`run_program.py` does, with `n_told`: how often a watcher was told of an end.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from run_program import read
from run_wrapped import load, only

from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import watch

if TYPE_CHECKING:
    from collections.abc import Callable


class Watcher:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.n_told = 0

    def tell(self, *_: Any) -> None:
        self.n_told += 1


def main(engine: str, path: Path, kind: str) -> dict[str, Any]:
    gc.disable()  # finalizers of cycles run at no certain place
    names: set[str] = set()
    watcher = Watcher()

    def decorate(function: Callable[..., Any]) -> Any:
        names.add(function.__qualname__)
        return watch(function, watcher.tell, watcher.tell) if kind == "watched" else function

    program = load(path, decorate)
    recorder = NativeRecorder(Options(filters=(path.stem,)), engine)
    getattr(program, "setup", lambda: None)()
    recorder.start()
    program.main()
    recorder.stop()
    return {**only(names, read(recorder.capture(), path.stem)), "n_told": watcher.n_told}


if __name__ == "__main__":
    engine, program, out, kind = sys.argv[1:]
    Path(out).write_text(json.dumps(main(engine, Path(program), kind)), encoding="utf-8")
