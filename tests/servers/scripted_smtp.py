"""An SMTP server on loopback that answers as a test wants it to."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CUT = "cut"
"""Instead of an answer: the server drops the line."""


class FreePort(Controller):
    """Binds port 0. The stock controller's readiness probe dials the port it was given, so it is told the real one."""

    def __init__(self, handler: Any, *, starting: list[str] | None = None, **options: Any) -> None:
        self.starting = starting if starting is not None else []
        super().__init__(handler, hostname="127.0.0.1", port=0, **options)

    def factory(self) -> SMTP:
        return Scripted(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Scripted(SMTP):
    """Lets the handler answer QUIT and drop the line."""

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        if getattr(self.event_handler, "bad_quit", False):
            await self.push("500 no goodbye")
            assert self._handler_coroutine is not None
            self._handler_coroutine.cancel()
            return
        await super().smtp_QUIT(arg)

    async def push(self, status: Any) -> None:
        if CUT in (status, getattr(status, "decode", lambda: "")()):
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.abort()
            return
        await super().push(status)


class Mailbox:
    """Keeps what it accepts; answers from lists of replies, the last of which stays.

    Attributes:
        mail, rcpt, data: Replies to MAIL FROM, RCPT TO and the final dot; ``CUT`` drops the line there.
        received: Envelopes, as accepted or, with a cut at the final dot, as they had arrived.
    """

    def __init__(
        self,
        *,
        mail: list[str] | None = None,
        rcpt: list[str] | None = None,
        data: list[str] | None = None,
        bad_quit: bool = False,
    ) -> None:
        self.mail = mail or ["250 OK"]
        self.rcpt = rcpt or ["250 OK"]
        self.data = data or ["250 OK"]
        self.bad_quit = bad_quit
        self.received: list[Envelope] = []
        self.connections = 0

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = _next(self.mail)
        if reply.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = _next(self.rcpt)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = _next(self.data)
        if reply.startswith("250") or reply == CUT:
            self.received.append(envelope)
        return reply


def _next(replies: list[str]) -> str:
    return replies.pop(0) if len(replies) > 1 else replies[0]


class OneLogin:
    """Knows one user and counts how often somebody tries."""

    def __init__(self, user: str, password: str) -> None:
        self.pair = LoginPassword(user.encode(), password.encode())
        self.tries = 0

    def __call__(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        self.tries += 1
        return AuthResult(success=data == self.pair, handled=False)


@contextmanager
def accepting_server(handler: Any, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[tuple[str, int]]:
    """Run *handler* as a server; yield host and port. *tls* offers and requires STARTTLS."""
    if tls is not None:
        options = {"tls_context": tls, "require_starttls": True} | options
    controller = FreePort(handler, **options)
    controller.start()
    try:
        yield "127.0.0.1", controller.port
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            controller.stop()
