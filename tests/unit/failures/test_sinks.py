"""Failures in other places: boxes, Sentry's events, OpenTelemetry's spans."""

from __future__ import annotations

import sys

import pytest

from callbox.failures.production import current, install, uninstall
from callbox.failures.sinks import BoxSink, add_last_calls, span_sink
from callbox.recording import open_recording


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield install("trace", include=__name__)
    uninstall()


def test_event_of_sentry_gets_the_last_calls(installed) -> None:
    def price(n):
        return n * 2

    price(4)
    event = add_last_calls({"message": "m"}, {})

    assert "price(n=4) → 8" in event["extra"]["callbox last calls"]


def test_event_of_sentry_gets_the_failure_it_was_captured_as(installed, extractor, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    error = ValueError("x")
    failure = installed.tell(error, "test")

    event = add_last_calls({}, {"exc_info": (ValueError, error, None)})

    assert event["extra"]["callbox failure"] == failure.id == extractor.failures[0]["id"]


def test_current_span_is_told(installed) -> None:
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    exported = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    provider = trace.TracerProvider()
    processor = pytest.importorskip("opentelemetry.sdk.trace.export").SimpleSpanProcessor(exported)
    provider.add_span_processor(processor)
    with provider.get_tracer("t").start_as_current_span("request"):
        span_sink(installed.tell(ValueError("spanned"), "test"))

    [event] = exported.get_finished_spans()[0].events
    assert event.name == "exception"
    assert event.attributes["exception.message"] == "spanned"


def test_box_of_a_failure_has_the_calls_before_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    installation = install("trace", include=__name__, sinks=[BoxSink(max_boxes=2)])

    def price(n):
        return n * 2

    price(4)
    failures = [installation.tell(ValueError(n), "test") for n in range(3)]
    uninstall()

    folder = tmp_path / ".callbox" / "failures"
    assert {path.stem for path in folder.iterdir()} == {failure.id for failure in failures[1:]}
    recording = open_recording(folder / f"{failures[2].id}.cbx")
    assert "price" in {function.name for function in recording.functions.values()}


def test_event_of_sentry_stays_as_it_is_where_nothing_is_installed() -> None:
    assert add_last_calls({"message": "m"}, {}) == {"message": "m"}


class Sink(list):
    """Keeps failures until it is flushed, which some cannot be."""

    def __call__(self, failure) -> None:
        self.append(failure)

    def flush(self) -> None:
        self.pop()


def test_sink_that_cannot_be_flushed_keeps_nothing_installed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    empty, full = Sink(), Sink(["waits"])
    install("static", sinks=[empty, full])
    uninstall()

    assert full == []
    assert current() is None
