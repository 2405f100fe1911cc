"""pytest with a record for each test; the suite's outcome is its own."""

from __future__ import annotations

import pytest

SUITE = """
    import os, socket, sqlite3
    import pytest

    @pytest.fixture
    def db():
        connection = sqlite3.connect(":memory:")
        connection.execute("create table t (id integer, v text)")
        connection.executemany("insert into t values (?, ?)", [(i, str(i)) for i in range(10)])
        yield connection
        connection.execute("drop table t")
        connection.close()

    def load(connection, number):
        return connection.execute("select v from t where id = ?", (number,)).fetchone()

    def load_all(db): return [load(db, number) for number in range(5)]

    def test_passes(db): load_all(db)

    @pytest.mark.parametrize("name", ["ü\\n", "b"])
    def test_names(name): pass

    def test_blocked(): socket.create_connection(("192.0.2.1", 80), timeout=1)

    @pytest.mark.allow_network
    def test_allowed():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaching:
            reaching.connect(("192.0.2.1", 80))  # sends nothing

    def test_skips(): pytest.skip("not today")

    @pytest.mark.xfail(reason="known")
    def test_fails_as_expected(): assert False

    @pytest.mark.xfail(strict=False)
    def test_passes_unexpectedly(): pass

    def test_fails(): assert 1 == 2

    @pytest.fixture
    def broken(): raise ValueError("in a fixture")

    def test_setup_fails(broken): pass

    @pytest.fixture
    def messy():
        yield
        raise ValueError("afterwards")

    def test_teardown_fails(messy): pass

    def test_prints(): os.write(1, b"x" * 1_000_000)

    class TestGroup:
        def test_in_class(self): pass
"""
STATUSES = {
    "test_passes": "passed",
    "test_names[\\xfc\\n]": "passed",
    "test_names[b]": "passed",
    "test_blocked": "failed",
    "test_allowed": "passed",
    "test_skips": "skipped",
    "test_fails_as_expected": "xfailed",
    "test_passes_unexpectedly": "xpassed",
    "test_fails": "failed",
    "test_setup_fails": "error",
    "test_teardown_fails": "error",
    "test_prints": "passed",
    "test_in_class": "passed",
}
COUNTS = {"passed": 6, "failed": 2, "error": 2, "skipped": 1, "xfailed": 1, "xpassed": 1}
QUIET = ("-q", "-p", "no:cacheprovider")


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_each_test_has_one_record_and_the_suite_ends_as_ever(lab, spread) -> None:
    lab.write("test_suite.py", SUITE)
    plain = lab.run("-m", "pytest", *QUIET)

    ran = lab.run(
        "-m", "callbox.telemetry.pytest", *QUIET, *spread, "--telemetry-output", "out.jsonl", output="out.jsonl"
    )

    assert ran.code == plain.code == 1
    assert {name: record["status"] for name, record in ran.records.items()} == STATUSES
    assert (ran.summary["total_tests"], ran.summary["failed_tests"], ran.summary["exit_code"]) == (13, 4, 1)
    assert (ran.summary["passed_tests"], ran.summary["skipped_tests"]) == (8, 1)
    assert ran.summary["by_status"] == COUNTS
    assert min(ran.summary["duration"]["total"], ran.summary["duration"]["wall"]) > 0


def test_queries_are_counted_to_the_phase_and_line_that_made_them(lab) -> None:
    lab.write("test_suite.py", SUITE)

    record = lab.run("-m", "pytest", "--callbox-telemetry", *QUIET).records["test_passes"]

    queries, performance = record["database_queries"], record["performance"]
    assert "potential_n_plus_1_queries" in performance["flags"]
    assert {"avg_duration", "median_duration", "p95_duration", "p99_duration", "total_tests_run"} <= set(performance)
    assert queries["by_phase"] == {"setup": 2, "call": 5, "teardown": 1}
    assert queries["query_types"]["SELECT"] == 5
    (found,) = queries["n_plus_one"]
    assert found["site"] == "test_suite.py:15 load"
    assert found["path"][1].startswith("test_suite.py:17 load_all")
    assert found["path"][-1] == "test_suite.py:19 test_passes"


IDENTIFIED = """
    import time
    import pytest

    @pytest.fixture
    def basket():
        time.sleep(0.02)
        yield []
        time.sleep(0.03)

    class TestShop:
        @pytest.mark.filterwarnings("default")
        def test_sleeps(self, basket): time.sleep(0.04)

        def test_grows(self): assert len(b"x" * (200 << 20)) == 200 << 20
"""


def test_record_tells_which_test_it_is_and_what_its_phases_took(lab) -> None:
    lab.write("shop/test_suite.py", IDENTIFIED)

    records = lab.run("-m", "pytest", "--callbox-telemetry", *QUIET).records

    record = records["test_sleeps"]

    named = {key: record[key] for key in ("schema_version", "id", "class", "file", "line", "tags")}
    assert named == {
        "schema_version": 1,
        "id": "shop/test_suite.py::TestShop::test_sleeps",
        "class": "TestShop",
        "file": "shop/test_suite.py",
        "line": 12,
        "tags": ["filterwarnings"],
    }
    assert "basket" in record["fixtures"]
    assert [record["phases"][phase] >= least for phase, least in (("setup", 20), ("call", 40), ("teardown", 30))] == [
        *(True, True, True)
    ]
    assert record["duration_ns"] / 1e6 == pytest.approx(record["duration"], rel=0.01)
    assert record["duration"] >= 90
    assert (record["logs"], record["metadata"]) == ([], {})
    assert records["test_grows"]["performance"]["memory_growth_kb"] > 100_000
    assert records["test_grows"]["performance"]["memory_peak_kb"] > 200 << 10


