"""HTTP/1.1 over TLS on loopback: a thread a connection, kept alive. Reads and writes as little as clients need."""

import io
import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime

from servers.certificates import certificates
from servers.graph_received import Answer, Cut, Received, received

PHRASES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content"}


class Wire:
    """Listens from its making until ``close``.

    Args:
        respond: Called in the connection's thread; raises Cut to end the connection without an answer.
    """

    def __init__(self, respond: Callable[[Received], Answer], now: Callable[[], datetime]) -> None:
        self.respond, self.now = respond, now
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._lines: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._date = (0, "")
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """End every connection and every thread."""
        with self._lock:
            self._closed = True
            lines = dict(self._lines)
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the acceptor
        self._acceptor.join()
        self._listener.close()
        for line in lines.values():
            with suppress(OSError):  # gone by itself
                socket.socket.shutdown(line, socket.SHUT_RDWR)
        for thread in lines:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            with self._lock:
                if self._closed:
                    line.close()
                    return
                self._lines[thread] = line
                thread.start()

    def _serve(self, line: socket.socket) -> None:
        # A client that hangs up, mid-handshake or mid-answer, is everyday life.
        try:
            with (
                suppress(OSError, Cut),
                certificates().server.wrap_socket(line, server_side=True, do_handshake_on_connect=False) as secured,
            ):
                with self._lock:
                    self._lines[threading.current_thread()] = secured  # before a handshake that may hang
                secured.do_handshake()
                with secured.makefile("rb") as reader:
                    while self._exchange(reader, secured):
                        pass
        finally:
            line.close()
            with self._lock:
                del self._lines[threading.current_thread()]

    def _exchange(self, reader: io.BufferedIOBase, secured: ssl.SSLSocket) -> bool:
        """One request and its answer; whether another may follow."""
        first = reader.readline()
        if not first.strip():
            return False
        method, target, _ = first.decode("ascii").split(" ", 2)
        headers: dict[str, str] = {}
        while header := reader.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.casefold()] = value.strip()
        body = _body(reader, headers)
        answer = self.respond(received(method, target, headers, body, self.now()))
        secured.sendall(self._written(answer))
        return headers.get("connection", "").casefold() != "close"

    def _written(self, answer: Answer) -> bytes:
        body = b"" if answer.content is None else json.dumps(answer.content, separators=(",", ":")).encode()
        lines = [f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, 'Error')}", f"Date: {self._dated()}"]
        if body:
            lines.append("Content-Type: application/json;odata.metadata=minimal;charset=utf-8")
        if answer.status != 204:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        return ("\r\n".join(lines) + "\r\nrequest-id: r\r\n\r\n").encode("latin-1") + body

    def _dated(self) -> str:
        now = self.now()
        second = int(now.timestamp())
        if self._date[0] != second:
            self._date = (second, format_datetime(now, usegmt=True))
        return self._date[1]


def _body(reader: io.BufferedIOBase, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").casefold() == "chunked":
        chunks = []
        while size := int(reader.readline().split(b";")[0], 16):
            chunks.append(reader.read(size))
            reader.readline()
        reader.readline()
        return b"".join(chunks)
    length = int(headers.get("content-length", 0))
    body = reader.read(length) if length else b""
    if len(body) < length:
        raise Cut  # the client died half-way: nothing was received
    return body
