"""Composes the service; alone names every concrete class."""

import getpass
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.ports import Clock, Connection, Inbox, Roles, Sending
from talkcycle.domain.routes import Transport
from talkcycle.domain.service import CalendarAddresses, LogFormat, ServiceSettings
from talkcycle.intake.service_file import read_service
from talkcycle.rounds.texts import TextShelf

if TYPE_CHECKING:
    from ssl import SSLContext

    from talkcycle.domain.busy import BusyTimes, FetchCalendars, Owner, Unfetched
    from talkcycle.domain.mailboxes import Finding
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.doctor import Sample
    from talkcycle.rounds.mailbox_times import Mailboxes
    from talkcycle.rounds.orders import PageLink
    from talkcycle.rounds.plan import BusyBetween, Inputs, Progress
    from talkcycle.store.open import SqlStore

CALENDARS = CalendarAddresses()


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LateCalendarUrls:
    """Fetches calendars from addresses, as the settings allow; httpx is not loaded before there is one."""

    settings: CalendarAddresses

    def __call__(self, urls: "Mapping[Owner, str]", /) -> "Mapping[Owner, bytes | Unfetched]":
        return calendar_urls(self.settings)(urls)


@dataclass(slots=True)
class Application:
    """One installation, opened.

    Attributes:
        config: The folder with service.yaml and the cycles.
        who: Who acts, for the audit trail.
    """

    config: Path
    settings: ServiceSettings
    store: "SqlStore"
    clock: Clock
    who: str
    _roles: Mapping[str, Roles] | None = None

    @property
    def shelf(self) -> TextShelf:
        return TextShelf(self.store)

    def transports(self) -> Mapping[str, Sending]:
        """Every way to send that is configured, by name."""
        return {name: roles.sending for name, roles in self.roles().items()}

    def roles(self) -> Mapping[str, Roles]:
        """What each transport that is configured can do, by name; made once, since they keep logins and limits."""
        if self._roles is None:
            self._roles = roles_of(self.settings)
        return self._roles

    def inbox(self) -> Inbox | None:
        """The service's own mailbox, to be read by one thread; None: service.yaml does not say where it is."""
        if self.settings.imap is None:
            return None
        from talkcycle.transports.imap.inbox import ImapInbox  # noqa: PLC0415

        return ImapInbox(self.settings.imap, clock=self.clock)

    def mail_line(self) -> AbstractContextManager[Connection]:
        """A line by which mails go out at once, past the outbox."""
        return self.roles()[self.settings.routing.mail].sending.connect()

    def page_link(self) -> "PageLink | None":
        """Where somebody's own page is; None: there are no pages."""
        if self.settings.web is None:
            return None
        from talkcycle.rounds.page_links import PageLinks  # noqa: PLC0415

        return PageLinks(store=self.store, url=self.settings.web.url)

    def calendars_now(self) -> "CalendarsNow":
        """Who is asked once more before an invitation leaves: mailboxes, and addresses where HR gives some."""
        from talkcycle.rounds.calendars_now import CalendarsNow  # noqa: PLC0415

        return CalendarsNow(
            mailboxes=mailboxes_of(self.settings, self.roles()),
            fetch=LateCalendarUrls(self.settings.calendars),
            config=self.config,
            most_bytes=self.settings.calendars.largest,
        )

    def inputs(self, cycle: str) -> "Inputs":
        """HR's files, read and checked. Raises FaultyInput."""
        return read_inputs(self.config / cycle, self.settings, today=self.clock.now().date())

    def with_listed_rooms(self, inputs: "Inputs") -> "Inputs":
        """*inputs* with the rooms that mail servers know of room lists. Raises FaultyInput where one cannot be told."""
        if not inputs.cycle.room_lists:
            return inputs
        from talkcycle.rounds.room_lists import RoomListing, with_listed_rooms  # noqa: PLC0415

        knowing = {name: each.rooms for name, each in self.roles().items() if each.rooms is not None}
        listing = RoomListing(routing=self.settings.routing, knowing=knowing)
        return replace(inputs, cycle=with_listed_rooms(inputs.cycle, inputs.roster.people, listing))

    def busy_between(self, cycle: str, inputs: "Inputs", progress: "Progress | None" = None) -> "BusyBetween":
        """Reads when people and rooms are busy, from the folder beside the cycle file, from addresses and mailboxes."""
        return busy_reader(
            self.config / cycle,
            inputs,
            now=self.clock.now(),
            calendars=self.settings.calendars,
            mailboxes=mailboxes_of(self.settings, self.roles()),
            progress=progress,
        )


