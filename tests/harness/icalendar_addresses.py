"""Harness for people without a calendar server of ours: their calendars are published at addresses, as iCalendar."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from urllib.parse import quote, unquote

from harness.contract import Trait
from harness.organisation_people import OrganisationHarness
from servers.organisation import Busy, Item, NoMailbox, Organisation, Where
from talkcycle.domain.busy import Span, Unfetched
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.domain.ports import Roles
from talkcycle.domain.service import SmtpSettings
from talkcycle.intake.busy_times import busy_times_in
from talkcycle.transports.calendar_url import CalendarUrls
from talkcycle.transports.smtp.transport import SmtpTransport

ZONE = "Europe/Stockholm"
STATUS = {Busy.TENTATIVE: "TENTATIVE", Busy.BUSY: "BUSY", Busy.AWAY: "OOF", Busy.ELSEWHERE: "WORKINGELSEWHERE"}
"""As Outlook publishes it."""


class PublishedCalendars:
    """Implements ``domain.ports.FreeBusy`` with what the service has for addresses: fetching and reading iCalendar."""

    def __init__(self, base: str) -> None:
        self.base = base

    def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
        fetched = CalendarUrls()({address: f"{self.base}/{quote(address)}.ics" for address in mailboxes})
        return {address: _read(fetched[address], window) for address in mailboxes}


def _read(data: bytes | Unfetched, window: Span) -> MailboxTimes | Untold:
    if isinstance(data, Unfetched):
        return Untold(problem=data.problem, mend=data.mend)
    try:
        return MailboxTimes(busy=busy_times_in(data, file="calendar", zone=ZONE, window=window))
    except FaultyInput as faulty:
        return Untold(problem=faulty.faults[0].problem, mend=faulty.faults[0].mend)


class PublishedHarness(OrganisationHarness):
    lacks: Mapping[Trait, str] = MappingProxyType(
        {
            Trait.WORKING_HOURS: "iCalendar has no working hours",
            Trait.OTHER_SERVERS: "an address is where it is",
        }
    )


@contextmanager
def published_harness() -> Iterator[PublishedHarness]:
    """A server that publishes everybody's calendar whole: subjects too, as people do without knowing."""
    organisation = Organisation()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = published(organisation, unquote(self.path.strip("/").removesuffix(".ics")))
            except NoMailbox:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            harness = PublishedHarness("icalendar", organisation, Where.ELSEWHERE)
            harness.roles = Roles(
                sending=SmtpTransport(SmtpSettings(host="localhost")),
                free_busy=PublishedCalendars(f"http://localhost:{server.server_port}"),
            )
            yield harness
        finally:
            server.shutdown()
            thread.join()


def published(organisation: Organisation, address: str) -> bytes:
    """The calendar of *address*. Raises NoMailbox."""
    with organisation.lock:
        items = list(organisation.mailbox(address).calendar.values())
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//calendar//EN", *_events(items), "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def _events(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        yield from ("BEGIN:VEVENT", f"UID:{item.uid}", "DTSTAMP:20270101T000000Z")
        yield from (f"DTSTART:{_utc(item.start)}", f"DTEND:{_utc(item.end)}", f"SUMMARY:{item.subject}")
        if item.busy is Busy.FREE:
            yield "TRANSP:TRANSPARENT"
        else:
            yield f"X-MICROSOFT-CDO-BUSYSTATUS:{STATUS[item.busy]}"
        yield from ("CLASS:PRIVATE", "END:VEVENT")


def _utc(instant: datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%SZ}"
