"""A run as OpenTelemetry spans and metrics, sent to a receiver by OTLP over HTTP.

One trace: the run, in it its tests, in them their queries and requests. Headers and
certificates come from the exporter's own variables, `OTEL_EXPORTER_OTLP_...`.

Source: OpenTelemetry's semantic conventions for tests, database and HTTP clients, 1.37.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context

from callbox.errors import CallboxError
from callbox.telemetry.records import BAD
from callbox.telemetry.spans import DATABASE, HTTP, Span

_SCOPE = "callbox.telemetry"
_SCHEMA_URL = "https://opentelemetry.io/schemas/1.37.0"
_TIMEOUT_S = 5
_CHUNK = 512
_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
"""Bounds of durations, as the conventions have them for databases."""
_COUNTS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500]
_METRICS = {DATABASE: "db.client.operation.duration", HTTP: "http.client.request.duration"}
_METRIC_KEYS = frozenset(
    {
        "db.system.name",
        "db.namespace",
        "db.operation.name",
        "db.query.summary",
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
        "error.type",
    }
)
Traced = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
"""Records, each with what `Running.trace` says."""


def export_run(url: str, started: dt.datetime, summary: Mapping[str, Any], traced: Traced) -> None:
    """Send a run.

    Args:
        url: of the receiver, without the path of a signal.
        started: when the run began, local time.
        summary: of the run.
        traced: its tests.

    Raises:
        CallboxError: the receiver does not take it.
    """
    base = url.rstrip("/")
    resource = Resource.create({"service.name": Path.cwd().name or "tests"})
    with _quiet():
        _export_spans(f"{base}/v1/traces", resource, started, summary, traced)
        _export_metrics(f"{base}/v1/metrics", resource, traced)


class _Chunks(SpanProcessor):
    """Sends spans as they end, many at a time, in the thread that ends them."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_TIMEOUT_S)
        self._waiting: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self._waiting.append(span)
        if len(self._waiting) >= _CHUNK:
            self.send()

    def send(self) -> None:
        spans, self._waiting = self._waiting, []
        if spans and self._exporter.export(spans) is not SpanExportResult.SUCCESS:
            raise _refused(self._endpoint)


def _export_spans(
    endpoint: str, resource: Resource, started: dt.datetime, summary: Mapping[str, Any], traced: Traced
) -> None:
    chunks = _Chunks(endpoint)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(chunks)
    tracer = provider.get_tracer(_SCOPE, version("callbox"), _SCHEMA_URL)
    started_ns = int(started.timestamp() * 1e9)
    is_bad = bool(summary["failed_tests"])
    attributes = {
        "test.suite.name": str(resource.attributes["service.name"]),
        "test.suite.run.status": "failure" if is_bad else "success",
        "callbox.tests": summary["total_tests"],
    }
    run = tracer.start_span("test run", Context(), start_time=started_ns, attributes=attributes)
    inside = set_span_in_context(run, Context())
    for record, trace in traced:
        _add_test(tracer, inside, record, trace)
    if is_bad:
        run.set_status(Status(StatusCode.ERROR))
    run.end(started_ns + int(summary["duration"]["wall"] * 1e6))
    chunks.send()


def _add_test(tracer: Tracer, inside: Context, record: Mapping[str, Any], trace: Mapping[str, Any]) -> None:
    status = record["status"]
    attributes: dict[str, Any] = {
        "test.case.name": record["name"],
        "test.suite.name": record["class"] or record["module"],
        "callbox.test.status": status,
        "callbox.test.queries": record["database_queries"]["count"],
        "callbox.test.n_plus_one": [found["site"] for found in record["database_queries"]["n_plus_one"]],
        "code.file.path": record["file"],
        "code.line.number": record["line"],
        "code.function.name": record["name"].partition("[")[0],
    }
    if status != "skipped":
        attributes["test.case.result.status"] = "fail" if status in BAD else "pass"
    if trace["dropped"]:
        attributes["callbox.test.dropped_spans"] = trace["dropped"]
    test = tracer.start_span(record["id"], inside, start_time=trace["started_ns"], attributes=attributes)
    for span in _spans_of(trace):
        child = tracer.start_span(
            span.name,
            set_span_in_context(test, Context()),
            SpanKind.CLIENT,
            attributes=span.attributes,
            start_time=span.started_ns,
        )
        if span.error:
            child.set_status(Status(StatusCode.ERROR, span.error))
        child.end(span.ended_ns)
    if status in BAD:
        test.set_status(Status(StatusCode.ERROR, record["error"]))
    test.end(trace["started_ns"] + record["duration_ns"])


def _export_metrics(endpoint: str, resource: Resource, traced: Traced) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource, shutdown_on_exit=False)
    meter = provider.get_meter(_SCOPE, version("callbox"), _SCHEMA_URL)
    durations, operations = (
        meter.create_histogram("callbox.test.duration", "s", explicit_bucket_boundaries_advisory=_SECONDS),
        {
            kind: meter.create_histogram(name, "s", explicit_bucket_boundaries_advisory=_SECONDS)
            for kind, name in _METRICS.items()
        },
    )
    queries = meter.create_histogram("callbox.test.queries", "{query}", explicit_bucket_boundaries_advisory=_COUNTS)
    for record, trace in traced:
        durations.record(record["duration_ns"] / 1e9, {"callbox.test.status": record["status"]})
        queries.record(record["database_queries"]["count"])
        for span in _spans_of(trace):
            attributes = {key: value for key, value in span.attributes.items() if key in _METRIC_KEYS}
            operations[span.kind].record((span.ended_ns - span.started_ns) / 1e9, attributes)
    data = reader.get_metrics_data()
    exporter = OTLPMetricExporter(endpoint=endpoint, timeout=_TIMEOUT_S)
    if data is not None and exporter.export(data) is not MetricExportResult.SUCCESS:
        raise _refused(endpoint)


def _spans_of(trace: Mapping[str, Any]) -> list[Span]:
    """Return spans, those too that came from another process as plain data."""
    return [span if isinstance(span, Span) else Span(**span) for span in trace["spans"]]


def _refused(endpoint: str) -> CallboxError:
    return CallboxError(f"no receiver of OTLP takes them at {endpoint}: start one there, or change otlp in [telemetry]")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from logging what an error will say."""
    logger = logging.getLogger("opentelemetry")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
