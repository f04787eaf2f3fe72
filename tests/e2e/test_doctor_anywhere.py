"""``talkcycle doctor`` on Exchange, on-premises and online: what both owe whoever asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doctored_company import ASA, CEO, HR, KARIN, ROOM, SENDER, Company, of, on_premises, online
from servers.organisation import Where
from servers.scripted_smtp import Mailbox as SmtpMailbox
from servers.scripted_smtp import accepting_server

OTHER = {"exchange": Where.ONLINE, "graph": Where.ON_PREMISES}


@pytest.fixture(params=[on_premises, online])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company[Any]]:
    with request.param(tmp_path) as made:
        yield made


def test_a_server_set_up_as_the_guide_says_has_nothing_bad_and_nobody_is_told_anything(company: Company[Any]) -> None:
    found = company.doctor("--outside", CEO)

    assert of(found, "bad") == {}
    assert set(of(found, "warning")) == {"tls"}  # the fake's certificate is of this week
    assert set(of(found, "untold")) - {"mail-send"} == {"rooms-accept"}  # what no dry check can show
    opened = {each["about"]["mailbox"] for each in found if each["check"] == company.opens}
    assert opened == {SENDER, KARIN}  # an employee's calendar is nobody's business
    told = {each["about"]["mailbox"] for each in found if each["check"] == "free-busy"}
    assert told == {SENDER, KARIN, ASA, ROOM}
    assert company.organisation.told == []
    assert not any(mailbox.calendar or mailbox.mails for mailbox in company.organisation.mailboxes.values())


def test_a_mailbox_that_moved_away_is_told_with_who_has_to_say_so(company: Company[Any]) -> None:
    company.organisation.migrate(KARIN, OTHER[company.by])

    found = company.doctor(status=3)

    assert "routes in service.yaml" in of(found, "bad")[company.opens]["mend"]


def test_where_mails_go_by_smtp_the_sender_need_not_be_on_the_server(company: Company[Any]) -> None:
    company.organisation.mailbox(SENDER).where = Where.ELSEWHERE
    mailbox = SmtpMailbox()
    with accepting_server(mailbox) as (host, port):
        own = f"smtp: {{host: {host}, port: {port}, tls: none}}\nroutes: [{{address: {SENDER}, by: smtp}}, "
        company.edit("routes: [", own)
        found = company.doctor()

    assert of(found, "bad") == {}
    assert {each["grade"] for each in found if each["check"] == "free-busy"} == {"good"}
    asked = {each["about"]["mailbox"] for each in found if each["check"] == "recipient"}
    assert asked == {HR, SENDER, KARIN, ASA}
    assert mailbox.received == []


def test_a_test_stands_in_the_managers_calendar_with_its_file_and_goes_again(company: Company[Any]) -> None:
    asked = "it@norrsken.example"
    company.organisation.add(asked, where=company.organisation.mailbox(KARIN).where)

    found = company.doctor("--send-to", asked, "--organizer", KARIN)

    assert [(each["check"], each["grade"]) for each in found] == [
        ("test-mail", "good"),
        ("test-meeting", "good"),
        ("test-cancellation", "good"),
    ]
    told = company.organisation.told
    assert {each.to for each in told} == {asked}
    assert [(each.what, each.sender, each.files) for each in told] == [
        ("mail", SENDER, ("Testagenda.pdf",)),
        ("invitation", KARIN, ("Testagenda.pdf",)),
        ("cancellation", KARIN, ()),
    ]
    assert company.organisation.mailbox(KARIN).calendar == company.organisation.mailbox(asked).calendar == {}


def test_a_test_may_stay(company: Company[Any]) -> None:
    company.doctor("--send-to", ASA, "--organizer", KARIN, "--keep")

    (kept,) = company.organisation.mailbox(KARIN).calendar.values()
    assert kept.subject.startswith("TEST ")
    assert [each.address for each in kept.attendees] == [ASA]


def test_a_test_from_a_calendar_that_is_closed_says_so_and_ends(company: Company[Any]) -> None:
    found = company.doctor("--send-to", ASA, "--organizer", CEO, status=3)

    assert [(each["check"], each["grade"]) for each in found] == [("test-mail", "good"), ("test-meeting", "bad")]
    assert company.organisation.mailbox(CEO).calendar == {}
