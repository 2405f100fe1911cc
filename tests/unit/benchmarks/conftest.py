"""The benchmarks are scripts beside the package: put their folder on the path, as running one does."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
