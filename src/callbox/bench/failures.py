"""What was raised, in one line."""

from __future__ import annotations

import traceback

from callbox.values.redact import project_redactor


def describe_failure(error: BaseException) -> str:
    """Say in one line what was raised, and where."""
    text = " ".join(project_redactor().redact_text(traceback.format_exception_only(error)[-1]).split())
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{text}, {error.filename}:{error.lineno}"
    return f"{text}, {frames[-1].filename}:{frames[-1].lineno}" if frames else text
