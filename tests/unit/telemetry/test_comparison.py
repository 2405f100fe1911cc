"""Which tests became worse."""

from __future__ import annotations

import pytest

from callbox.telemetry.comparison import find_regressions, is_flaky
from callbox.telemetry.kept import KeptTest


def kept(**known) -> KeptTest:
    plain = {"id": "t", "status": "passed", "duration_ms": 100.0, "n_queries": 2, "n_plus_one": "a.py:3 f"}
    return KeptTest(**{**plain, "n_blocked": 0, "lines_covered": 10, "error": "", **known})


@pytest.mark.parametrize(
    ("known", "kinds"),
    [
        ({"duration_ms": 149.0}, []),
        ({"duration_ms": 151.0}, ["time"]),
        ({"n_queries": 3}, ["queries"]),
        ({"n_queries": 1}, []),
        ({"n_plus_one": "a.py:9 f"}, []),
        ({"n_plus_one": "a.py:3 f\na.py:9 g"}, ["n+1"]),
        ({"status": "error", "duration_ms": 1000.0}, ["outcome"]),
        ({"status": "skipped"}, []),
        ({"lines_covered": 9}, ["coverage"]),
        ({"lines_covered": 11}, []),
        ({"lines_covered": None}, []),
        ({"id": "new", "n_queries": 99}, []),
    ],
)
def test_what_became_worse_is_found(known, kinds) -> None:
    found = find_regressions([kept()], [kept(**known)])

    assert [each.kind for each in found] == kinds


@pytest.mark.parametrize(
    ("statuses", "flaky"),
    [
        (["passed", "failed", "passed"], True),
        (["failed", "passed", "skipped", "error"], True),
        (["passed", "passed", "failed", "failed"], False),
        ([], False),
    ],
)
def test_flaky_is_what_goes_back_and_forth(statuses, flaky) -> None:
    assert is_flaky(statuses) is flaky
