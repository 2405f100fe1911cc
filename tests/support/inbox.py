"""A server on the loopback that keeps what is posted to it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Post:
    """One request, unpacked."""

    path: str
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Inbox:
    """What has come in, in order."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)

    @property
    def content(self) -> dict[str, bytes]:
        """The bodies, by where they were sent."""
        return {f"{number} {post.path}": post.body for number, post in enumerate(self.posts)}


@contextmanager
def serving(inbox: Inbox) -> Iterator[None]:
    """Serve as long as the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            inbox.posts.append(Post(self.path, self.headers.get("Content-Type", ""), body, dict(self.headers)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
