from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from builders import START, a_cycle, a_person
from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.faults import Refused
from talkcycle.domain.plan import Draft, PlannedTalk, UnplacedTalk
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.rendering.pages.plan_page import plan_page
from talkcycle.rounds.mail_plan import mail_plan
from talkcycle.transports.smtp.transport import SmtpTransport

NOW = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
PEOPLE = {
    person.id: person
    for person in (
        a_person("bo", name="Bo Ek", manager=None),
        a_person("anna", name="Anna <b>Ny</b>"),
        a_person("cilla", name="Cilla Dahl", zone="Europe/London"),
        a_person("disa", name="Disa Fors"),
    )
}


class Cells(HTMLParser):
    """The rows of every table, as the words of their cells."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data.strip()


def a_draft() -> Draft:
    def talk(employee: str, days: int, zone: str, place: Place) -> PlannedTalk:
        return PlannedTalk(
            employee=employee,
            manager="bo",
            start=START + timedelta(days=days),
            minutes=60,
            buffer_minutes=30,
            zone=zone,
            place=place,
        )

    return Draft(
        hash="3f9a1c0b7d2e" * 5,
        round="development-2027-03",
        cycle=a_cycle(name={"sv": "Samtal våren 2027"}),
        roster="roster-1",
        holidays={},
        today=date(2027, 2, 1),
        made_at=NOW,
        approve_by=date(2027, 2, 6),
        talks=(
            talk("cilla", 7, "Europe/London", Place(kind=PlaceKind.NAMED, name="Room Ravenscourt")),
            talk("anna", 0, "Europe/Stockholm", Place()),
        ),
        unplaced=(UnplacedTalk(employee="disa", manager="bo", reason="away the whole window"),),
        left_out={"bo": "has no manager in the roster"},
        files={},
    )


def test_the_page_names_every_talk_by_manager_and_time_and_what_is_missing_and_why() -> None:
    page = Cells()
    page.feed(plan_page(a_draft(), PEOPLE))

    assert page.rows == [
        ["Employee", "Manager", "Why"],
        ["Disa Fors", "Bo Ek", "away the whole window"],
        ["Manager", "Employee", "When", "Place"],
        ["Bo Ek", "Anna <b>Ny</b>", "Wed 10 Mar 10:00", "the two agree it"],
        ["", "Cilla Dahl", "Wed 17 Mar 09:00 (Europe/London)", "Room Ravenscourt"],
        ["Week of", "Talks"],
        ["Mon 8 Mar", "1"],
        ["Mon 15 Mar", "1"],
        ["Person", "Why"],
        ["Bo Ek", "has no manager in the roster"],
    ]


def test_a_name_is_text_and_never_markup_and_nothing_is_fetched() -> None:
    page = plan_page(a_draft(), PEOPLE)

    assert "<b>" not in page
    assert "http" not in page


def test_hr_gets_the_page_by_mail_once() -> None:
    mailbox = Mailbox()
    with (
        accepting_server(mailbox) as (host, port),
        SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE)).connect() as line,
    ):
        assert mail_plan(a_draft(), PEOPLE, line, sender="samtal@example.com", now=NOW) == "hr@example.com"

    assert [envelope.rcpt_tos for envelope in mailbox.received] == [["hr@example.com"]]
    content = mailbox.received[0].content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Plan for development-2027-03: 2 talks"
    (page,) = mail.iter_attachments()
    assert (page.get_filename(), page.get_content_type()) == ("development-2027-03.html", "text/html")
    assert "Samtal våren 2027" in page.get_content()
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[-1] == "  talkcycle approve 3f9a1c0b7d2e"


def test_a_server_that_does_not_take_it_is_said_so() -> None:
    mailbox = Mailbox(rcpt=["550 5.1.1 unknown"])
    with (
        accepting_server(mailbox) as (host, port),
        SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE)).connect() as line,
        pytest.raises(Refused, match="could not be mailed: 550"),
    ):
        mail_plan(a_draft(), PEOPLE, line, sender="samtal@example.com", now=NOW)
