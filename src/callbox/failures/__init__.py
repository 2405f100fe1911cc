"""Failures: what is needed to understand one, kept at a cost that production can pay."""

from __future__ import annotations

from callbox.failures.decorator import extract_on_failure
from callbox.failures.extractor import FailureExtractor
from callbox.failures.model import Failure, Frame, Passed, Raised
from callbox.failures.output import OutputConfig, OutputFormat

__all__ = [
    "Failure",
    "FailureExtractor",
    "Frame",
    "OutputConfig",
    "OutputFormat",
    "Passed",
    "Raised",
    "extract_on_failure",
]
