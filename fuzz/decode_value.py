"""Fuzz the decoder of exact values: `python fuzz/decode_value.py [corpus folder] [libFuzzer options]`.

Each input is taken as a body, whose checksum is made right, so that the fuzzer gets past it.
Anything but a value or a FormatError is a finding; libFuzzer watches time and memory.
It begins with the saved corpus and the examples. Needs atheris. Ten minutes:
`-max_total_time=600 -rss_limit_mb=2048 -timeout=20`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["callbox"]):
    from callbox.errors import CaptureError, FormatError
    from callbox.values.exact import arrays, decode, encode
    from callbox.values.exact.wire import HEADER_BYTES, seal

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.corpus import read_corpus
from fuzz.examples import EXAMPLES

FAMILIES = (arrays,)
"""Loaded before the first input, which would else load it with the instrumentation's pace."""


def decode_one(body: bytes) -> None:
    """Decode a body; what becomes a value must be one that can be looked at."""
    try:
        value = decode(seal(body), allow=["fuzz.*"])
    except FormatError:
        return
    try:
        encode(value)
    except CaptureError:
        return


def main() -> None:
    """Fuzz, with the saved corpus and the examples to begin with."""
    options = [arg for arg in sys.argv[1:] if arg.startswith("-")]
    folders = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    with tempfile.TemporaryDirectory() as beginning:
        bodies = read_corpus() + [encode(example)[HEADER_BYTES:] for example in EXAMPLES]
        for number, body in enumerate(bodies):
            (Path(beginning) / str(number)).write_bytes(body)
        for folder in folders:
            Path(folder).mkdir(parents=True, exist_ok=True)
        # with -merge, libFuzzer starts itself again by this first word, in a shell
        atheris.Setup([f"{sys.executable} {sys.argv[0]}", *options, *folders, beginning], decode_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
