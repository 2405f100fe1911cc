"""callbox: a flight recorder for Python.

Names are imported when they are first used, so that `import callbox` costs a
program next to nothing.

PYTEST_DONT_REWRITE: under `callbox run -- -m pytest` this module is there before pytest is, which
would warn, and fail where warnings are errors, that it cannot rewrite the assertions in it: there are none.
"""

from __future__ import annotations

from callbox.lazy import importer

TYPE_CHECKING = False
"""Type checkers take it for true, as they do the one in `typing`, which is most of what importing this would cost."""

if TYPE_CHECKING:
    from callbox.engine.wrap import wrap
    from callbox.errors import (
        CallboxError,
        CallboxWarning,
        CaptureError,
        ConfigError,
        EngineError,
        FormatError,
        GenerateError,
        NothingFoundError,
        ProgramError,
        RecordingError,
    )
    from callbox.failures import FailureExtractor, OutputConfig, OutputFormat, extract_on_failure
    from callbox.failures.production import install, uninstall
    from callbox.model import CallEvent
    from callbox.recording import Recording, open_recording
    from callbox.snapshot import TracedSnapshot
    from callbox.testgen.decorator import trace
    from callbox.tracing import FunctionTracer

__all__ = [
    "CallEvent",
    "CallboxError",
    "CallboxWarning",
    "CaptureError",
    "ConfigError",
    "EngineError",
    "FailureExtractor",
    "FormatError",
    "FunctionTracer",
    "GenerateError",
    "NothingFoundError",
    "OutputConfig",
    "OutputFormat",
    "ProgramError",
    "Recording",
    "RecordingError",
    "TracedSnapshot",
    "extract_on_failure",
    "install",
    "open_recording",
    "trace",
    "uninstall",
    "wrap",
]

_MODULES = {
    **dict.fromkeys(__all__, "errors"),
    "CallEvent": "model",
    "FailureExtractor": "failures",
    "FunctionTracer": "tracing",
    "OutputConfig": "failures",
    "OutputFormat": "failures",
    "Recording": "recording",
    "TracedSnapshot": "snapshot",
    "extract_on_failure": "failures",
    "install": "failures.production",
    "open_recording": "recording",
    "trace": "testgen.decorator",
    "uninstall": "failures.production",
    "wrap": "engine.wrap",
}

__getattr__ = importer(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
