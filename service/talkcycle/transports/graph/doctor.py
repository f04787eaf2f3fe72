"""Prove that Graph can do what it has to, and cannot do more, without writing anything anywhere."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.mailboxes import Finding, Grade, Untold
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph import mends
from talkcycle.transports.graph.answers import Answer
from talkcycle.transports.graph.client import Client, Graph, user, with_query
from talkcycle.transports.graph.findings import credential, finding, lasting, tenant_wide
from talkcycle.transports.graph.free_busy import GraphFreeBusy
from talkcycle.transports.graph.lines import certificate_refusal, failed_line, open_client
from talkcycle.transports.graph.tokens import LoginRefused

PATIENCE = timedelta(seconds=15)
"""A person waits; the dispatcher has more patience."""
SKEW, TOO_MUCH_SKEW = timedelta(seconds=60), timedelta(minutes=5)
SOON = timedelta(days=14)
RENEW = "Whoever runs the server, or a proxy that opens TLS between, renews its certificate."
AGAIN = "Run the command again; if it stays so, ask Microsoft with the request-id."


class GraphDoctor:
    """Implements ``domain.ports.Doctor``. Each examination logs in anew, once."""

    def __init__(self, settings: GraphSettings, *, sender: str, clock: Clock, wait: Callable[[float], None]) -> None:
        self._settings = replace(settings, timeout=min(settings.timeout, PATIENCE))
        self._sender = sender
        self._clock = clock
        self._wait = wait

    def examine(self, sample: Sequence[str], outside: Sequence[str], /, *, told: Sequence[str] = ()) -> Iterator[Finding]:
        """See ``domain.ports.Doctor``."""
        yield credential(self._settings, self._clock.now())
        graph = Graph(self._settings, clock=self._clock, wait=self._wait)
        try:
            tls = graph.tls
        except DeliveryError as unusable:
            yield finding("tls", Grade.BAD, str(unusable), "Name a file of certificates (PEM) as graph.ca_file.")
            return
        discovery = (
            f"{self._settings.authority.rstrip('/')}/{self._settings.tenant}/v2.0/.well-known/openid-configuration"
        )
        probe = _Probe(self._settings, tls, self._clock)
        entra = list(probe.findings(discovery, {}))
        yield from entra
        if any(each.check == "reachable" or each.grade is Grade.BAD for each in entra if each.check != "clock"):
            return
        try:
            token = graph.tokens.current()
        except DeliveryError as failure:
            yield _no_login(failure, self._settings)
            return
        yield finding("login", Grade.GOOD, "Microsoft Entra gives the application a token")
        yield from tenant_wide(token.value, self._settings.client_id)
        people = f"{graph.endpoint}{with_query('/users', {'$select': 'id', '$top': '1'})}"
        yield from probe.findings(people, {"Authorization": f"Bearer {token.value}"})
        with graph.line() as client:
            try:
                yield from _Examination(client, self._sender, self._settings.client_id).findings(sample, outside)
            except LoginRefused as refused:
                yield _no_login(refused, self._settings)
        yield from _told_free_busy(graph, self._sender, (*sample, *told))
        says = "whether rooms accept by themselves, and how far ahead, Graph does not tell"
        yield finding("rooms-accept", Grade.UNTOLD, says, mends.ROOMS_BY_HAND)


class _Examination:
    """What single requests show. Only ids are asked for."""

    def __init__(self, client: Client, sender: str, application: str) -> None:
        self._client = client
        self._sender = sender
        self._application = application

    def findings(self, sample: Sequence[str], outside: Sequence[str]) -> Iterator[Finding]:
        if self._sender.casefold() in {each.casefold() for each in sample}:  # else mails go by another transport
            yield from self._mail()
        for mailbox in dict.fromkeys(sample):
            yield self._calendar(mailbox)
            if mailbox.casefold() != self._sender.casefold():
                yield from self._mails(mailbox)
        for mailbox in dict.fromkeys(outside):
            yield self._closed(mailbox)
        yield self._tenant("room-lists", "/places/microsoft.graph.roomList", "room lists", "Place.Read.All")
        yield self._tenant("directory", "/users", "the directory", "User.Read.All")

    def _mail(self) -> Iterator[Finding]:
        answer = self._ask(f"{user(self._sender)}/messages", self._sender, {"$select": "id", "$top": "1"})
        about = {"mailbox": self._sender}
        if not isinstance(answer, Answer) or not answer.ok:
            says = f"drafts cannot be made in the service's mailbox: {_said(answer)}"
            mend = mends.mail(self._application, self._sender)
            yield finding("mail", Grade.BAD, says, mend, **about)
            return
        yield finding("mail", Grade.GOOD, "the service's mailbox is open to it", **about)
        says = "whether it may send and write shows only when it does"
        yield finding("mail-send", Grade.UNTOLD, says, mends.tested(self._application, self._sender), **about)

    def _mails(self, mailbox: str) -> Iterator[Finding]:
        """Only the calendar is needed of anybody but the service itself."""
        answer = self._ask(f"{user(mailbox)}/messages", mailbox, {"$select": "id", "$top": "1"})
        if isinstance(answer, Answer) and answer.ok:
            says = "its mails are open to it, of which it needs none"
            yield finding("scope", Grade.WARNING, says, mends.unscoped(self._application, mailbox), mailbox=mailbox)

    def _calendar(self, mailbox: str) -> Finding:
        answer = self._view(mailbox)
        if isinstance(answer, Answer) and answer.ok:
            return finding("calendar", Grade.GOOD, "the calendar is open to it", mailbox=mailbox)
        if isinstance(answer, Answer) and answer.status == httpx.codes.NOT_FOUND:
            says = f"the mailbox is not in Exchange Online: {answer.said}"
            mend = "Let routes in service.yaml, or the roster's column, name the transport that serves it."
            return finding("calendar", Grade.BAD, says, mend, mailbox=mailbox)
        grade = Grade.BAD if isinstance(answer, Answer) and answer.status == httpx.codes.FORBIDDEN else Grade.UNTOLD
        mend = mends.calendars(self._application, mailbox) if grade is Grade.BAD else AGAIN
        return finding("calendar", grade, f"the calendar cannot be opened: {_said(answer)}", mend, mailbox=mailbox)

    def _closed(self, mailbox: str) -> Finding:
        answer = self._view(mailbox)
        if isinstance(answer, Answer) and answer.ok:
            says = "a calendar that is none of its business is open to it"
            mend = mends.unscoped(self._application, mailbox)
            return finding("scope", Grade.BAD, says, mend, mailbox=mailbox)
        if isinstance(answer, Answer) and answer.status == httpx.codes.FORBIDDEN:
            return finding("scope", Grade.GOOD, "a calendar that is none of its business stays closed", mailbox=mailbox)
        says, mend = f"whether it stays closed cannot be seen: {_said(answer)}", "Name a mailbox in Exchange Online."
        return finding("scope", Grade.UNTOLD, says, mend, mailbox=mailbox)

    def _tenant(self, check: str, path: str, what: str, right: str) -> Finding:
        answer = self._ask(path, None, {"$select": "id", "$top": "1"})
        if isinstance(answer, Answer) and answer.ok:
            return finding(check, Grade.GOOD, f"it can read {what}")
        mend = mends.granted(right, self._application)
        return finding(check, Grade.WARNING, f"it cannot read {what}: {_said(answer)}", mend)

    def _view(self, mailbox: str) -> Answer | DeliveryError:
        now = self._client.graph.clock.now()
        edges = {"startDateTime": now, "endDateTime": now + timedelta(hours=1)}
        query = {name: edge.strftime("%Y-%m-%dT%H:%M:%SZ") for name, edge in edges.items()}
        return self._ask(f"{user(mailbox)}/calendarView", mailbox, query | {"$select": "id", "$top": "1"})

    def _ask(self, path: str, mailbox: str | None, query: dict[str, str]) -> Answer | DeliveryError:
        try:
            return self._client.read("GET", path, mailbox=mailbox, query=query)
        except LoginRefused:
            raise
        except DeliveryError as failure:
            return failure


def _said(answer: Answer | DeliveryError) -> str:
    return answer.said if isinstance(answer, Answer) else str(answer)


def _no_login(failure: DeliveryError, settings: GraphSettings) -> Finding:
    if not isinstance(failure, LoginRefused):
        return finding("login", Grade.BAD, str(failure), AGAIN)
    meaning, mend = mends.login(failure.code, settings.client_id)
    return finding("login", Grade.BAD, f"{meaning}: {failure}", mend, **({"code": failure.code} if failure.code else {}))


def _told_free_busy(graph: Graph, sender: str, sample: Sequence[str]) -> Iterator[Finding]:
    start = graph.clock.now().replace(minute=0, second=0, microsecond=0)
    told = GraphFreeBusy(graph, sender=sender).busy_times(sample, (start, start + timedelta(days=1)))
    for mailbox, times in told.items():
        if isinstance(times, Untold):
            yield finding("free-busy", Grade.WARNING, times.problem, times.mend, mailbox=mailbox)
        else:
            yield finding("free-busy", Grade.GOOD, "its busy times are told", mailbox=mailbox)


class _Probe:
    """Asks for one address, and looks at the line itself."""

    def __init__(self, settings: GraphSettings, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings, self._tls, self._clock = settings, tls, clock

    def findings(self, url: str, headers: dict[str, str]) -> Iterator[Finding]:
        """Whether *url* is reached over TLS that holds, and what time it is there."""
        host, here = urlsplit(url).netloc, self._clock.now()
        try:
            with (
                open_client(self._settings, self._tls, url) as http,
                http.stream("GET", url, headers=headers) as response,
            ):
                ends, skew = _certificate_ends(response), _skew(response, here)
        except (httpx.HTTPError, OSError) as failure:
            yield _unreached(failure, host)
            return
        if ends is None:
            yield finding("tls", Grade.UNTOLD, f"{host} answers; its certificate is not shown here", AGAIN, host=host)
        else:
            now = datetime.now(UTC)  # TLS goes by the machine's clock
            yield lasting("tls", f"the certificate of {host}", ends, now, RENEW, soon=SOON, host=host)
        yield _clock(skew, host)


def _unreached(failure: Exception, host: str) -> Finding:
    refused = certificate_refusal(failure)
    if refused is not None:
        mend = "If a proxy of your own opens TLS between, name its authority as graph.ca_file in service.yaml."
        return finding("tls", Grade.BAD, f"the certificate does not hold: {refused}", mend, host=host)
    says = str(failed_line(failure, visible=False))
    return finding("reachable", Grade.BAD, f"{host}: {says}", mends.unreachable(host), host=host)


def _certificate_ends(response: httpx.Response) -> datetime | None:
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate = secured.getpeercert() if secured is not None else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _skew(response: httpx.Response, now: datetime) -> timedelta | None:
    """By how much this machine's clock is ahead."""
    try:
        return now - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None


def _clock(skew: timedelta | None, host: str) -> Finding:
    if skew is None:
        return finding("clock", Grade.UNTOLD, "the server does not say what time it is", mends.CLOCK, host=host)
    seconds = abs(skew.total_seconds())
    if abs(skew) < SKEW:
        return finding("clock", Grade.GOOD, f"this machine's clock is right within {max(1, round(seconds))} s", host=host)
    grade = Grade.BAD if abs(skew) > TOO_MUCH_SKEW else Grade.WARNING
    says = f"this machine's clock is {round(seconds)} s {'ahead' if skew > timedelta(0) else 'behind'}"
    return finding("clock", grade, says, mends.CLOCK, host=host)
