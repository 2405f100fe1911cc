"""Commands in a folder of their own, and programs that run twice: by Python alone, and under `callbox run`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.patience import TIMEOUT_S

from callbox.recording import Recording, open_recording

_OF_THE_RUN = ("PYTHONPATH", "PYTHONMALLOC")
"""Where the tests find modules, and which allocator a sanitizer watches."""
_ADDRESS = re.compile(rb"0x[0-9a-f]+")


@dataclass(frozen=True)
class Ending:
    """What the outside sees of a process; addresses in memory are of no account."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Desk:
    """A folder in which commands run, apart from the settings of the machine."""

    folder: Path
    environ: dict[str, str]

    @classmethod
    def at(cls, folder: Path) -> Desk:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("CALLBOX", "PYTHON")) or n in _OF_THE_RUN}
        return cls(folder, {**kept, "XDG_CONFIG_HOME": str(folder / "config-home")})

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def python(self, *words: str, stdin: bytes = b"", **environ: str) -> Ending:
        result = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return Ending(result.returncode, _ADDRESS.sub(b"0x", result.stdout), _ADDRESS.sub(b"0x", result.stderr))

    def callbox(self, *words: str, stdin: bytes = b"", **environ: str) -> Ending:
        return self.python("-P", "-m", "callbox", *words, stdin=stdin, **environ)

    def recorded(self, words: Sequence[str], *options: str, stdin: bytes = b"", **environ: str) -> Ending:
        """Run a program under `callbox run`, which prints nothing of its own."""
        return self.callbox("run", "--quiet", *options, "--", *words, stdin=stdin, **environ)

    def recording(self, name: str = "callbox.cbx") -> Recording:
        return open_recording(self.folder / name)
