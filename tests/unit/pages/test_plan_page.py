"""Rewrite the golden page with GOLDEN=write, look at it, and read the difference."""

import os
import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from builders import a_cycle, a_person
from planned_round import MADE_AT, NO_ROOM, PEOPLE, a_draft, the_draft_before, the_facts
from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.domain.cycle import Window
from talkcycle.domain.faults import Refused
from talkcycle.domain.plan import UnplacedTalk
from talkcycle.domain.plan_facts import plan_facts
from talkcycle.domain.plan_talks import Comfort
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.rendering.pages.plan_page import plan_page
from talkcycle.rounds.mail_plan import mail_plan
from talkcycle.transports.smtp.transport import SmtpTransport

GOLDEN = Path(__file__).parents[2] / "golden" / "plan" / "page.html"


class Page(HTMLParser):
    """Tables by caption, each a list of rows of words; the words of list entries; ids; links; every other attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.entries: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.headers: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self._caption = ""
        self._inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        if id_ := values.get("id"):
            self.ids.append(id_)
        if href := values.get("href"):
            self.links.append(href)
        if tag == "th":
            self.headers.append(values)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(tag)
        if tag == "table":
            self._caption = ""
        elif tag == "caption":
            self._inside = "caption"
        elif tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        elif tag in {"td", "th"}:
            self.tables[self._caption][-1].append("")
            self._inside = "cell"
        elif tag == "li":
            self.entries.append("")
            self._inside = "entry"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "caption", "li"}:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            self._caption += data
        elif self._inside == "cell":
            self.tables[self._caption][-1][-1] += data
        elif self._inside == "entry":
            self.entries[-1] += data


def the_page() -> Page:
    return Page(plan_page(the_facts(before=the_draft_before())))


def test_the_page_is_the_one_we_looked_at() -> None:
    page = plan_page(the_facts(before=the_draft_before(), with_rooms=True, preferred={"egil": ((8 * 60, 11 * 60),)}))
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page, encoding="utf-8")

    assert page == GOLDEN.read_text(encoding="utf-8")


def test_who_is_missing_is_said_with_the_reason() -> None:
    assert the_page().tables["Talks without a time, by manager"] == [
        ["Employee", "Manager", "Why, and what would help"],
        ["Disa Fors", "Bo Ek", "Bo's days are full; one more a day would help."],
    ]


def test_who_has_no_room_is_said_by_reason() -> None:
    page = Page(plan_page(the_facts(with_rooms=True)))

    assert page.tables["Talks that wanted a room and have none, by reason"][1] == ["1 talk", "Gun Holm", NO_ROOM]
    assert [row[0] for row in page.tables["Percent of the hours for talks that are taken"]][-3:] == [
        "Lagom 4 seats",
        "Lagom 2 2 seats",
        "Lagom 10 2 seats",
    ]


def test_what_stands_against_a_time_hr_decided_is_said_and_nothing_is_not_all_well_then() -> None:
    against = {"egil": "The manager's calendar is full then.", "frej": "<b>The employee</b> does not work then."}
    page = plan_page(the_facts(a_draft(pinned_against=against, unplaced=())))

    assert Page(page).tables["Talks at a time you decided, by start"] == [
        ["Employee", "Manager", "What stands against it"],
        ["<script>alert(1)</script>", "Bo Ek", "The manager's calendar is full then."],
        ["Frej Gran", "<script>alert(1)</script>", "<b>The employee</b> does not work then."],
    ]
    assert "2 talks are at the time you decided" in page
    assert "Nothing: every talk has a time." not in page


def test_what_changed_is_said_from_what_to_what() -> None:
    tables = the_page().tables

    assert tables["Another time: 1"][1] == [
        "Anna <b>Ny</b>",
        "Bo Ek",
        "Tue 9 Mar 15:00, Lagom",
        "Wed 10 Mar 10:00, Lagom",
    ]
    assert tables["Had a time and has none now: 1"][1][2:] == ["Thu 18 Mar 10:00, the two agree it", "no time"]
    assert tables["No longer in the plan: 1"][1] == ["Hugo Ivarsson", "Bo Ek", "Wed 10 Mar 10:00, the two agree it", "–"]


def test_the_calendar_is_in_the_managers_time_and_names_the_employees() -> None:
    entries = [" ".join(entry.split()) for entry in the_page().entries]

    assert 'Wed 17 Mar 12:30–13:30 =cmd|"/c calc"!A1 11:30 in London, Ravenscourt over lunch' in entries
    assert "Mon 15 Mar 14:00–15:00 Frej Gran 09:00 in New York, online" in entries
    assert "Tue 30 Mar 10:00–11:00 Gun Holm the two agree it" in entries


def test_rooms_are_numbers_and_not_colour_alone() -> None:
    rooms = the_page().tables["Percent of the hours for talks that are taken"]

    assert rooms[0] == ["Room", "Week 10", "Week 11", "Week 12", "Week 13", "All", "Talks"]
    assert rooms[1][:3] == ["Mon 8", "Tue 9", "Wed 10"]
    lagom = next(row for row in rooms if row[0] == "Lagom")
    assert lagom[1:6] == ["·", "·", "21", "·", "21"]
    assert lagom[-1] == "2"


def test_a_long_window_shows_rooms_by_week() -> None:
    long = a_draft(cycle=a_cycle(window=Window(first=date(2027, 3, 1), last=date(2027, 5, 28))))

    (heads, *_) = Page(plan_page(the_facts(long))).tables["Percent of the hours for talks that are taken"]

    assert heads[1:3] == ["Week 9, 1–5 Mar", "Week 10, 8–12 Mar"]


def test_the_first_plan_says_that_there_is_none_before() -> None:
    assert "first plan of this round" in plan_page(the_facts())
    assert "Nothing changed: all 6 talks" in plan_page(the_facts(before=a_draft()))


def test_a_plan_without_any_talk_is_a_page_too() -> None:
    page = plan_page(the_facts(a_draft(talks=(), unplaced=(), left_out={})))

    assert "Nobody has a talk in this round" in page


def test_a_name_is_text_and_never_markup() -> None:
    page = plan_page(the_facts(before=the_draft_before()))

    assert "<b>Ny" not in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = plan_page(the_facts())

    assert not re.search(r"https?:|//|url\(|@import|\bsrc=|\bon\w+=", page)
    assert "default-src 'none'" in page
    assert the_page().tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})


def test_every_link_leads_somewhere_and_every_id_is_there_once() -> None:
    page = the_page()

    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}


def test_every_table_has_a_caption_and_every_header_a_scope() -> None:
    page = the_page()

    assert "" not in page.tables
    assert all(values.get("scope") for values in page.headers)


def test_headings_leave_out_no_level() -> None:
    levels = [int(tag[1]) for tag in the_page().headings]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_many_managers_are_closed_and_found_by_letter() -> None:
    names = [f"{letter}ge {number}" for letter in "BAÅ" for number in range(12)]
    people = dict(PEOPLE) | {name: a_person(name, name=name, manager=None) for name in names}
    missing = tuple(UnplacedTalk(employee="disa", manager=name, reason="full") for name in names)
    facts = plan_facts(
        a_draft(talks=(), unplaced=missing), people, comfort=Comfort(lunch=(0, 0), friday_ends=0, preferred={})
    )

    text = plan_page(facts)
    page = Page(text)

    assert re.findall(r'class="letter">(.)<', text) == ["A", "B", "Å"]
    assert {"#l1", "#l2", "#l3"} <= set(page.links)
    assert '<details class="manager" id="m1"><summary>' in text


def test_hr_gets_the_page_by_mail_once() -> None:
    mailbox = Mailbox()
    with (
        accepting_server(mailbox) as (host, port),
        SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE)).connect() as line,
    ):
        assert mail_plan(the_facts(), line, sender="samtal@example.com", now=MADE_AT) == "hr@example.com"

    assert [envelope.rcpt_tos for envelope in mailbox.received] == [["hr@example.com"]]
    content = mailbox.received[0].content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Plan for development-2027-03: 5 talks"
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
        mail_plan(the_facts(), line, sender="samtal@example.com", now=MADE_AT)
