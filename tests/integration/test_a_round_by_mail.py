"""The shipped example, from approval to the last check-in, through a real Postfix into Dovecot's mailboxes."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from zoneinfo import ZoneInfo

import icalendar
import pytest
from pypdf import PdfReader
from ruamel.yaml import YAML

from approved_round import approved_example
from dispatching import Log
from e2e.round_driver import run_round
from servers.mail_server import MailServer, mail_server
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Talk
from talkcycle.resources import shipped
from talkcycle.store.open import open_store
from talkcycle.store.secret import service_secret

pytestmark = pytest.mark.xdist_group("mail server")
HR_ADDRESS = "hr@norrskenkonsult.example"
SENDER = "samtal@norrskenkonsult.example"
TO_EMPLOYEE = ("invitation", "preparation-employee", "reminder", "follow-up", "check-in")
TO_MANAGER = ("invitation", "preparation-manager", "follow-up")
NOT_TAKING_PART = {"1001": "has no manager", "1014": "is on parental leave", "1024": "HR excluded"}
WITHOUT_MAILBOX = "1053"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One mail as IMAP gave it, with the row of the outbox that it came from."""

    row: KnownMessage
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A round that has run to its end.

    Attributes:
        people: Lines of the roster by id, as the file has them.
        talks: By id.
        rows: The outbox.
        boxes: Every mailbox that got anything, by address.
        events: What the daemon logged.
    """

    people: Mapping[str, Mapping[str, str]]
    talks: Mapping[str, Talk]
    rows: tuple[KnownMessage, ...]
    boxes: Mapping[str, tuple[Delivered, ...]]
    events: Counter[str]

    def address(self, person: str) -> str:
        return self.people[person]["email"]

    def language(self, address: str) -> str:
        (person,) = (each for each in self.people.values() if each["email"] == address)
        return person["language"][:2]

    def invitations(self) -> Iterator[tuple[str, Delivered]]:
        for address, box in self.boxes.items():
            for each in box:
                if each.row.key.step == "invitation":
                    yield address, each


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    round_ = approved_example(tmp_path_factory.mktemp("round"))
    log = Log()
    with mail_server() as server:
        smtp = SmtpSettings(
            host=server.host,
            port=server.submission,
            tls=TlsMode.STARTTLS,
            user=server.user,
            password=server.password,
            ca_file=server.ca_file,
            timeout=timedelta(seconds=30),
        )
        run_round(round_.data, smtp, round_.sender, log.logger)
        store = open_store(round_.database, secret=service_secret(None, round_.data))
        with store.read() as session:
            rows = session.outbox.find(OutboxFilter(limit=100_000))
            talks = session.talks.of_round(round_.round)
        store.close()
        with (shipped("config") / "roster.csv").open(encoding="utf-8", newline="") as file:
            people = {line["id"]: line for line in csv.DictReader(file)}
        yield Played(
            people=people,
            talks={talk.id: talk for talk in talks},
            rows=tuple(rows),
            boxes=_fetch_all(server, rows),
            events=Counter(log.events),
        )


def _fetch_all(server: MailServer, rows: list[KnownMessage]) -> dict[str, tuple[Delivered, ...]]:
    by_message_id = {row.message_id: row for row in rows if row.message_id}
    boxes = {}
    for address in server.mailboxes():
        raws = server.fetch(address)
        ids = [str(message_from_bytes(raw)["Message-ID"]) for raw in raws]
        boxes[address] = tuple(Delivered(row=by_message_id[id_], raw=raw) for id_, raw in zip(ids, raws, strict=True))
    return boxes


def test_every_message_arrived_once_at_its_address_with_the_bytes_of_the_outbox(played: Played) -> None:
    sent = Counter((row.address, row.id) for row in played.rows if row.state is OutboxState.SENT)
    arrived = Counter((address, each.row.id) for address, box in played.boxes.items() for each in box)

    assert arrived == sent
    assert {row.state for row in played.rows} == {OutboxState.SENT, OutboxState.SKIPPED}
    for box in played.boxes.values():
        for each in box:
            assert sha256(each.raw[-each.row.size :]).hexdigest() == each.row.digest


def test_everybody_with_a_talk_and_a_mailbox_gets_each_step_once_and_nobody_else_gets_anything(played: Played) -> None:
    expected: dict[str, Counter[tuple[str, str]]] = {}
    for talk in played.talks.values():
        for person, steps in ((talk.employee, TO_EMPLOYEE), (talk.manager, TO_MANAGER)):
            if address := played.address(person):
                wanted = expected.setdefault(address, Counter({("announcement", f"person:{person}"): 1}))
                left = played.people[person]["end"] != ""  # before the check-in: whoever has left gets nothing more
                wanted.update((step, talk.subject) for step in steps if step != "check-in" or not left)

    assert len(expected) == 36
    assert {
        address: Counter((each.row.key.step, each.row.key.subject) for each in box if not _is_digest(each))
        for address, box in played.boxes.items()
        if address != HR_ADDRESS
    } == expected


def test_who_takes_no_part_or_has_no_mailbox_gets_nothing(played: Played) -> None:
    assert set(played.people) - set(played.talks) == set(NOT_TAKING_PART)
    assert played.people[WITHOUT_MAILBOX]["email"] == ""
    silent = {played.address("1014"), played.address("1024")}
    assert silent & set(played.boxes) == set()
    about = [row for row in played.rows if row.key.recipient == f"person:{WITHOUT_MAILBOX}"]
    assert {(row.state, row.address, row.reason) for row in about} == {
        (OutboxState.SKIPPED, "", "has no mailbox; their manager gets the agenda to print")
    }
    assert {row.key.step for row in about} == {"announcement", *TO_EMPLOYEE}


def test_digests_go_to_managers_and_hr_alone_at_most_once_a_week(played: Played) -> None:
    managers = {talk.manager for talk in played.talks.values()}
    digests = [
        (address, each.row.key.occasion) for address, box in played.boxes.items() for each in box if _is_digest(each)
    ]
    talk_weeks = {(played.address(talk.manager), _week(talk)) for talk in played.talks.values()}

    assert max(Counter(digests).values()) == 1
    assert {address for address, _ in digests} == {HR_ADDRESS, *(played.address(each) for each in managers)}
    assert talk_weeks <= set(digests)
    assert {each.row.key.step for each in played.boxes[HR_ADDRESS]} == {"digest-hr"}


def test_every_mail_went_out_encrypted_and_logged_in(played: Played) -> None:
    for box in played.boxes.values():
        for each in box:
            (received,) = (value for value in each.mail.get_all("Received", []) if "(Postfix)" in value)
            assert " with ESMTPSA id " in " ".join(received.split())
            assert f"(Authenticated sender: {SENDER})" in received


def test_each_talk_is_one_meeting_in_both_calendars(played: Played) -> None:
    uids: dict[str, set[str]] = {}
    for address, each in played.invitations():
        calendar = _calendar(each.mail)
        (event,) = calendar.walk("VEVENT")
        talk = played.talks[each.row.key.subject.removeprefix("talk:")]
        uids.setdefault(talk.id, set()).add(str(event["UID"]))
        start = event.decoded("DTSTART")
        assert (calendar["METHOD"], event["SEQUENCE"], start, event.decoded("DTEND")) == (
            "REQUEST",
            0,
            talk.start,
            talk.end,
        )
        assert (start.utcoffset(), event["DTSTART"].params["TZID"]) == (
            start.astimezone(ZoneInfo(talk.zone)).utcoffset(),
            talk.zone,
        )
        assert str(event["ORGANIZER"]).lower() == f"mailto:{SENDER}"
        attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
        both = {played.address(talk.employee), played.address(talk.manager)}
        assert address in both
        assert {str(attendee).lower() for attendee in attendees} == {f"mailto:{each}" for each in both if each}

    assert set(uids) == set(played.talks)
    assert {len(each) for each in uids.values()} == {1}
    assert len(set.union(*uids.values())) == len(played.talks) == 36


def test_each_invitation_brings_the_agenda_as_a_pdf_in_the_recipients_language(played: Played) -> None:
    words = {language: _agenda_words(language) for language in ("sv", "en")}
    assert words["sv"] & words["en"] == set()
    languages: Counter[str] = Counter()
    for address, each in played.invitations():
        talk = played.talks[each.row.key.subject.removeprefix("talk:")]
        language = played.language(address)
        (agenda,) = (part for part in each.mail.iter_attachments() if part.get_content_type() == "application/pdf")
        pdf = PdfReader(io.BytesIO(agenda.get_content()))
        text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
        assert (len(pdf.pages), pdf.trailer["/Root"]["/Lang"][:2]) == (1, language)  # type: ignore[index]
        assert {phrase for phrase in words[language] | _names(played, talk) if phrase not in text} == set()
        languages[language] += 1

    assert set(languages) == {"sv", "en"}
    assert sum(languages.values()) == 2 * 36 - 1


def test_the_daemon_had_nothing_to_complain_about(played: Played) -> None:
    assert set(played.events) == {"tick", "dispatched"}


def _is_digest(each: Delivered) -> bool:
    return each.row.key.step.startswith("digest-")


def _week(talk: Talk) -> str:
    assert talk.start is not None
    year, week, _ = talk.start.astimezone(ZoneInfo(talk.zone)).isocalendar()
    return f"{year}-W{week:02d}"


def _names(played: Played, talk: Talk) -> set[str]:
    return {played.people[talk.employee]["name"], played.people[talk.manager]["name"]}


def _agenda_words(language: str) -> set[str]:
    """The agenda's title, its rule about who speaks first, and the title of every point, as *language* has them."""
    words = YAML(typ="safe", pure=True).load(shipped("templates") / language / "agenda.yaml")
    return {words["title"], words["speaks_first"], *(point["title"] for point in words["points"].values())}


def _calendar(mail: EmailMessage) -> icalendar.Calendar:
    """The calendar part where Outlook looks for it: last in the alternative, which is first in the mail."""
    alternative = next(iter(mail.iter_parts()))
    *_, part = alternative.iter_parts()
    assert (part.get_content_type(), part.get_param("method")) == ("text/calendar", "REQUEST")
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    calendar = icalendar.Calendar.from_ical(data)
    assert isinstance(calendar, icalendar.Calendar)
    return calendar
