"""Failures to a collector of OpenTelemetry, over OTLP: as log records and as spans. Needs the extra `otel`.

Source: OpenTelemetry's semantic conventions for exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import get_current
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

from callbox.errors import ConfigError
from callbox.failures.sinks import exception_attributes

if TYPE_CHECKING:
    from callbox.failures.model import Failure

SIGNALS = ("logs", "spans")
_NS_PER_S = 1_000_000_000
_TIMEOUT_S = 5
_SCOPE = "callbox.failures"


class OtlpSink:
    """Sends each failure as a log record, as a span, or as both; from threads of its own, so nobody waits for it.

    Both belong to the trace of the span that was current when it failed.
    """

    def __init__(self, endpoint: str | None = None, *, signals: Iterable[str] = SIGNALS, service: str = "") -> None:
        """Connect; nothing is sent yet.

        Args:
            endpoint: base URL of the collector, as `http://127.0.0.1:4318`; None goes by OpenTelemetry's own
                environment variables.
            signals: "logs", "spans", or both.
            service: name of the service; empty goes by `OTEL_SERVICE_NAME`.

        Raises:
            ConfigError: a signal is unknown, or there is none.
        """
        chosen = tuple(signals)
        if not chosen or not set(chosen) <= set(SIGNALS):
            raise ConfigError(f"signals are {chosen!r}: use one or both of {', '.join(SIGNALS)}")
        resource = Resource.create({"service.name": service} if service else {})
        self._logs = _logger_provider(endpoint, resource) if "logs" in chosen else None
        self._spans = _tracer_provider(endpoint, resource) if "spans" in chosen else None

    def __call__(self, failure: Failure) -> None:
        """Hand over a failure to be sent."""
        attributes: dict[str, str | int] = {**exception_attributes(failure)}
        attributes |= {
            f"callbox.{key}": value for key, value in failure.metadata.items() if isinstance(value, str | int)
        }
        time_ns = round(failure.timestamp * _NS_PER_S)
        if self._logs is not None:
            record = LogRecord(
                timestamp=time_ns,
                observed_timestamp=time_ns,
                context=get_current(),
                severity_text="ERROR",
                severity_number=SeverityNumber.ERROR,
                body=failure.summary,
                attributes=attributes,
                event_name="exception",
            )
            self._logs.get_logger(_SCOPE).emit(record)
        if self._spans is not None:
            span = self._spans.get_tracer(_SCOPE).start_span(failure.test_name or failure.summary, start_time=time_ns)
            span.add_event("exception", attributes=attributes, timestamp=time_ns)
            span.set_status(Status(StatusCode.ERROR, failure.summary))
            span.end(end_time=time_ns)

    def flush(self) -> None:
        """Wait until what was handed over is sent, for a few seconds."""
        for provider in (self._logs, self._spans):
            if provider is not None:
                provider.force_flush(_TIMEOUT_S * 1000)

    def close(self) -> None:
        """Send what waits, and end the threads."""
        for provider in (self._logs, self._spans):
            if provider is not None:
                provider.shutdown()


def _logger_provider(endpoint: str | None, resource: Resource) -> LoggerProvider:
    provider = LoggerProvider(resource=resource)
    exporter = OTLPLogExporter(endpoint=_url(endpoint, "logs"), timeout=_TIMEOUT_S)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    return provider


def _tracer_provider(endpoint: str | None, resource: Resource) -> TracerProvider:
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=_url(endpoint, "traces"), timeout=_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _url(endpoint: str | None, signal: str) -> str | None:
    return f"{endpoint.rstrip('/')}/v1/{signal}" if endpoint else None
