"""Numbers of failures, and what somebody should look at."""

from __future__ import annotations

import itertools
import sys
import time

import pytest

from callbox.failures.catch import problems
from callbox.failures.metrics import alerts, measure_overhead, process_stats, prometheus_text, stats_of, usage
from callbox.failures.production import install, uninstall


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Numbers of a process begin at zero, and nothing stays installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(problems, "n_errors", 0)
    monkeypatch.setattr(problems, "n_over_limit", 0)
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    yield
    uninstall()


def fail(number: int) -> None:
    sys.excepthook(ValueError, ValueError(number), None)


def test_store_is_counted_without_reading_it_all(extractor, history) -> None:
    install("static", rate_limit=1000)
    for number in range(12):
        fail(number)
    extractor.add_passed("fine")
    extractor.flush()

    stats = stats_of(history)

    assert (stats["failures"], stats["kinds"], stats["failures_kept"], stats["passed_kept"]) == (12, 1, 10, 1)
    assert stats["store_bytes"] > 0
    assert abs(stats["last_failure_timestamp"] - time.time()) < 60


def test_store_that_is_not_there_is_empty(history) -> None:
    assert set(stats_of(history).values()) == {0}


def test_process_tells_what_it_holds_and_what_it_left_out(extractor) -> None:
    extractor.set_memory_limits(max_failures=1)
    install("static", rate_limit=1e-4)  # the next one in hours
    for number in range(5):
        fail(number)

    stats = process_stats()

    assert (stats["memory_failures"], stats["memory_failures_limit"], stats["over_limit"]) == (1, 1, 4)
    assert stats["sampled_out"] == 0
    assert "overhead_ratio" not in stats


def test_recorder_tells_what_it_costs() -> None:
    install("profile", include=__name__, budget=0.5)

    stats = process_stats()

    assert (stats["overhead_budget_ratio"], stats["recorder_level"], stats["recorder_steps_down"]) == (0.5, 1, 0)
    assert stats["overhead_ratio"] >= 0


def test_usage_and_limits_raise_alerts(extractor) -> None:
    extractor.set_memory_limits(max_failures=5)
    install("static")
    for number in range(5):
        fail(number)

    assert usage()["failures"] == 100
    assert alerts() == ["High failure memory usage: 100%", "Failure memory limit reached"]
    assert alerts(max_usage=100) == ["Failure memory limit reached"]


@pytest.mark.parametrize(("overhead", "found"), [(25.0, ["High performance overhead: 25.0%"]), (19.0, [])])
def test_overhead_over_its_limit_raises_an_alert(overhead, found) -> None:
    assert alerts(overhead=overhead) == found


def test_recorder_over_its_budget_raises_alerts(over_budget) -> None:
    [kept, *_] = alerts(max_overhead=20)
    assert kept.startswith("To stay within 0.0%, less is recorded: level sample_")
    assert over_budget.spending.overhead < 0.2


def test_captures_that_fail_and_stores_that_cannot_be_written_raise_alerts(extractor, monkeypatch) -> None:
    problems.count(ZeroDivisionError("own"))
    monkeypatch.setattr(type(extractor), "problem", "disk full")

    assert alerts() == [
        "1 captures failed themselves, the last with ZeroDivisionError: own",
        "Failures are not stored: disk full",
    ]
    assert process_stats()["capture_errors"] == 1


def test_prometheus_reads_the_numbers() -> None:
    text = prometheus_text({"failures": 3, "kinds": 1})

    assert text.splitlines()[1:4] == [
        "# TYPE callbox_failures gauge",
        "callbox_failures 3",
        "# HELP callbox_kinds Kinds of failures.",
    ]


def test_opentelemetry_reads_the_numbers(history) -> None:
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    reader = pytest.importorskip("opentelemetry.sdk.metrics.export").InMemoryMetricReader()
    register_metrics = pytest.importorskip("callbox.failures.metrics").register_metrics
    install("profile", budget=0.5)
    fail(1)
    provider = metrics.MeterProvider(metric_readers=[reader])
    register_metrics(provider.get_meter("t"), history)

    found = {
        metric.name: [point.value for point in metric.data.data_points]
        for metric in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    }
    provider.shutdown()

    assert {name.removeprefix("callbox.") for name in found} == {*stats_of(history), *process_stats()}
    assert found["callbox.failures"] == [1]
    assert found["callbox.overhead_budget_ratio"] == [0.5]


def test_overhead_is_measured_in_turn() -> None:
    times_ns = itertools.accumulate(itertools.cycle((0, 10, 0, 12)))

    assert measure_overhead(int, int, rounds=5, clock=lambda: next(times_ns)) == pytest.approx(20)
