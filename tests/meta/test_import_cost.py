"""`import callbox` costs a program nothing that it did not ask for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROBE = """
import json, sys
before = set(sys.modules)
import callbox
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Top-level names of the modules that `import callbox` loads in a fresh interpreter."""
    result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(result.stdout)}


@pytest.mark.parametrize("name", ["pytest", "numpy", "rich", "click", "asv_runner", "django", "msgspec"])
def test_import_does_not_load(loaded, name) -> None:
    assert name not in loaded


def test_import_loads_the_standard_library_only(loaded) -> None:
    assert loaded - set(sys.stdlib_module_names) == {"callbox"}


def test_values_of_the_standard_library_load_no_library() -> None:
    work = """
import json, sys
from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.literals import literal
from callbox.values.redact import Redactor
value = {"order": [1, 2.5, "tea"], "password": "x"}
decode(encode(value)), literal(value), compare(value, value), Redactor().redact_value(value)
print(json.dumps(sorted(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", work], capture_output=True, text=True, check=True, timeout=60)

    assert "callbox.values.compare" in json.loads(result.stdout)
    assert {"numpy", "pandas", "pyarrow", "scipy", "attr", "attrs", "pydantic"} & set(
        json.loads(result.stdout)
    ) == set()
