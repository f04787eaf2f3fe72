"""A reverse proxy on loopback, as IT puts one before the pages; it can be told to be in the way."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "date", "server"})


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """How a proxy behaves.

    Attributes:
        path: What it makes of a path before it passes the request on.
        answers: A path to status and headers of what it answers by itself; None: it passes the request on.
        headers: Put in the place of those that come back; an empty value takes one away.
        asked: Paths, as they came.
    """

    path: Callable[[str], str] = lambda path: path
    answers: Callable[[str], tuple[int, Mapping[str, str]] | None] = lambda _path: None
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy(to: str, behaviour: Behaviour | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Pass what comes on to the server at *to*; yields the port. *tls*: what it speaks itself; None: plain HTTP."""
    how, target = behaviour or Behaviour(), urlsplit(to).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            how.asked.append(self.path)
            status, headers, body = self.own() or self.passed_on()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def own(self) -> tuple[int, Mapping[str, str], bytes] | None:
            found = how.answers(self.path)
            return None if found is None else (*found, b"<h1>proxy</h1>")

        def passed_on(self) -> tuple[int, Mapping[str, str], bytes]:
            line = HTTPConnection(target, timeout=20)
            try:
                line.request("GET", how.path(self.path), headers={"X-Forwarded-For": self.client_address[0]})
                answer = line.getresponse()
                body = answer.read()
            finally:
                line.close()
            came = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            came.pop("content-length", None)
            return answer.status, {name: value for name, value in {**came, **how.headers}.items() if value}, body

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not like our certificate is no error of ours."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
