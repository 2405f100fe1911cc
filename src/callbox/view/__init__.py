"""The page that shows a recording in a browser: layout in NumPy, a server on the loopback, or one file."""

from __future__ import annotations
