"""`python -m callbox.failures PROGRAM ...`: see `callbox.failures.program`."""

from __future__ import annotations

import sys

from callbox.failures.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
