"""A mail server on loopback that takes everything and passes nothing on: where ``simulate`` sends to."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Taker = Callable[[str, bytes], None]
"""Is handed each recipient's address and the message as it arrived, in the server's thread, before the sender gets
its answer."""


class _Handler:
    def __init__(self, take: Taker) -> None:
        self.take = take
        self.failure: Exception | None = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        try:
            for recipient in envelope.rcpt_tos:
                self.take(recipient, content)
        except Exception as failure:  # noqa: BLE001  # raised again by mail_sink, in the thread that opened it
            self.failure = self.failure or failure
            return "554 the sink failed"
        return "250 OK"


class _Sink(Controller):
    def _trigger_server(self) -> None:
        """The stock probe dials the port it was given, which is 0: tell it the one the system chose."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_sink(take: Taker) -> Iterator[tuple[str, int]]:
    """Run the sink in a thread of its own; yield host and port. What *take* raised is raised again on leaving."""
    handler = _Handler(take)
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": None}
    sink = _Sink(handler, hostname="127.0.0.1", port=0, **options)
    sink.start()
    try:
        yield "127.0.0.1", sink.port
    finally:
        with suppress(asyncio.CancelledError):  # aiosmtpd lets it escape while a line is still open
            sink.stop()
    if handler.failure is not None:
        raise handler.failure
