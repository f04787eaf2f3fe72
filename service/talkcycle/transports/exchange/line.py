"""The HTTPS line to the server: exchangelib's protocol with our login, trust and refusals, and without its retries."""

import logging
import random
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from exchangelib.account import Identity
from exchangelib.configuration import Configuration
from exchangelib.errors import ErrorServerBusy
from exchangelib.protocol import FailFast, Protocol
from exchangelib.transport import DEFAULT_HEADERS, NOAUTH
from exchangelib.util import is_xml
from exchangelib.version import VERSIONS, Build, Version

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings
from talkcycle.transports.exchange.headers import retry_after, server_time
from talkcycle.transports.exchange.sign_in import BearerToken, Gate, password_login
from talkcycle.transports.exchange.tls import tls_context, verified_session

for _name in ("exchangelib", "requests_oauthlib", "urllib3", "spnego"):
    # exchangelib logs a whole request, names and texts in it, when it meets an error that it does not know
    logging.getLogger(_name).setLevel(logging.CRITICAL)

BUSY = re.compile(rb"ResponseCode>\s*ErrorServerBusy\s*<")
BACK_OFF = re.compile(rb'Name="BackOffMilliseconds"[^>]*>\s*(\d{1,9})')
UNAUTHORIZED = 401
YOUNGER = {"Exchange2019": "Exchange2016"}
"""Exchange 2019 speaks the schema of 2016."""


class Refusal(Exception):
    """The server answered, but not with SOAP. *status*: of HTTP. *pause*: how long it wants to be left alone."""

    def __init__(self, status: int, *, pause: timedelta | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.pause = pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What time it was at the server and here, when an answer came. UTC."""

    there: datetime
    here: datetime


class Line(Protocol):  # type: ignore[misc]  # exchangelib has no types
    """Sessions to one server, not in exchangelib's cache.

    The cache's key is endpoint and credentials, so that a second configuration would silently keep the first one's
    policy. exchangelib is given no credentials: sessions are made here, and none of its own logins are used.
    """

    RETRY_WAIT = 0  # what exchangelib would report as the server's wish when the server has none

    def __init__(self, *, config: Configuration) -> None:
        super().__init__(config=config)
        self.gate: Gate
        self.settings: ExchangeSettings
        self.context: ssl.SSLContext
        self.token: BearerToken | None
        self.identity: Identity | None
        self.moment: Moment | None = None

    def get_session(self) -> requests.Session:
        """A session for one request; none while logins are refused.

        The pool hands out one session until the first login has been taken, so that a wrong password is tried once and
        not once for each thread.
        """
        session: requests.Session = super().get_session()
        try:
            self.gate.check()
        except BaseException:
            self.release_session(session)
            raise
        return session

    def create_session(self) -> requests.Session:
        """Touches no network: exchangelib makes a new session as soon as an old one has failed."""
        session = verified_session(self.service_endpoint, self.context)
        session.headers.update(DEFAULT_HEADERS | {"User-Agent": "talkcycle"})
        session.auth = self.token or password_login(self.settings)
        session.session_id = random.randint(10000, 99999)  # type: ignore[attr-defined]  # noqa: S311  # exchangelib wants it, to tell sessions apart
        session.usage_count = 0  # type: ignore[attr-defined]  # the same
        return session


def open_line(settings: ExchangeSettings, endpoint: str, *, sender: str, gate: Gate, now: Callable[[], datetime]) -> Line:
    """A line to *endpoint*; nothing is sent yet.

    Args:
        sender: In whose name an application with a token asks what concerns no single mailbox.

    Raises:
        TransientDeliveryError: Connection-wide: the file of certificates cannot be used.
    """
    context = tls_context(settings.ca_file)
    token = None
    if settings.login is ExchangeLogin.OAUTH:
        ours = tls_context(settings.ca_file, also_system=True)
        token = BearerToken(settings, endpoint, ours, gate, now)
    answers = _Answers(now)
    config = Configuration(
        service_endpoint=endpoint,
        auth_type=NOAUTH,  # given, so that exchangelib does not probe; the sessions log in
        version=version_of(settings.version),
        retry_policy=answers,
        max_connections=1,
    )
    line: Line = type.__call__(Line, config=config)  # past the cache, which is the metaclass's __call__
    line.TIMEOUT = settings.timeout.total_seconds()
    line.settings, line.context, line.token, line.gate = settings, context, token, gate
    line.identity = Identity(primary_smtp_address=sender) if token else None
    answers.line = line
    return line


def version_of(name: str) -> Version:
    """The version called *name* in service.yaml, such as ``Exchange2016``; given, none is asked for."""
    api = YOUNGER.get(name, name)
    builds = [build for build, version, _ in VERSIONS if version == api and build < Build(15, 20)]
    return Version(build=builds[-1] if builds else Build(15, 1), api_version=api)


class _Answers(FailFast):  # type: ignore[misc]  # exchangelib has no types
    """What becomes of an answer before it is read."""

    line: Line

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def raise_response_errors(self, response: requests.Response) -> None:
        """Let SOAP pass, faults included.

        Raises:
            Refusal: It is something else.
            TransientDeliveryError: Connection-wide: the login was refused. The gate is closed before anybody else gets
                the session.
            ErrorServerBusy: It says so, with how long to wait; exchangelib loses that unless it stands in a fault.
        """
        there = server_time(response.headers)
        if there is not None:
            self.line.moment = Moment(there=there, here=self._now())
        pause = retry_after(response.headers, self._now())
        if response.status_code == UNAUTHORIZED:
            if self.line.token is not None and self.line.token.outlived():
                raise TransientDeliveryError("the token was refused; the next try takes a new one", connection_wide=True)
            raise self.line.gate.close("the login was refused (401)", pause)
        if response.status_code != 200 and not (response.status_code == 500 and is_xml(response.content)):
            raise Refusal(response.status_code, pause=pause)
        self._accepted()
        if BUSY.search(response.content):
            wish = BACK_OFF.search(response.content)
            raise ErrorServerBusy("ErrorServerBusy", back_off=int(wish[1]) / 1000 if wish else None)

    def _accepted(self) -> None:
        if self.line.token is not None:
            self.line.token.accepted()
        most = max(1, self.line.settings.limits.connections)
        self.line.max_connections = max(self.line.max_connections, most)
