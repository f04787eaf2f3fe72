"""HTTPS on loopback with connections that are kept, one thread each; what is answered is somebody else's business."""

import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from servers.ews_login import Line
from servers.ews_soap import Answer


class Cut(Exception):
    """No answer: the connection is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came over a connection. *line*: who is logged in on it."""

    method: str
    path: str
    authorization: str | None
    body: bytes
    line: Line


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "HttpsServer"

    def setup(self) -> None:
        super().setup()
        self.asked_on = self.server.new_line()

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = Asked(
            method=self.command,
            path=self.path,
            authorization=self.headers.get("Authorization"),
            body=body,
            line=self.asked_on,
        )
        try:
            answer, turned_away = self.server.respond(asked)
        except Cut:
            self.close_connection = True
            return
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Date: {format_datetime(self.server.now().astimezone(UTC), usegmt=True)}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
            *(f"WWW-Authenticate: {scheme}" for scheme in turned_away),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Nothing: tests look at what the server remembers."""


class HttpsServer(ThreadingHTTPServer):
    """Attributes:
    respond: The answer, and the schemes by which those may log in who are turned away.
    failed: Is handed what went wrong that is no broken connection.
    """

    daemon_threads = False  # so that closing waits for them

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        respond: Callable[[Asked], tuple[Answer, tuple[str, ...]]],
        new_line: Callable[[], Line],
        now: Callable[[], datetime],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.context, self.respond, self.new_line, self.now, self.failed = context, respond, new_line, now, failed
        self._open: set[Any] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self) -> tuple[Any, Any]:
        """TLS is spoken in the connection's own thread, with its first byte."""
        plain, address = self.socket.accept()
        line = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(line)
        return line, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        failure = sys.exception()
        if failure is not None and not isinstance(failure, OSError):  # clients may go, and distrust us
            self.failed(failure)

    def hang_up(self) -> None:
        """Wake the threads that wait for another request."""
        with self._lock:
            waiting = list(self._open)
        for line in waiting:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(server: HttpsServer) -> Iterator[int]:
    """Run it; yield its port. Afterwards no thread of it is left."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()
