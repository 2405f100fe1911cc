"""What `callbox` offers, name by name: a change here is a change to every user."""

from __future__ import annotations

import ast

import pytest

import callbox

EXPORTS = [
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


def test_exports_are_the_agreed_names() -> None:
    assert callbox.__all__ == EXPORTS


@pytest.mark.parametrize("name", EXPORTS)
def test_export_is_there(name) -> None:
    assert getattr(callbox, name).__name__ == name


def test_exports_are_listed_for_completion() -> None:
    assert set(EXPORTS) <= set(dir(callbox))


def test_exports_are_known_to_type_checkers(tree) -> None:
    nodes = ast.walk(ast.parse(tree.read("src/callbox/__init__.py")))
    imported = {alias.name for n in nodes if isinstance(n, ast.ImportFrom) for alias in n.names}

    assert set(EXPORTS) <= imported


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing_of_the_kind'"):
        callbox.nothing_of_the_kind
