"""A mail server on loopback that takes everything and keeps it: where ``simulate`` sends to."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Taker = Callable[[str, bytes], None]
"""Is handed each recipient's address and the message as it arrived."""


class _Handler:
    def __init__(self, take: Taker) -> None:
        self.take = take

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        for recipient in envelope.rcpt_tos:
            self.take(recipient, content)
        return "250 OK"


class _Sink(Controller):
    def _trigger_server(self) -> None:
        """The stock probe dials the port it was given, which is 0: tell it the one the system chose."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_sink(take: Taker) -> Iterator[tuple[str, int]]:
    """Run the sink in a thread of its own; yield host and port."""
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": None}
    sink = _Sink(_Handler(take), hostname="127.0.0.1", port=0, **options)
    sink.start()
    try:
        yield "127.0.0.1", sink.port
    finally:
        sink.stop()