def test_network_is_blocked_recorded_or_left_alone(lab) -> None:
    lab.write("test_suite.py", SUITE)
    words = ("-m", "pytest", "--callbox-telemetry", *QUIET, "-k", "blocked or allowed")

    blocked = lab.run(*words).records
    recorded, alone = (lab.run(*words, "--telemetry-network", m, "-k", "allowed").records for m in ("record", "off"))

    (call,) = blocked["test_blocked"]["http_calls"]["blocked_calls"]
    assert (call["url"], call["site"]) == ("192.0.2.1:80", "test_suite.py:24 test_blocked")
    assert "network_calls_blocked" in blocked["test_blocked"]["performance"]["flags"]
    told = {name: blocked[name]["performance"] for name in ("test_blocked", "test_allowed")}
    assert {name: each["has_blocked_network_calls"] for name, each in told.items()} == {
        "test_blocked": True,
        "test_allowed": False,
    }
    assert [each["is_network_heavy"] for each in told.values()] == [True, True]
    assert len(blocked["test_allowed"]["http_calls"]["external_calls"]) == 1
    assert recorded["test_allowed"]["http_calls"]["blocked_calls"] == []
    assert recorded["test_allowed"]["http_calls"]["count"] == 1
    assert alone["test_allowed"]["http_calls"]["count"] == 0


def test_test_whose_worker_dies_is_recorded_as_crashed(lab) -> None:
    lab.write("test_suite.py", "import os\ndef test_dies(): os._exit(3)\ndef test_lives(): pass\n")

    ran = lab.run("-m", "pytest", "--callbox-telemetry", *QUIET, "-n", "1")

    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_dies": "crashed",
        "test_lives": "passed",
    }


def test_module_that_cannot_be_collected_is_an_error(lab) -> None:
    lab.write("test_broken.py", "import nowhere_to_be_found\n")

    ran = lab.run("-m", "pytest", "--callbox-telemetry", *QUIET)

    assert ran.code == 2
    (record,) = ran.records.values()
    assert (record["status"], record["error"]) == (
        "error",
        "collection: E   ModuleNotFoundError: No module named 'nowhere_to_be_found'",
    )


def test_output_that_cannot_be_written_is_told_before_any_test(lab) -> None:
    lab.write("test_suite.py", "def test_one(): pass\n")

    ran = lab.run("-m", "pytest", "--callbox-telemetry", "--telemetry-output", "no/where/out")

    assert ran.code == 4
    assert "callbox: cannot write telemetry to no/where/out: No such file or directory" in ran.err


SUBTESTS = """
    import sqlite3
    import pytest

    @pytest.fixture
    def db():
        yield sqlite3.connect(":memory:")

    def test_parts(db, subtests):
        with subtests.test("first"):
            db.execute("select 1")
        db.execute("select 2")
"""


def test_queries_after_a_subtest_are_the_calls(lab) -> None:
    pytest.importorskip("pytest", minversion="9.0", reason="no subtests")
    lab.write("test_suite.py", SUBTESTS)

    ran = lab.run("-m", "pytest", "--callbox-telemetry", *QUIET)

    assert ran.code == 0
    assert ran.records["test_parts"]["database_queries"]["by_phase"] == {"setup": 0, "call": 2, "teardown": 0}


def test_places_are_told_from_where_the_run_began_wherever_a_test_goes(lab) -> None:
    lab.write(
        "test_moving.py",
        """
        import os, shutil, socket, sqlite3

        def test_moves(tmp_path):
            shop = sqlite3.connect(":memory:")
            os.chdir(tmp_path)
            for number in range(3):
                list(names(shop, number))
            try:
                socket.create_connection(("192.0.2.1", 80))
            except OSError:
                pass
            shutil.rmtree(tmp_path)

        def names(shop, number):
            for again in range(2):
                yield shop.execute(f"select {number}{again}")
        """,
    )

    record = lab.run("-m", "pytest", "-q", "--callbox-telemetry").records["test_moves"]

    (found,) = record["database_queries"]["n_plus_one"]
    (call,) = record["http_calls"]["blocked_calls"]
    assert (found["site"], call["site"]) == ("test_moving.py:17 names", "test_moving.py:10 test_moves")


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest has subtests from 9 on")
def test_test_with_a_subtest_that_is_skipped_passes(lab) -> None:
    lab.write(
        "test_parts.py",
        """
        import pytest

        def test_passes(subtests):
            for part in range(3):
                with subtests.test(part=part):
                    if part == 2:
                        pytest.skip("not here")

        def test_fails(subtests):
            for part in range(3):
                with subtests.test(part=part):
                    assert part
        """,
    )

    ran = lab.run("-m", "pytest", "-q", "--callbox-telemetry")

    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_passes": "passed",
        "test_fails": "failed",
    }
