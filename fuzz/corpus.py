"""The saved inputs of the fuzzers, one archive for each target in `fuzz/saved`.

`python fuzz/corpus.py TARGET FOLDER` saves what a fuzzer left in a folder. Shrink that first:
`python fuzz/guided.py TARGET -merge=1 NEW_FOLDER FOLDER`.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SAVED = Path(__file__).parent / "saved"


def saved_path(target: str) -> Path:
    """Return the path of a target's archive."""
    return SAVED / f"{target}.zip"


def read_corpus(path: Path) -> list[bytes]:
    """Return saved inputs."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def save_corpus(folder: Path, path: Path) -> int:
    """Save the files of a folder, the same bytes for the same files; return their number."""
    bodies = sorted({file.read_bytes() for file in folder.iterdir()}, key=lambda body: (len(body), body))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(zipfile.ZipInfo(f"{number:04}"), body, zipfile.ZIP_DEFLATED)
    return len(bodies)


if __name__ == "__main__":
    target, folder = sys.argv[1:]
    print(f"{save_corpus(Path(folder), saved_path(target))} inputs in {saved_path(target)}")
