"""Run one program of the corpus under one engine and write what was recorded, as JSON.

Usage: run_program.py ENGINE PROGRAM OUT OPTIONS, where OPTIONS is a JSON object with what
`callbox.engine.options.Options` takes; without `filters` only the program itself is recorded.

`beside` among them installs foreign hooks first, one or several with "+" between: "trace", "profile", "cProfile",
"coverage", "debugger", and from 3.12 on "monitoring".

A program has `main()`, and may have `setup()`, which runs before the recording
begins. The oracle on 3.11 cannot reach threads that already run, so it starts
before `setup()` and forgets what it saw there. Or it has `record(recorder)`, and
starts and stops the recorder itself.
"""

from __future__ import annotations

import bdb
import cProfile
import gc
import importlib
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequence import read_sequence

from callbox.engine.options import Options
from callbox.engine.oracle import OracleRecorder

if TYPE_CHECKING:
    from types import FrameType, ModuleType

    from callbox.engine.recorder import Recorder
    from callbox.model import Capture


def make_recorder(engine: str, options: Options) -> Recorder:
    if engine == "oracle":
        return OracleRecorder(options)
    from callbox.engine.recorder import NativeRecorder

    return NativeRecorder(options, engine)


class Debugger(bdb.Bdb):
    """A debugger at every line that is asked for nothing."""

    def user_line(self, frame: FrameType) -> None:
        self.set_step()


def install_beside(hook: str) -> None:
    def foreign(*_event: Any) -> Any:
        return foreign

    if hook == "trace":
        sys.settrace(foreign)
    elif hook == "profile":
        sys.setprofile(foreign)
    elif hook == "cProfile":
        cProfile.Profile().enable()
    elif hook == "coverage":
        coverage = importlib.import_module("coverage").Coverage(data_file=None)
        coverage.start()
    elif hook == "debugger":
        Debugger().set_trace()
    elif hook == "monitoring":
        tool = sys.monitoring.DEBUGGER_ID
        sys.monitoring.use_tool_id(tool, "foreign")
        sys.monitoring.register_callback(tool, sys.monitoring.events.PY_START, foreign)
        sys.monitoring.set_events(tool, sys.monitoring.events.PY_START | sys.monitoring.events.PY_RETURN)


def run(recorder: Recorder, program: ModuleType, *, is_oracle: bool) -> None:
    set_up = getattr(program, "setup", lambda: None)
    if hasattr(program, "record"):
        program.record(recorder)
        return
    if is_oracle:
        recorder.start()
        set_up()
        recorder.clear()
    else:
        set_up()
        recorder.start()
    program.main()
    recorder.stop()


def read(capture: Capture, program: str) -> dict[str, Any]:
    main = threading.main_thread().ident
    threads = [(thread.ident == main, read_sequence(capture, thread, program)) for thread in capture.threads]
    return {
        "main": next((steps for is_main, steps in threads if is_main), []),
        "others": sorted(steps for is_main, steps in threads if steps and not is_main),
        "notes": capture.header.notes,
    }


def main(engine: str, path: Path, given: dict[str, Any]) -> dict[str, Any]:
    sys.path.insert(0, str(path.parent))
    gc.disable()  # finalizers of cycles run at no certain place
    program = importlib.import_module(path.stem)
    for hook in filter(None, given.pop("beside", "").split("+")):
        install_beside(hook)
    filters = tuple(given.pop("filters", [path.stem]))
    recorder = make_recorder(engine, Options(engine=engine, filters=filters, **given))
    run(recorder, program, is_oracle=engine == "oracle")
    return read(recorder.capture(), path.stem)


if __name__ == "__main__":
    engine, program, out, options = sys.argv[1:]
    recorded = main(engine, Path(program), json.loads(options))
    Path(out).write_text(json.dumps(recorded), encoding="utf-8")
