"""`python -m callbox`: the `callbox` command."""

from __future__ import annotations

import sys

from callbox.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
