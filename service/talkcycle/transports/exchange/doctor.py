"""Prove that Exchange can do what it has to, and cannot do more, without writing anything anywhere."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from exchangelib.folders import Calendar, Drafts
from exchangelib.items import ID_ONLY
from exchangelib.services import GetFolder
from requests.utils import get_environ_proxies

from talkcycle.domain.delivery import DeliveryError, TransientDeliveryError
from talkcycle.domain.mailboxes import Finding, Grade, Untold
from talkcycle.domain.routes import Transport
from talkcycle.domain.service import ExchangeSettings
from talkcycle.transports.exchange import mends
from talkcycle.transports.exchange.busy_spans import plain
from talkcycle.transports.exchange.certificate import certificate_ends
from talkcycle.transports.exchange.free_busy import ExchangeFreeBusy
from talkcycle.transports.exchange.replies import Denied, NotHere
from talkcycle.transports.exchange.rooms import ExchangeRooms
from talkcycle.transports.exchange.server import Server, each
from talkcycle.transports.exchange.services import Names, PasswordExpires
from talkcycle.transports.exchange.tls import tls_context

PATIENCE = timedelta(seconds=15)
"""A person waits; the dispatcher has more patience."""
SKEW, TOO_MUCH_SKEW = timedelta(seconds=60), timedelta(minutes=5)
"""Kerberos and tokens allow for five minutes."""
SOON = timedelta(days=30)
NEVER = 2100
"""The year from which on a password that expires does not."""


def finding(check: str, grade: Grade, says: str, mend: str = "", **about: str) -> Finding:
    return Finding(transport=Transport.EXCHANGE.value, check=check, grade=grade, says=says, mend=mend, about=about)


class ExchangeDoctor:
    """Implements ``domain.ports.Doctor``. Each examination logs in anew, once."""

    def __init__(self, settings: ExchangeSettings, *, sender: str, now: Callable[[], datetime]) -> None:
        self._settings = replace(settings, timeout=min(settings.timeout, PATIENCE))
        self._sender = sender
        self._now = now

    def examine(self, sample: Sequence[str], outside: Sequence[str], /, *, told: Sequence[str] = ()) -> Iterator[Finding]:
        """See ``domain.ports.Doctor``."""
        server = Server(self._settings, sender=self._sender, now=self._now)
        try:
            endpoint = server.line.service_endpoint
        except DeliveryError as failure:
            yield finding("reachable", Grade.BAD, str(failure), mends.REACH)
            return
        line = list(self._line(endpoint))
        yield from line
        if any(each.grade is Grade.BAD for each in line):
            return
        visit = _Visit(server, self._settings, self._now())
        try:
            yield from visit.login(sample)
            if visit.inside:
                yield from visit.rights(sample, outside, told)
        finally:
            server.line.close()

    def _line(self, endpoint: str) -> Iterator[Finding]:
        """Reachability and TLS, before any password is shown."""
        if not endpoint.startswith("https://"):
            yield finding("tls", Grade.BAD, "the endpoint is without TLS: passwords go in the clear", mends.REACH)
            return
        if get_environ_proxies(endpoint).get("https"):
            says = "a proxy stands between, so the server's certificate is not seen"
            yield finding("tls", Grade.UNTOLD, says, "Let this machine reach the server straight (NO_PROXY).")
            return
        try:
            context = tls_context(self._settings.ca_file)
            ends = certificate_ends(endpoint, context, seconds=self._settings.timeout.total_seconds())
        except ssl.SSLCertVerificationError as failure:
            says = f"the server's certificate does not hold: {failure.verify_message}"
            yield finding("tls", Grade.BAD, says, f"{mends.AUTHORITY} Or, at the server: {mends.CERTIFICATE}")
        except OSError as failure:
            yield finding("reachable", Grade.BAD, f"the server cannot be reached: {type(failure).__name__}", mends.REACH)
        else:
            yield finding("reachable", Grade.GOOD, "the server answers")
            yield _lasting("tls", "the server's certificate", ends, self._now(), mends.CERTIFICATE)


class _Visit:
    """What requests show. Only ids are asked for."""

    def __init__(self, server: Server, settings: ExchangeSettings, now: datetime) -> None:
        self._server = server
        self._settings = settings
        self._user = settings.user or settings.client_id or server.sender
        self._now = now
        self.inside = False

    def login(self, sample: Sequence[str]) -> Iterator[Finding]:
        """The first request shows it all: login, version, clock, and whether the service's own mailbox is open to it.

        That one matters only in the *sample*: otherwise mails go by another transport.
        """
        failure = self._opened(self._server.sender, Drafts)
        if isinstance(failure, TransientDeliveryError) and failure.connection_wide:
            mend = mends.ews_enabled(self._user) if "(403)" in str(failure) else mends.LOGIN
            yield finding("login", Grade.BAD, str(failure), mend)
            return
        self.inside = True
        yield finding("login", Grade.GOOD, "the server takes the login")
        build = self._server.line.config.version.build
        yield finding("version", Grade.GOOD, f"the server is of version {build}")
        yield self._clock()
        yield self._password()
        about = {"mailbox": self._server.sender}
        if self._server.sender.casefold() not in {each.casefold() for each in sample}:
            return
        if failure is None:
            yield finding("mail", Grade.GOOD, "the service's mailbox is open to it", **about)
        else:
            says = f"drafts cannot be made in the service's mailbox: {failure}"
            yield finding("mail", Grade.BAD, says, mends.impersonation(self._user, self._server.sender), **about)

    def rights(self, sample: Sequence[str], outside: Sequence[str], told: Sequence[str]) -> Iterator[Finding]:
        for mailbox in dict.fromkeys(sample):
            yield self._calendar(mailbox)
        for mailbox in dict.fromkeys(outside):
            yield self._closed(mailbox)
        yield from self._free_busy((*sample, *told))
        yield self._room_lists()
        says = "whether rooms accept by themselves, and how far ahead, EWS does not tell"
        yield finding("rooms-accept", Grade.UNTOLD, says, mends.ROOMS_BY_HAND)
        yield self._address_list()

    def _opened(self, mailbox: str, kind: Any) -> DeliveryError | None:
        """None: the folder can be opened."""
        try:
            box = self._server.mailbox(mailbox)
            with self._server.speaking():
                each(GetFolder(account=box).call(folders=[box.folder(kind)], additional_fields=None, shape=ID_ONLY))
                self._server.line.config.version = box.version
        except DeliveryError as failure:
            return failure
        return None

    def _calendar(self, mailbox: str) -> Finding:
        failure = self._opened(mailbox, Calendar)
        if failure is None:
            return finding("impersonation", Grade.GOOD, "the calendar is open to it", mailbox=mailbox)
        if isinstance(failure, NotHere):
            return finding("impersonation", Grade.BAD, str(failure), mends.ELSEWHERE, mailbox=mailbox)
        if isinstance(failure, Denied):
            mend = mends.impersonation(self._user, mailbox)
            return finding("impersonation", Grade.BAD, str(failure), mend, mailbox=mailbox)
        says = f"whether the calendar can be opened is not told: {failure}"
        return finding("impersonation", Grade.UNTOLD, says, mends.AGAIN, mailbox=mailbox)

    def _closed(self, mailbox: str) -> Finding:
        failure = self._opened(mailbox, Calendar)
        if failure is None:
            says = "a calendar that is none of its business is open to it"
            return finding("scope", Grade.BAD, says, mends.narrower(self._user, mailbox), mailbox=mailbox)
        if isinstance(failure, Denied):
            return finding("scope", Grade.GOOD, "a calendar that is none of its business stays closed", mailbox=mailbox)
        says = f"whether it stays closed cannot be seen: {failure}"
        return finding("scope", Grade.UNTOLD, says, "Name a mailbox that is on this server.", mailbox=mailbox)

    def _clock(self) -> Finding:
        moment = self._server.line.moment
        if moment is None:
            return finding("clock", Grade.UNTOLD, "the server does not say what time it is", mends.CLOCK)
        skew = abs(moment.there - moment.here)
        grade = Grade.GOOD if skew <= SKEW else Grade.WARNING if skew <= TOO_MUCH_SKEW else Grade.BAD
        says = f"the clocks here and there are {round(skew.total_seconds())} s apart"
        return finding("clock", grade, says, "" if grade is Grade.GOOD else mends.CLOCK)

    def _password(self) -> Finding:
        """What IT says in service.yaml counts before what the server knows."""
        stated = self._settings.secret_expires
        if stated is not None:
            ends: datetime | None = datetime.combine(stated, time(), UTC)
        else:
            ends = self._password_ends()
        if ends is None:
            mend = "Write exchange.secret_expires in service.yaml: the date on which the secret ends."
            return finding("secret", Grade.UNTOLD, "when the secret expires is not told", mend)
        if ends.year >= NEVER:
            return finding("secret", Grade.GOOD, "the password does not expire")
        return _lasting("secret", "the secret", ends, self._now, mends.password(self._user))

    def _password_ends(self) -> datetime | None:
        """Of the service's mailbox, which most often is the account that logs in. A token's secret it does not know."""
        if self._server.line.token is not None:
            return None
        try:
            with self._server.speaking():
                (ends,) = each(PasswordExpires(self._server.line).call(self._server.sender))
        except DeliveryError:
            return None
        return None if ends is None else plain(ends)

    def _free_busy(self, sample: Sequence[str]) -> Iterator[Finding]:
        told = ExchangeFreeBusy(self._server).busy_times(list(dict.fromkeys(sample)), (self._now, self._now + SKEW))
        for mailbox, times in told.items():
            if isinstance(times, Untold):
                yield finding("free-busy", Grade.WARNING, times.problem, times.mend, mailbox=mailbox)
            else:
                yield finding("free-busy", Grade.GOOD, "busy times are told", mailbox=mailbox)

    def _room_lists(self) -> Finding:
        try:
            lists = ExchangeRooms(self._server).lists()
        except DeliveryError as failure:
            return finding("room-lists", Grade.WARNING, f"room lists are not told: {failure}", mends.ROOM_LIST)
        if not lists:
            return finding("room-lists", Grade.WARNING, "there is no room list", mends.ROOM_LIST)
        return finding("room-lists", Grade.GOOD, f"there are {len(lists)} room lists")

    def _address_list(self) -> Finding:
        try:
            with self._server.speaking():
                names = Names(self._server.line)
                answers = each(names.call(unresolved_entries=[self._server.sender], search_scope="ActiveDirectory"))
        except DeliveryError as failure:
            return finding("directory", Grade.WARNING, f"the address list is not told: {failure}", mends.ADDRESS_LIST)
        says = "the address list is told" if answers else "the address list is empty"
        return finding("directory", Grade.GOOD if answers else Grade.WARNING, says, "" if answers else mends.ADDRESS_LIST)


def _lasting(check: str, what: str, ends: datetime, now: datetime, mend: str) -> Finding:
    """Whether *what* lasts for a while."""
    if ends <= now:
        return finding(check, Grade.BAD, f"{what} expired on {ends:%Y-%m-%d}", mend)
    grade = Grade.WARNING if ends - now < SOON else Grade.GOOD
    return finding(check, grade, f"{what} lasts until {ends:%Y-%m-%d}", mend if grade is Grade.WARNING else "")
