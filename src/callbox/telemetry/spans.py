"""What a test asks others for, as spans: the words of OpenTelemetry, without its library.

Source: OpenTelemetry's semantic conventions for database and HTTP clients, 1.37.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from callbox.telemetry.places import Place
from callbox.telemetry.queries import Query
from callbox.telemetry.web.request import Request

DATABASE = "db"
HTTP = "http"
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE|JOIN)\s+(\"[^\"]+\"|`[^`]+`|[\w.\"]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """An operation of another system.

    Attributes:
        kind: `DATABASE` or `HTTP`.
        name: as the conventions have it.
        started_ns, ended_ns: since the epoch.
        attributes: as the conventions have them.
        error: what went wrong; "" if nothing did.
    """

    kind: str
    name: str
    started_ns: int
    ended_ns: int
    attributes: dict[str, Any]
    error: str = ""


def query_span(query: Query) -> Span:
    """Return the span of a query that ended now."""
    ended_ns = time.time_ns()
    shape = query.shape
    table = _TABLE.search(shape.template)
    operation = shape.kind if shape.kind != "OTHER" else shape.template.split(" ", 1)[0].upper()
    summary = f"{operation} {table[1].strip('`').replace(chr(34), '')}" if table else operation
    attributes: dict[str, Any] = {
        "db.system.name": query.system or "other_sql",
        "db.namespace": query.alias,
        "db.operation.name": operation,
        "db.query.summary": summary,
        "db.query.text": shape.template,
        **_code(query.path[0] if query.path else None),
    }
    if query.n_rows >= 0:
        attributes["db.response.returned_rows"] = query.n_rows
    return Span(DATABASE, summary, ended_ns - query.duration_ns, ended_ns, attributes)


def request_span(request: Request) -> Span:
    """Return the span of a request that ended now."""
    ended_ns = time.time_ns()
    attributes: dict[str, Any] = {
        "http.request.method": request.method,
        "server.address": request.host,
        "url.full": request.url,
        **_code(request.path[0] if request.path else None),
    }
    if request.port is not None:
        attributes["server.port"] = request.port
    if request.status is not None:
        attributes["http.response.status_code"] = request.status
    error = request.error or (str(request.status) if request.status is not None and request.status >= 400 else "")
    if error:
        attributes["error.type"] = error
    return Span(HTTP, request.method, ended_ns - request.duration_ns, ended_ns, attributes, error)


def _code(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    return {"code.file.path": place.file, "code.line.number": place.line, "code.function.name": place.function}
