"""Rebuild `src/callbox/view/vendor`: what the page of `callbox view` takes from others.

    python tools/vendor_view/vendor.py [--check]

Needs npm. `package-lock.json` holds the hash of every package, so that the same bytes come out each time; `--check`
says whether they are those in the checkout, and changes nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parents[1] / "src/callbox/view/vendor"

BUNDLES = {
    "d3.js": (
        "callboxD3",
        'export { ticks } from "d3-array";\n'
        'export { select } from "d3-selection";\n'
        'export { zoom, zoomIdentity } from "d3-zoom";\n',
    ),
    "graphviz.js": ("callboxGraphviz", 'export { Graphviz } from "@hpcc-js/wasm-graphviz";\n'),
}
"""Files of code: the name that the page knows it by, and what it offers."""
FONTS = {
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "jetbrains-mono.woff2": "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
}
BUILD_ONLY = "esbuild"
GRAPHVIZ_NOTE = """\
graphviz.js holds Graphviz, compiled to WebAssembly by @hpcc-js/wasm-graphviz, and Expat.

Graphviz: Copyright (c) AT&T Intellectual Property and others. Eclipse Public License, version 2.0. Its source and its
licence are at https://gitlab.com/graphviz/graphviz.
Expat: Copyright (c) 1998-2000 Thai Open Source Software Center Ltd and Clark Cooper, (c) 2001-2025 Expat maintainers.
MIT licence. Its source and its licence are at https://github.com/libexpat/libexpat.
"""


def build(folder: Path) -> dict[str, bytes]:
    """Fetch the packages into a folder; return the files of `vendor` by name."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    _run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    modules = folder / "node_modules"
    made = {name: (modules / path).read_bytes() for name, path in FONTS.items()}
    for name, (global_name, entry) in BUNDLES.items():
        source = folder / f"entry-{name}"
        source.write_text(entry, encoding="utf-8")
        options = (
            "--bundle",
            "--minify",
            "--format=iife",
            f"--global-name={global_name}",
            "--legal-comments=none",
            "--log-level=warning",
        )
        _run(str(modules / ".bin/esbuild"), str(source), *options, f"--outfile={folder / name}", folder=folder)
        made[name] = (folder / name).read_bytes()
    made["LICENSES.txt"] = _licences(modules).encode()
    return made


def _licences(modules: Path) -> str:
    """Return name, version and licence of every package whose code or fonts the files hold."""
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    parts = []
    for place, package in sorted(lock["packages"].items()):
        name = place.removeprefix("node_modules/")
        if not place or BUILD_ONLY in name:
            continue
        [text] = [p.read_text(encoding="utf-8") for p in (modules / name).iterdir() if p.name.startswith("LICENSE")]
        parts.append(f"{name} {package['version']}, {package.get('license', '')}\n\n{text.strip()}\n")
    return f"\n{'-' * 80}\n\n".join([*parts, GRAPHVIZ_NOTE])


def _run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Build, and compare or replace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the checkout's files are those")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = build(Path(folder))
    if options.check:
        differing = [name for name, data in made.items() if not _holds(VENDOR / name, data)]
        print(f"differ: {', '.join(differing)}" if differing else "all as in the checkout")
        return bool(differing)
    VENDOR.mkdir(exist_ok=True)
    for name, data in made.items():
        (VENDOR / name).write_bytes(data)
        print(f"{len(data):>9,} {name}")
    return 0


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


if __name__ == "__main__":
    sys.exit(main())