def open_application(config: Path, *, env: Mapping[str, str] = os.environ, clock: Clock | None = None) -> Application:
    """Read service.yaml, open the database and bring its schema up to date.

    Raises:
        FaultyInput: service.yaml cannot be used.
    """
    settings = settings_of(config, env)
    return Application(
        config=config, settings=settings, store=store_of(settings), clock=clock or SystemClock(), who=_who(env)
    )


def store_of(settings: ServiceSettings) -> "SqlStore":
    """The database of *settings*, opened, its schema up to date."""
    from talkcycle.store.open import open_store  # noqa: PLC0415
    from talkcycle.store.secret import service_secret  # noqa: PLC0415

    settings.data.mkdir(parents=True, exist_ok=True)
    return open_store(settings.database, secret=service_secret(settings.secret, settings.data))


def roles_of(settings: ServiceSettings) -> dict[str, Roles]:
    """What each transport that is configured can do, by name."""
    found: dict[str, Roles] = {}
    if settings.smtp is not None:
        from talkcycle.transports.smtp.doctor import SmtpDoctor  # noqa: PLC0415
        from talkcycle.transports.smtp.transport import SmtpTransport  # noqa: PLC0415

        doctor = SmtpDoctor(settings.smtp, sender=settings.sender, attachment_limit=settings.attachment_limit)
        found[Transport.SMTP] = Roles(sending=SmtpTransport(settings.smtp), doctor=doctor)
    if settings.exchange is not None:
        from talkcycle.transports.exchange.roles import exchange_roles  # noqa: PLC0415

        found[Transport.EXCHANGE] = exchange_roles(settings.exchange, sender=settings.sender)
    if settings.graph is not None:
        from talkcycle.transports.graph.roles import graph_roles  # noqa: PLC0415

        found[Transport.GRAPH] = graph_roles(settings.graph, sender=settings.sender)
    return found


def examinations(
    settings: ServiceSettings, sample: "Sample", *, resolver: tuple[str, int] | None, now: datetime
) -> "list[tuple[str, Iterator[Finding]]]":
    """What ``doctor`` looks at besides HR's files, by name and in order; each thing is looked at when it is asked for.

    Args:
        resolver: Address and port of the DNS server to ask; None: the system's.
        now: By this machine's clock, UTC.
    """
    from talkcycle.rounds.doctor import transport_findings  # noqa: PLC0415
    from talkcycle.store.examine import Keeping  # noqa: PLC0415
    from talkcycle.transports.dns_records import SenderRecords  # noqa: PLC0415
    from talkcycle.transports.sender_policy import SOURCES  # noqa: PLC0415

    keys = (settings.graph.certificate,) if settings.graph and settings.graph.certificate else ()
    keeping = Keeping(data=settings.data, database=settings.database, secret=settings.secret, private=keys)
    records = SenderRecords(sender=settings.sender, sources=SOURCES.get(_mail_host(settings)), server=resolver)
    doctors = {Transport(name): roles.doctor for name, roles in roles_of(settings).items()}
    return [
        ("this machine", keeping.examine(now)),
        ("the sender's domain", records.examine()),
        *transport_findings(doctors, sample),
        *_inbox_examination(settings),
        *_pages_examination(settings, now),
    ]


def _inbox_examination(settings: ServiceSettings) -> "Iterator[tuple[str, Iterator[Finding]]]":
    if settings.imap is not None:
        from talkcycle.transports.imap.doctor import ImapDoctor  # noqa: PLC0415

        yield "the service's mailbox", ImapDoctor(settings.imap).examine((), ())


def _pages_examination(settings: ServiceSettings, now: datetime) -> "Iterator[tuple[str, Iterator[Finding]]]":
    if settings.web is not None:
        from talkcycle.transports.pages_from_outside import PagesFromOutside  # noqa: PLC0415

        yield "the pages", PagesFromOutside(web=settings.web).examine(now)


def _mail_host(settings: ServiceSettings) -> str:
    """Which host takes our mails; empty where it is Exchange, which has several."""
    if settings.routing.mail is Transport.GRAPH and settings.graph is not None:
        return urlsplit(settings.graph.endpoint).hostname or ""
    return settings.smtp.host.lower() if settings.routing.mail is Transport.SMTP and settings.smtp is not None else ""


