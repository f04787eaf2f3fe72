"""What follows a talk, from the mail that asks to the step that is closed, on a real server with the round's mails."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from browsing import FREE
from talkcycle.domain.agreements import Agreement, Progress
from talkcycle.domain.links import Purpose
from talkcycle.domain.messages import Kind
from visitor import Form, Forms
from web_office import PREFIX, WebOffice, client, links_in, path_of, web_office

CANARY = "Kanariehemlighet"
STEP = {"held": "yes", "what-1": f"Gå kursen {CANARY}", "who-1": "you", "due-1": "2027-05-10"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        yield office


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with client() as web:
        yield web


def mails_to(office: WebOffice, name: str, *, about: str) -> list[EmailMessage]:
    """By the words in their subjects."""
    return [mail for mail in office.mails() if mail["To"].addresses[0].username == name and about in mail["Subject"]]


def open_link(office: WebOffice, web: httpx.Client, mail: EmailMessage, words: str) -> httpx.Response:
    """The page among the mail's links on which *words* stand."""
    pages = [web.get(office.url.removesuffix(PREFIX) + path_of(link)) for link in sorted(links_in([mail]))]
    return next(page for page in pages if words in page.text)


def send(web: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the first form of *page*, and see where it leads."""
    form = Forms(page.text).found[0]
    answer = post(web, page, form, fields)
    assert answer.status_code == 303, answer.text
    return web.get(str(page.url.join(answer.headers["location"])))


def post(web: httpx.Client, page: httpx.Response, form: Form, fields: dict[str, str], **more: Any) -> httpx.Response:
    return web.post(str(page.url.join(form.action)), data=form.fields | fields, **more)


def agreement(office: WebOffice, talk: str) -> Agreement | None:
    with office.store.read() as session:
        return session.agreements.of_talks(office.round, [talk]).get(talk)


def after(office: WebOffice, talk: str, days: int) -> None:
    """Let the service run until so long after *talk*."""
    start = office.talk(talk).start
    assert start is not None
    office.tick(until=start + timedelta(days=days))


def test_from_the_mail_that_asks_to_the_step_that_is_closed(office: WebOffice, web: httpx.Client) -> None:
    after(office, "3", 2)
    asked = mails_to(office, "asa", about="Efter samtalet")[-1]

    told = send(web, open_link(office, web, asked, "Blev samtalet av?"), **STEP)
    assert "Sparat. Här finns det ni kom överens om." in told.text

    office.tick(until=office.clock.at + timedelta(days=1))
    to_confirm = next(
        mail for mail in office.mails() if mail["To"].addresses[0].username == "johan" and CANARY in text(mail)
    )
    told = send(web, open_link(office, web, to_confirm, "Stämmer det här?"), choice="confirm")
    assert "Sparat. Nu har ni båda bekräftat det." in told.text

    office.tick(until=office.clock.at + timedelta(days=3))  # over a weekend
    summaries = [mail for mail in office.mails() if any(part.get_filename("").endswith(".ics") for part in mail.walk())]
    assert {mail["To"].addresses[0].username for mail in summaries if CANARY in text(mail)} == {"asa", "johan"}

    page = web.get(office.page("3", Purpose.ACTIONS))
    form = Forms(page.text).found[0]
    assert post(web, page, form, {"choice": "done"}).status_code == 303
    found = agreement(office, "3")
    assert found is not None
    assert found.actions[0].progress is Progress.DONE
    office.tick(until=office.clock.at + timedelta(days=70))
    assert not [row for row in office.rows(step="due-soon", limit=1000) if row.key.recipient == "person:3"]


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(("who", "talk"), [("6", "6"), ("2", "6")])
def test_a_talk_that_was_not_held_moves_for_both_and_is_asked_about_anew(
    office: WebOffice, web: httpx.Client, who: str, talk: str
) -> None:
    after(office, talk, 0)
    office.clock.at += timedelta(hours=2)
    with office.store.read() as session:
        before = session.talks.entries(office.round, [talk])[talk]

    told = send(web, web.get(office.page(who, Purpose.FOLLOW_UP, talk)), held="no")
    assert "Det är noterat att samtalet inte blev av." in told.text
    times = web.get(str(told.url.join(Links(told.text)["Se andra tider"])))
    start = Forms(times.text).found[0].offers["start"][0]
    told = send(web, times, start=start)
    assert "Sparat." in told.text

    office.tick()
    with office.store.read() as session:
        entry = session.talks.entries(office.round, [talk])[talk]
    assert (entry.uid, entry.sequence > before.sequence, entry.live) == (before.uid, True, True)
    updates = [
        row for row in office.rows(subject=f"talk:{talk}", limit=1000) if row.key.version == office.talk(talk).revision
    ]
    assert {row.key.recipient for row in updates if row.kind is Kind.MEETING_CHANGE} == {"person:2", f"person:{talk}"}
    after(office, talk, 2)
    asked = [row for row in office.rows(step="follow-up", limit=1000) if row.key.subject == f"talk:{talk}"]
    assert {row.key.recipient for row in asked if row.key.version == office.talk(talk).revision} == {
        "person:2",
        f"person:{talk}",
    }
    assert "Blev samtalet av?" in web.get(office.page(who, Purpose.FOLLOW_UP, talk)).text


class Links(dict[str, str]):
    """By their words, where the links of a page lead."""

    def __init__(self, page: str) -> None:
        for part in page.split("<a ")[1:]:
            self[part.partition(">")[2].partition("<")[0]] = part.partition('href="')[2].partition('"')[0]


def test_the_longest_that_can_be_written_is_read_and_what_is_larger_is_not(office: WebOffice, web: httpx.Client) -> None:
    after(office, "3", 1)
    page = web.get(office.page("3", Purpose.FOLLOW_UP, "3"))
    form, longest = Forms(page.text).found[0], "\U0001f331" * 300  # twelve bytes each, as a form sends them
    full = {"held": "yes"}
    for place in range(1, 6):
        full |= {f"what-{place}": longest, f"support-{place}": longest, f"who-{place}": "you"}
        full |= {f"due-{place}": "2027-05-10"}
    before = office.dump()

    assert post(web, page, form, full | {"what-1": "x" * 100_000}).status_code == 413
    assert office.dump() == before
    assert post(web, page, form, full).status_code == 303
    found = agreement(office, "3")
    assert found is not None
    assert [each.support for each in found.actions] == [longest] * 5


def test_what_another_site_sends_or_no_form_changes_nothing(office: WebOffice, web: httpx.Client) -> None:
    after(office, "3", 1)
    page = web.get(office.page("3", Purpose.FOLLOW_UP, "3"))
    form, before = Forms(page.text).found[0], office.dump()

    foreign = post(web, page, form, STEP, headers={"sec-fetch-site": "cross-site"})
    as_json = web.post(str(page.url.join(form.action)), json=form.fields | STEP)
    assert (foreign.status_code, as_json.status_code) == (403, 403)
    assert web.put(str(page.url.join(form.action)), data=form.fields | STEP).status_code == 404
    assert office.dump() == before


def test_what_breaks_or_is_logged_carries_no_word_of_what_was_agreed(
    office: WebOffice, web: httpx.Client, capfd: Any
) -> None:
    after(office, "3", 1)
    page = web.get(office.page("3", Purpose.FOLLOW_UP, "3"))
    send(web, page, **STEP)
    with office.store.write() as session:
        session.links.connection.exec_driver_sql("UPDATE agreements SET sealed = x'00'")

    broken = [web.get(str(page.url)), post(web, page, Forms(page.text).found[0], STEP)]

    assert [answer.status_code for answer in broken] == [500, 500]
    spoken = "".join(capfd.readouterr()) + str(office.logged.entries) + broken[0].text + broken[1].text
    for canary in (CANARY, "Fågelsång", "Johan", office.token("3", Purpose.FOLLOW_UP, "3")):
        assert canary not in spoken
    assert CANARY not in "".join(office.dump())
