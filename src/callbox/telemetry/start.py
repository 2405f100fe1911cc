"""The folder that a process of tests began in: tests may go to another, or remove the one they are in."""

from __future__ import annotations

from callbox.folders import working_folder

FOLDER = str(working_folder())
"""As it was when this module was imported; "." where it had been removed by then."""
