"""Every version difference of CPython lives in one header."""

from __future__ import annotations

import re


def test_compat_header_alone_asks_for_the_version_of_python(tree) -> None:
    native = [s for s in (*tree.c, *tree.cython) if s.path.parts[0] in {"src", "csrc"}]

    assert {str(s.path) for s in native if "PY_VERSION_HEX" in s.text} <= {"csrc/compat.h"}


def test_cython_asks_for_no_version_either(tree) -> None:
    pattern = re.compile(r"PY_MAJOR_VERSION|PY_MINOR_VERSION|sys\.version_info|hexversion")

    assert [str(s.path) for s in tree.cython if pattern.search(s.text)] == []