def mail_line(settings: ServiceSettings) -> AbstractContextManager[Connection]:
    """A line by which mails go out at once, past the outbox."""
    return roles_of(settings)[settings.routing.mail].sending.connect()


def settings_of(config: Path, env: Mapping[str, str] = os.environ, *, with_secrets: bool = True) -> ServiceSettings:
    """What service.yaml in *config* says.

    Args:
        with_secrets: False for what never leaves the machine: whoever rehearses a round need not know the passwords.

    Raises:
        FaultyInput: It cannot be used.
    """
    return read_service(config / "service.yaml", env, with_secrets=with_secrets)


def read_inputs(cycle_file: Path, settings: ServiceSettings, *, today: date) -> "Inputs":
    """Read the cycle, its roster, texts and attachments together, so that every fault is reported at once.

    Raises:
        FaultyInput: Something in them is wrong.
    """
    from talkcycle.rounds.inputs import read_inputs as read  # noqa: PLC0415

    return read(
        cycle_file,
        templates=settings.templates,
        default_contact=settings.sender,
        attachment_limit=settings.attachment_limit,
        transports=settings.routing.available,
        today=today,
    )


def busy_reader(
    cycle_file: Path,
    inputs: "Inputs",
    *,
    now: datetime,
    calendars: CalendarAddresses = CALENDARS,
    mailboxes: "Mailboxes | None" = None,
    progress: "Progress | None" = None,
) -> "BusyBetween":
    """Reads busy times of everybody in *inputs* between two instants. It raises FaultyInput with every fault.

    Args:
        now: Published lists of busy times begin today; what is before does not matter to a plan.
        calendars: How they are fetched from addresses.
        mailboxes: Who can be asked besides; None: nobody.
    """
    from talkcycle.rounds.busy_times import NO_MAILBOXES, read_everybodys_busy_times  # noqa: PLC0415

    def read(begins: datetime, ends: datetime) -> "BusyTimes":
        return read_everybodys_busy_times(
            cycle_file.parent / inputs.cycle.planning.calendars,
            inputs.roster.people,
            inputs.cycle.rooms,
            fetch=calendar_urls(calendars),
            mailboxes=mailboxes or NO_MAILBOXES,
            window=(max(begins, now + timedelta(days=1)), ends),
            zone=inputs.cycle.zone,
            most_bytes=calendars.largest,
            progress=progress,
        )

    return read


def calendar_urls(calendars: CalendarAddresses) -> "FetchCalendars":
    """Fetches calendars from addresses, as the settings allow."""
    from talkcycle.transports.calendar_url import CalendarUrls  # noqa: PLC0415

    return CalendarUrls(allow_http=calendars.http, most_bytes=calendars.largest, tls=trusting(calendars.ca_file))


def mailboxes_of(settings: ServiceSettings, roles: Mapping[str, Roles]) -> "Mailboxes":
    """Whose mailboxes can be asked when they are busy, and whom to ask."""
    from talkcycle.rounds.mailbox_times import Mailboxes  # noqa: PLC0415

    told_by = {name: each.free_busy for name, each in roles.items() if each.free_busy is not None}
    return Mailboxes(routing=settings.routing, free_busy=told_by)


def trusting(ca_file: Path | None) -> "SSLContext | None":
    """Whom TLS trusts: the system's authorities and those in *ca_file*; None: the system's alone.

    Raises:
        FaultyInput: There are no certificates in the file.
    """
    if ca_file is None:
        return None
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (ssl.SSLError, OSError) as error:
        problem, mend = "has no certificates in it.", "Export the authority's certificate as PEM (Base64)."
        raise FaultyInput([Fault(file=str(ca_file), problem=problem, mend=mend)]) from error
    return context


def logger(settings: ServiceSettings) -> Any:
    """Structlog to standard error: JSON for machines, columns for people. Carries ids, never names or texts."""
    import structlog  # noqa: PLC0415

    last: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    return structlog.get_logger()


def quiet_logger() -> Any:
    """Warnings and worse, to standard error: for commands that have their own words for what they do."""
    import structlog  # noqa: PLC0415

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    return structlog.get_logger()


def new_seed() -> str:
    """Random text that makes a round's identifiers unlike any other's."""
    return uuid.uuid4().hex


def _who(env: Mapping[str, str]) -> str:
    return env.get("TALKCYCLE_WHO") or getpass.getuser()
