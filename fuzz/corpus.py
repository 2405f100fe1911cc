"""The saved corpus of encoded values' bodies: `python fuzz/corpus.py FOLDER` saves what a fuzzer left in a folder.

Shrink the folder first: `python fuzz/decode_value.py -merge=1 NEW_FOLDER FOLDER`.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SAVED = Path(__file__).parent / "corpus.zip"


def read_corpus(path: Path = SAVED) -> list[bytes]:
    """Return the saved inputs."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def save_corpus(folder: Path, path: Path = SAVED) -> int:
    """Save the files of a folder, the same bytes for the same files; return their number."""
    bodies = sorted({file.read_bytes() for file in folder.iterdir()}, key=lambda body: (len(body), body))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(zipfile.ZipInfo(f"{number:04}"), body, zipfile.ZIP_DEFLATED)
    return len(bodies)


if __name__ == "__main__":
    print(f"{save_corpus(Path(sys.argv[1]))} inputs in {SAVED}")
