"""The shipped example from plan to the last check-in, against a virtual clock and a real SMTP conversation."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import icalendar
import pytest
import structlog
from structlog.testing import LogCapture

from talkcycle.bootstrap import Application, read_inputs, settings_of, store_of
from talkcycle.daemon.dispatch import DispatchSummary
from talkcycle.daemon.run import daemon_of
from talkcycle.daemon.showcase import Showcase
from talkcycle.daemon.simulation import (
    Arrived,
    Simulated,
    VirtualClock,
    by_message_id,
    first_moment,
    rehearse,
    simulate,
)
from talkcycle.domain.messages import HR, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.service import ServiceSettings, SmtpSettings, TlsMode
from talkcycle.domain.store import OutboxFilter
from talkcycle.rendering.pages.reading import ReadMail, read_mail
from talkcycle.rendering.pages.rehearsed import RehearsedRound
from talkcycle.resources import shipped
from talkcycle.rounds.advance import Advance
from talkcycle.rounds.plan import Inputs
from talkcycle.transports.smtp.sink import mail_sink

TODAY = date(2027, 1, 11)
TO_EMPLOYEE = Counter(["invitation", "preparation-employee", "reminder", "follow-up", "check-in"])
TO_MANAGER = Counter(["invitation", "preparation-manager", "follow-up"])
DIGESTS = {"digest-manager", "digest-hr"}
WITHOUT_MAILBOX, AWAY, EXCLUDED, TOP = "1053", "1014", "1024", "1001"
CLOCKS_CHANGE = date(2027, 3, 28)

pytestmark = pytest.mark.xdist_group("simulation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that arrived, with the row of the outbox it came from."""

    arrived: Arrived
    row: KnownMessage
    read: ReadMail
    person: Person | None

    @property
    def step(self) -> str:
        return self.row.key.step

    @property
    def local(self) -> datetime:
        return self.arrived.at.astimezone(ZoneInfo(self.person.zone if self.person else "Europe/Stockholm"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    inputs: Inputs
    settings: ServiceSettings
    simulated: Simulated
    arrived: tuple[Arrived, ...]
    mails: tuple[Mail, ...]

    @property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.inputs.roster.people}


def _log() -> structlog.BoundLogger:
    log: structlog.BoundLogger = structlog.wrap_logger(structlog.PrintLogger(), processors=[LogCapture()])
    return log


@pytest.fixture(scope="module")
def played() -> Played:
    settings = settings_of(shipped("config"), {}, with_secrets=False)
    inputs = read_inputs(shipped("config") / "cycle.yaml", settings, today=TODAY)
    arrived: list[Arrived] = []
    simulated = simulate(inputs, settings, start=first_moment(inputs, TODAY), take=arrived.append, log=_log())
    people = {person.id: person for person in inputs.roster.people}
    rows = by_message_id(simulated.ledger)
    mails = []
    for each in arrived:
        read = read_mail(each.content)
        row = rows[read.message_id]
        person = None if row.key.recipient == HR else people[row.key.recipient.removeprefix("person:")]
        mails.append(Mail(arrived=each, row=row, read=read, person=person))
    return Played(inputs=inputs, settings=settings, simulated=simulated, arrived=tuple(arrived), mails=tuple(mails))


@pytest.fixture(scope="module")
def shown(played: Played, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RehearsedRound]:
    showcase = Showcase(tmp_path_factory.mktemp("rehearsal") / "out")
    showcase.clear()
    for mail in played.arrived:
        showcase.take(mail)
    return showcase.folder, showcase.finish(played.simulated, played.people)


def test_a_rehearsal_begins_on_a_working_day_early_enough_for_all_that_comes(played: Played) -> None:
    began = played.simulated.began.astimezone(ZoneInfo("Europe/Stockholm"))
    assert (began.date(), began.hour) == (date(2027, 2, 3), 10)


def test_everybody_gets_each_step_of_each_talk_once_and_nobody_else_gets_anything(played: Played) -> None:
    expected: dict[str, Counter[tuple[str, str]]] = {}
    taking_part = set()
    for talk in played.simulated.talks:
        for person, steps in ((talk.employee, TO_EMPLOYEE), (talk.manager, TO_MANAGER)):
            taking_part.add(person)
            expected.setdefault(person, Counter()).update({(talk.subject, step): count for step, count in steps.items()})
        if played.people[talk.employee].ends is not None:  # before the check-in: whoever has left gets nothing more
            del expected[talk.employee][talk.subject, "check-in"]
    for person in taking_part:
        expected[person][f"person:{person}", "announcement"] = 1
    del expected[WITHOUT_MAILBOX]

    got: dict[str, Counter[tuple[str, str]]] = {}
    for mail in played.mails:
        if mail.step not in DIGESTS:
            assert mail.person is not None
            got.setdefault(mail.person.id, Counter())[mail.row.key.subject, mail.step] += 1

    assert got == expected
    assert not {AWAY, EXCLUDED} & got.keys()
    assert {step for _, step in got[TOP]} == {"announcement", *TO_MANAGER}


def test_every_mail_goes_to_the_address_of_whom_it_is_for(played: Played) -> None:
    hr = played.inputs.cycle.hr.email
    for mail in played.mails:
        assert mail.arrived.address == (mail.person.email if mail.person else hr)
        assert f"<{mail.arrived.address}>" in mail.read.headers["To"]


def test_the_person_without_a_mailbox_gets_nothing_and_the_manager_gets_the_talk_all_the_same(played: Played) -> None:
    skipped = [row for row in played.simulated.ledger if row.key.recipient == f"person:{WITHOUT_MAILBOX}"]
    assert {row.state for row in skipped} == {OutboxState.SKIPPED}
    assert {row.key.step for row in skipped} == {"announcement", *TO_EMPLOYEE}
    (invitation,) = [m for m in played.mails if m.row.key.subject == f"talk:{WITHOUT_MAILBOX}" and m.step == "invitation"]
    assert _attendees(_event(invitation)) == {"eva.lind@norrskenkonsult.example"}


def test_as_many_messages_arrive_as_the_approval_announced(played: Played) -> None:
    arrived = Counter(mail.step for mail in played.mails)
    announced = played.simulated.announced
    assert {step: count for step, count in arrived.items() if step not in DIGESTS} == {
        step: count for step, count in announced.items() if step not in DIGESTS
    }
    for step in DIGESTS:
        assert 0 < arrived[step] <= announced[step]


def test_each_talk_has_one_uid_its_own_time_and_its_two_attendees(played: Played) -> None:
    uids: dict[str, set[str]] = {}
    people = played.people
    talks = {talk.subject: talk for talk in played.simulated.talks}
    for mail in _invitations(played):
        talk, event = talks[mail.row.key.subject], _event(mail)
        uids.setdefault(talk.subject, set()).add(str(event["UID"]))
        start, end = event.DTSTART, event.DTEND
        assert (start, end - start) == (talk.start, timedelta(minutes=60))
        assert start.tzinfo.key == talk.zone
        assert _attendees(event) == {people[each].email for each in (talk.employee, talk.manager)} - {None}
        assert [file.mime_type for file in mail.read.files] == ["application/pdf", "application/ics"]

    assert uids.keys() == talks.keys()
    assert [len(found) for found in uids.values()] == [1] * len(talks)
    assert len(set.union(*uids.values())) == len(talks)


def test_steps_come_at_their_local_time_on_both_sides_of_the_change_of_clocks(played: Played) -> None:
    sides = set()
    for mail in played.mails:
        if mail.step != "announcement":
            clock = (8, 0) if mail.step in DIGESTS else (9, 0)
            assert (mail.local.hour, mail.local.minute) == clock, mail.row.key
            sides.add((mail.local.tzinfo, mail.local.date() > CLOCKS_CHANGE, mail.local.utcoffset()))
    zones = {"Europe/Stockholm": 1, "Europe/Helsinki": 2, "Europe/London": 0}
    assert sides == {
        (ZoneInfo(zone), summer, timedelta(hours=hours + summer))
        for zone, hours in zones.items()
        for summer in (False, True)
    }


def test_nothing_comes_on_a_weekend_or_a_public_holiday_of_whoever_gets_it(played: Played) -> None:
    good_friday, easter_monday = date(2027, 3, 26), date(2027, 3, 29)
    for country in ("SE", "FI", "GB-ENG"):
        assert {good_friday, easter_monday} <= played.inputs.holidays[country]
    for mail in played.mails:
        country = mail.person.country if mail.person else "SE"
        assert mail.local.weekday() < 5
        assert mail.local.date() not in played.inputs.holidays[country]


def test_every_invitation_keeps_the_notice(played: Played) -> None:
    starts = {talk.subject: talk.start for talk in played.simulated.talks}
    for mail in _invitations(played):
        start = starts[mail.row.key.subject]
        assert start is not None
        days = (start.astimezone(mail.local.tzinfo).date() - mail.local.date()).days
        assert played.inputs.cycle.notice_days <= days <= played.inputs.cycle.earliest_days + 4


def test_a_second_rehearsal_gives_the_same_bytes_and_another_tick_changes_nothing(played: Played, tmp_path: Path) -> None:
    again: list[tuple[str, bytes]] = []
    clock = VirtualClock(played.simulated.began)
    with mail_sink(lambda address, content: again.append((address, content))) as (host, port):
        settings = replace(
            played.settings,
            data=tmp_path,
            database=f"sqlite:///{tmp_path}/again.db",
            smtp=SmtpSettings(host=host, port=port, tls=TlsMode.NONE),
            per_minute=None,
            connections=1,
        )
        store = store_of(settings)
        app = Application(config=tmp_path, settings=settings, store=store, clock=clock, who="rehearsal")
        rehearse(app, played.inputs, clock, log=_log(), report=lambda: None)
        assert again == [(each.address, each.content) for each in played.arrived]

        before = _ledger(app)
        service = daemon_of(app, _log())
        assert service.ticker.tick() == Advance()
        assert service.dispatcher.dispatch_due() == DispatchSummary()
        assert _ledger(app) == before
        store.close()


def test_the_folder_has_every_mail_as_it_arrived_and_a_page_for_each(
    played: Played, shown: tuple[Path, RehearsedRound]
) -> None:
    folder, _ = shown
    files = sorted((folder / "mail").glob("*.eml"))
    assert [file.read_bytes() for file in files] == [each.content for each in played.arrived]
    first = played.mails[0]
    assert files[0].name == f"0001-2027-02-03-announcement-{first.row.key.recipient.removeprefix('person:')}.eml"
    assert len(list((folder / "mail").glob("*.html"))) == len(files)
    assert len(list((folder / "calendar").glob("*.ics"))) == len(list(_invitations(played)))
    assert len(list((folder / "pdf").glob("*.pdf"))) == len(
        {file.data for mail in played.mails for file in mail.read.files if file.mime_type == "application/pdf"}
    )


def test_the_page_needs_nothing_from_elsewhere_and_every_link_leads_somewhere(
    shown: tuple[Path, RehearsedRound],
) -> None:
    folder, facts = shown
    for page in (folder / "index.html", folder / facts.mails[40].page):
        source = page.read_text(encoding="utf-8")
        outside = re.sub(r'srcdoc="[^"]*"', "", source)
        assert re.findall(r"""(?:src=|url\(|@import|<link)""", outside) == []
        links = re.findall(r'href="([^"#]+)"', outside)
        assert links
        for link in links:
            assert (page.parent / unquote(link)).is_file(), link


def test_the_page_tells_one_persons_story_in_order(shown: tuple[Path, RehearsedRound]) -> None:
    source = (shown[0] / "index.html").read_text(encoding="utf-8")
    kinds = re.findall(r'<span class="kind">([^<]+)</span>', source)
    assert kinds == [
        "Announcement",
        "Invitation",
        "Preparation (employee)",
        "Reminder",
        "The talk",
        "Follow-up",
        "Check-in",
    ]


def _invitations(played: Played) -> Iterator[Mail]:
    return (mail for mail in played.mails if mail.step == "invitation")


def _event(mail: Mail) -> icalendar.Event:
    assert mail.read.calendar is not None
    calendar = icalendar.Calendar.from_ical(mail.read.calendar)
    assert calendar["METHOD"] == "REQUEST"
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def _attendees(event: icalendar.Event) -> set[str]:
    found = event["ATTENDEE"]
    return {str(each).removeprefix("mailto:") for each in (found if isinstance(found, list) else [found])}


def _ledger(app: Application) -> list[KnownMessage]:
    with app.store.read() as session:
        return list(session.outbox.find(OutboxFilter(limit=100_000)))
