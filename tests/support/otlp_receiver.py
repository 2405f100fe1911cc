"""A receiver of OTLP over HTTP on the loopback, which reads what it is sent as the official messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.inbox import Inbox, serving

_MESSAGES = {
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/traces": ExportTraceServiceRequest,
}


class Receiver(Inbox):
    """What has come in, as messages."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Any]:
        assert {post.content_type for post in self.posts} <= {"application/x-protobuf"}
        return [_MESSAGES[post.path].FromString(post.body) for post in self.posts]

    @property
    def spans(self) -> list[Any]:
        return self._flattened(ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans")

    @property
    def logs(self) -> list[Any]:
        return self._flattened(ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records")

    @property
    def metrics(self) -> dict[str, Any]:
        found = self._flattened(ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics")
        return {metric.name: metric for metric in found}

    def children(self, span: Any) -> list[Any]:
        return [each for each in self.spans if each.parent_span_id == span.span_id]

    def _flattened(self, message: type, *levels: str) -> list[Any]:
        found = [request for request in self.requests if isinstance(request, message)]
        for level in levels:
            found = [part for each in found for part in getattr(each, level)]
        return found


def attributes(holder: Any) -> dict[str, Any]:
    """Return attributes of a span or a data point as plain values."""
    return {each.key: _plain(each.value) for each in holder.attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve as long as the context lasts."""
    receiver = Receiver()
    with serving(receiver):
        yield receiver
