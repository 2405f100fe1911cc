"""Run one program of the corpus with every function of it wrapped, recorded by two engines at once.

Usage: run_wrapped.py ENGINE PROGRAM OUT [MODE]. Writes, as JSON, what ENGINE and the engine "wrap" recorded of the
functions that a `def` makes, as `main` and `others` of `run_program.py`; in mode "trace" also `values`, those
of the main thread's events.
"""

from __future__ import annotations

import ast
import gc
import json
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from run_program import read

from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.engine.wrap import wrap
from callbox.model import EventKind
from callbox.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from callbox.model import Capture


class Wrapping(ast.NodeTransformer):
    """Puts `@__wrap__` below all other decorators: what it gets is the function that a hook sees."""

    def wrapped(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.decorator_list.append(ast.copy_location(ast.Name("__wrap__", ast.Load()), node))
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = wrapped


def load(path: Path, decorator: Callable[[Any], Any]) -> types.ModuleType:
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    module.__dict__["__wrap__"] = decorator
    sys.modules[path.stem] = module
    tree = Wrapping().visit(ast.parse(path.read_text(encoding="utf-8")))
    exec(compile(tree, path, "exec"), module.__dict__)
    return module


def main(engine: str, path: Path, mode: str) -> list[dict[str, Any]]:
    gc.disable()  # finalizers of cycles run at no certain place
    names: set[str] = set()

    def decorate(function: Any) -> Any:
        names.add(function.__qualname__)
        return wrap(function)

    program = load(path, decorate)
    options = Options(mode=mode, filters=(path.stem,), all_values=True)
    recorders = [NativeRecorder(options, name) for name in (engine, "wrap")]
    getattr(program, "setup", lambda: None)()
    for recorder in recorders:
        recorder.start()
    program.main()
    for recorder in reversed(recorders):
        recorder.stop()
    captures = [recorder.capture() for recorder in recorders]
    read_all = [only(names, read(capture, path.stem)) for capture in captures]
    if mode == "trace":
        read_all = [
            {**steps, "values": values_of(capture, names)} for steps, capture in zip(read_all, captures, strict=True)
        ]
    return read_all


def values_of(capture: Capture, names: set[str]) -> list[dict[str, Any]]:
    """Write what is known of the values of each event of the main thread."""
    recording = Recording(capture)
    values = recording.values
    main = [thread.name for thread in recording.threads].index("MainThread")
    columns = (recording.events[field].tolist() for field in ("kind", "code", "thread"))
    return [
        {
            "event": f"{EventKind(kind).name} {recording.functions[code].qualified_name}",
            "arguments": repr(values.arguments_at(event)),
            "result": repr(values.result_at(event)),
            "exception": repr(values.exception_at(event)),
            "sent": repr(values.sent_at(event)),
            "locals": repr(values.locals_at(event)),
            "effects": repr(values.effects_at(event)),
        }
        for event, (kind, code, thread) in enumerate(zip(*columns, strict=True))
        if thread == main and code in recording.functions and recording.functions[code].qualified_name in names
    ]


def only(names: set[str], recorded: dict[str, Any]) -> dict[str, Any]:
    """Leave out functions that were not wrapped: lambdas, class bodies, comprehensions."""

    def keep(steps: list[str]) -> list[str]:
        return [step for step in steps if step.partition(" ")[2].partition("#")[0] in names]

    others = [kept for steps in recorded["others"] if (kept := keep(steps))]
    return {"main": keep(recorded["main"]), "others": sorted(others)}


if __name__ == "__main__":
    engine, program, out, *mode = sys.argv[1:]
    Path(out).write_text(json.dumps(main(engine, Path(program), *(mode or ["profile"]))), encoding="utf-8")
