"""Reports of failures, one module for each format; all are made of the same plain data."""

from __future__ import annotations

from callbox.failures.reports.report import RENDERERS, Report

__all__ = ["RENDERERS", "Report"]
