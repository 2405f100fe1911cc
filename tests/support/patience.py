"""How long tests wait for the programs that they start: longer where those are slow, as beneath a sanitizer."""

from __future__ import annotations

import os

TIMEOUT_S = 120 * float(os.environ.get("TESTS_PATIENCE", "1"))
