"""A server as IT has set it up, rightly or wrongly, and the doctors that look at it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

from servers.certificates import certificates
from servers.scripted_smtp import Mailbox, OneLogin, accepting_server
from talkcycle.domain.ports import Doctor
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.doctor import SmtpDoctor

RIGHT, WRONG = "right-4f1c", "wrong-9d2e"


class Ward(Protocol):
    """One server and its doctor.

    Attributes:
        transport: What its findings are to be signed with.
        sample: Mailboxes that it has to serve, and can.
        unserved: One that it cannot.
        outside: Mailboxes that it must not be able to open, and cannot.
        secrets: That nothing may show.
    """

    name: str
    transport: str
    sample: tuple[str, ...]
    unserved: str
    outside: tuple[str, ...]
    secrets: tuple[str, ...]

    def doctor(self, *, right_secret: bool = True) -> Doctor: ...

    def open_too_much(self) -> bool:
        """Let the service open what is outside, too. False: this kind of server opens no mailboxes at all."""
        ...

    def logins(self) -> int:
        """How often somebody has tried to log in."""
        ...

    def traces(self) -> object:
        """All that was written anywhere and that reached anybody; equal as long as nothing new did."""
        ...

    def stop(self) -> None:
        """The server is away."""
        ...


class _Postbox(Mailbox):
    """Knows everybody but one."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == SmtpWard.unserved:
            return "550 5.1.1 User unknown"
        return await super().handle_RCPT(server, session, envelope, address, options)


class SmtpWard:
    """Implements ``Ward``."""

    name = transport = "smtp"
    sample: tuple[str, ...] = ("anna@norrsken.example", "bo@norrsken.example")
    unserved = "ingen@norrsken.example"
    outside: tuple[str, ...] = ("vd@norrsken.example",)
    secrets: tuple[str, ...] = (RIGHT, WRONG)

    def __init__(self) -> None:
        self.mailbox, self.login, self._running = _Postbox(), OneLogin("samtal", RIGHT), ExitStack()
        trust = certificates()
        serving = accepting_server(self.mailbox, tls=trust.server, authenticator=self.login, auth_required=True)
        _, port = self._running.enter_context(serving)
        self.settings = SmtpSettings(
            host="localhost",
            port=port,
            tls=TlsMode.STARTTLS,
            user="samtal",
            password=RIGHT,
            ca_file=trust.ca_file,
            timeout=timedelta(seconds=5),
        )

    def doctor(self, *, right_secret: bool = True) -> Doctor:
        settings = self.settings if right_secret else replace(self.settings, password=WRONG)
        return SmtpDoctor(settings, sender="samtal@norrsken.example", attachment_limit=5_000_000)

    def open_too_much(self) -> bool:
        return False

    def logins(self) -> int:
        return self.login.tries

    def traces(self) -> object:
        return list(self.mailbox.received)

    def stop(self) -> None:
        self._running.close()


@contextmanager
def smtp_ward() -> Iterator[SmtpWard]:
    ward = SmtpWard()
    try:
        yield ward
    finally:
        ward.stop()
