"""Snapshots with syrupy, in real runs of pytest."""

from __future__ import annotations

import pytest

pytest.importorskip("syrupy")

CALLS = """
import pytest, shop
from callbox.snapshot import CallTreeFileExtension, CallTreeSnapshotExtension

@pytest.fixture
def calls(snapshot):
    return snapshot.use_extension(CallTreeSnapshotExtension)

@pytest.fixture
def calls_file(snapshot):
    return snapshot.use_extension(CallTreeFileExtension)
"""
TOTAL = """
def test_total(calls, traced_snapshot):
    with traced_snapshot:
        shop.total(["pear", "fig"])
    assert traced_snapshot == calls
"""
TWO_FILES = """
def test_total(calls_file, traced_snapshot):
    with traced_snapshot:
        shop.total(["pear"])
    assert traced_snapshot == calls_file

@pytest.mark.parametrize("item", ["fig", "plum"])
def test_price(calls_file, traced_snapshot, item):
    with traced_snapshot:
        shop.price(item)
    assert traced_snapshot == calls_file
"""


def make_tests(project, body: str) -> None:
    project.makepyfile(test_shop=CALLS + body)


def test_snapshot_is_made_verified_and_readable(project, run) -> None:
    make_tests(project, TOTAL)

    run("--snapshot-update").assert_outcomes(passed=1)
    run().assert_outcomes(passed=1)

    assert (project.path / "__snapshots__" / "test_shop.ambr").read_text() == (
        "# serializer version: 1\n"
        "# name: test_total\n"
        "  total(items=['pear', 'fig']) → 7\n"
        "  ├─ price(item='pear') → 4\n"
        "  ├─ price(item='fig') → 3\n"
        "# ---\n"
    )


def test_each_test_has_a_file_of_its_own(project, run) -> None:
    make_tests(project, TWO_FILES)

    run("--snapshot-update").assert_outcomes(passed=3)
    run().assert_outcomes(passed=3)

    folder = project.path / "__snapshots__" / "test_shop"
    assert sorted(path.name for path in folder.iterdir()) == [
        "test_price[fig].calls",
        "test_price[plum].calls",
        "test_total.calls",
    ]
    assert (folder / "test_total.calls").read_text() == "total(items=['pear']) → 4\n├─ price(item='pear') → 4\n"


def test_failure_shows_the_first_difference_and_the_others(project, run) -> None:
    make_tests(project, TOTAL)
    run("--snapshot-update")
    project.makepyfile(shop="def price(item): return 2\ndef total(items): return sum([price(item) for item in items])")

    result = run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*first difference in total:",
            "E*- price(item='pear') → 4",
            "E*+ price(item='pear') → 2",
            "E*3 changed",
        ]
    )


def test_update_takes_the_new_calls(project, run) -> None:
    make_tests(project, TOTAL)
    run("--snapshot-update")
    project.makepyfile(shop="def price(item): return 2\ndef total(items): return price(items[0])")

    run("--snapshot-update").assert_outcomes(passed=1)
    run().assert_outcomes(passed=1)


def test_snapshot_of_a_test_that_is_gone_is_unused(project, run) -> None:
    make_tests(project, TWO_FILES)
    run("--snapshot-update")
    make_tests(project, TWO_FILES.replace('["fig", "plum"]', '["fig"]'))

    result = run("--snapshot-details")

    result.stdout.fnmatch_lines(["*1 snapshot unused.", "*test_price[[]plum[]]*"])
    assert result.ret != 0


def test_workers_make_and_verify_the_same_snapshots(project, run) -> None:
    pytest.importorskip("xdist")
    make_tests(project, TOTAL + TWO_FILES.replace("def test_total", "def test_total_alone"))

    run("-n", "2", "--snapshot-update").assert_outcomes(passed=4)
    run("-n", "2").assert_outcomes(passed=4)
    run().assert_outcomes(passed=4)


def test_tree_edited_into_nonsense_says_which_line_and_what_to_do(project, run) -> None:
    make_tests(project, TOTAL)
    run("--snapshot-update")
    file = project.path / "__snapshots__" / "test_shop.ambr"
    file.write_text(file.read_text().replace("├─ price(item='pear')", "│  ├─ price(item='pear')"))

    result = run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*line 2 of the snapshot hangs under no call: *; run pytest --snapshot-update to write it anew*"]
    )


@pytest.mark.parametrize("nonsense", [b"\xff\xfe\x00nonsense", b"# serializer version: 1\n# name:\n", b""])
def test_file_that_is_no_snapshot_fails_its_tests_and_can_be_written_anew(project, run, nonsense) -> None:
    make_tests(project, TOTAL)
    run("--snapshot-update")
    (project.path / "__snapshots__" / "test_shop.ambr").write_bytes(nonsense)

    result = run()

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["FAILED test_shop.py::test_total*"])
    run("--snapshot-update").assert_outcomes(passed=1)
    run().assert_outcomes(passed=1)


def test_matchers_and_filters_of_syrupy_see_arguments_and_results(project, run) -> None:
    make_tests(
        project,
        """
from syrupy.filters import props
from syrupy.matchers import path_type

def test_matcher(calls, traced_snapshot):
    with traced_snapshot:
        shop.total(["pear"])
    assert traced_snapshot == calls(matcher=path_type({"shop.price.return": (int,)}))

def test_filter(calls, traced_snapshot):
    with traced_snapshot:
        shop.total(["pear"])
    assert traced_snapshot == calls(exclude=props("items", "return"))
""",
    )

    run("--snapshot-update").assert_outcomes(passed=2)

    text = (project.path / "__snapshots__" / "test_shop.ambr").read_text()
    assert "├─ price(item='pear') → int\n" in text
    assert "  total()\n  ├─ price(item='pear')\n" in text


def test_metrics_beside_a_trace_are_a_stable_remark(project, run) -> None:
    make_tests(
        project,
        """
from callbox import FunctionTracer

def test_workflow(snapshot):
    tracer = FunctionTracer(filter_modules=["shop.*"])
    with tracer:
        result = shop.total(["pear", "fig"])
    assert {
        "result": result,
        "execution_trace": tracer.format_trace(),
        "performance": tracer.get_metrics(),
        "calls": tracer.get_metrics()["call_counts"],
    } == snapshot
""",
    )

    run("--snapshot-update").assert_outcomes(passed=1)
    run().assert_outcomes(passed=1)

    text = (project.path / "__snapshots__" / "test_shop.ambr").read_text()
    assert "'performance': <metrics: times differ from run to run;" in text
    assert "'shop.price': 2," in text


def test_traced_snapshot_inside_other_data_is_its_calls(project, run) -> None:
    make_tests(
        project,
        """
def test_it(snapshot, traced_snapshot):
    with traced_snapshot:
        shop.price("fig")
        shop.price("pear")
    assert {"calls": traced_snapshot} == snapshot
""",
    )

    run("--snapshot-update").assert_outcomes(passed=1)

    text = (project.path / "__snapshots__" / "test_shop.ambr").read_text()
    assert "    'calls': '''\n      price(item='fig') → 3\n      price(item='pear') → 4\n    ''',\n" in text
