"""Requests of `http.client`, on which urllib, urllib3 and requests stand."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from callbox.telemetry.web.request import Note, Request

_BEGUN = "_callbox_request"
_PORTS = {"http": 80, "https": 443}


def attach(note: Note) -> Callable[[], None]:
    """Wrap the methods that begin a request and wait for its response; return what undoes it."""
    from http.client import HTTPConnection

    own = {name: vars(HTTPConnection)[name] for name in ("putrequest", "endheaders", "getresponse")}

    @functools.wraps(own["putrequest"])
    def putrequest(connection: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        setattr(connection, _BEGUN, (method, whole_url(connection, url), time.perf_counter_ns()))
        return own["putrequest"](connection, method, url, *args, **kwargs)

    @functools.wraps(own["endheaders"])
    def endheaders(connection: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return own["endheaders"](connection, *args, **kwargs)
        except BaseException as error:
            tell(connection, error)
            raise

    @functools.wraps(own["getresponse"])
    def getresponse(connection: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            response = own["getresponse"](connection, *args, **kwargs)
        except BaseException as error:
            tell(connection, error)
            raise
        tell(connection, response.status)
        return response

    def tell(connection: Any, outcome: int | BaseException) -> None:
        begun = connection.__dict__.pop(_BEGUN, None)
        if begun is not None:
            method, url, began_ns = begun
            note(Request.ended(method, url, time.perf_counter_ns() - began_ns, outcome))

    wrapped = {"putrequest": putrequest, "endheaders": endheaders, "getresponse": getresponse}
    for name, method in wrapped.items():
        setattr(HTTPConnection, name, method)

    def detach() -> None:
        for name, method in wrapped.items():
            if vars(HTTPConnection)[name] is method:
                setattr(HTTPConnection, name, own[name])

    return detach


def whole_url(connection: Any, url: str) -> str:
    """Return a whole URL: through a proxy it is given whole, else as a path, or as `*`."""
    if "://" in url:
        return url
    url = url if url.startswith(("/", "?")) else f"/{url}"
    scheme = "https" if connection.default_port == 443 else "http"
    if connection._tunnel_host:
        return f"{origin(scheme, connection._tunnel_host, connection._tunnel_port)}{url}"
    return f"{origin(scheme, connection.host, connection.port)}{url}"


def origin(scheme: str, host: str, port: int | None) -> str:
    """Return what a URL begins with, without a port that the scheme implies."""
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{scheme}://{name}{'' if port in (None, _PORTS.get(scheme)) else f':{port}'}"
