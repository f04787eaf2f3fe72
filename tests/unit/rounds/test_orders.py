"""What an order for rendering is given about what two have agreed: no more than its recipient may read, and where."""

from dataclasses import replace
from typing import Any

import pytest

from builders import a_cycle, a_person, a_round, a_talk, at
from talkcycle.domain.agreements import Agreement
from talkcycle.domain.derive import person_messages, talk_messages
from talkcycle.domain.digests import DigestLine, ManagerDigest, Need
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import DueMessage, Kind
from talkcycle.domain.people import Role
from talkcycle.domain.routes import Routing, Transport
from talkcycle.domain.talks import Entry
from talkcycle.rendering.order import RenderOrder
from talkcycle.rounds.orders import Facts, order_for

ROUND, TALK = a_round(cycle=a_cycle()), a_talk()
ANNA, BO = a_person("anna"), a_person("bo", manager=None)
NOW = at(2027, 2, 2, 9)
LAST_YEAR = Agreement(
    round="development-2026-03",
    talk="anna",
    cycle="development",
    employee="anna",
    manager="cleo",
    start=at(2026, 3, 10, 9),
    held=True,
    revision=2,
    wording=1,
    written_by="anna",
    written_at=at(2026, 3, 11, 9),
    confirmed_at=at(2026, 3, 12, 9),
)


def shown(link: Link) -> str:
    return f"{link.person} {link.purpose.value} {link.talk or '-'}"


def ordered(due: DueMessage, digest: ManagerDigest | None = None, **facts: Any) -> RenderOrder:
    return order_for(
        due,
        replace(Facts(round=ROUND, talk=TALK, employee=ANNA, manager=BO), **facts),
        digest=digest,
        routing=Routing(sender="talks@example.com"),
        now=NOW,
        page_link=shown,
    )


def messages(role: Role, kind: Kind) -> list[DueMessage]:
    return [each for each in talk_messages(ROUND, TALK, ANNA, BO) if each.role is role and each.kind is kind]


@pytest.mark.parametrize(
    ("agreement", "readers"),
    [
        (LAST_YEAR, ["anna"]),
        (replace(LAST_YEAR, shared_with=frozenset({"bo"})), ["anna", "bo"]),
        (replace(LAST_YEAR, manager="bo"), ["anna", "bo"]),
    ],
    ids=["another manager then", "shared with the new manager", "the same manager"],
)
def test_the_next_agenda_opens_with_what_was_agreed_for_whoever_may_read_it(
    agreement: Agreement, readers: list[str]
) -> None:
    found = {
        order.recipient.key.removeprefix("person:")
        for role in (Role.EMPLOYEE, Role.MANAGER)
        for due in messages(role, Kind.MAIL)
        if (order := ordered(due, agreed_before=agreement)).agreed_before is agreement
    }

    assert sorted(found) == readers


@pytest.mark.parametrize("transport", list(Transport))
def test_nothing_that_stands_in_a_calendar_carries_what_was_agreed(transport: Transport) -> None:
    entry = Entry(
        round=ROUND.id, talk="anna", number=1, uid="u", sequence=0, transport=transport, organizer="bo@example.com"
    )
    due = messages(Role.EMPLOYEE, Kind.MEETING_CREATE)[0]

    assert ordered(due, agreed_before=LAST_YEAR, entry=entry).agreed_before is None


def test_each_line_of_a_summary_leads_to_the_one_page_where_it_is_done() -> None:
    needs = [need for need in Need if need is not Need.NEXT_ROUND]
    lines = tuple(DigestLine(need=need, person="Anna", talk="anna") for need in needs)
    digest = ManagerDigest(monday=NOW.date(), lines=lines, more=0, talks=())
    due = person_messages(ROUND, BO, {Role.MANAGER})[-1]

    order = ordered(due, digest, talk=None, employee=None, manager=None, person=BO)

    assert isinstance(order.digest, ManagerDigest)
    led = {line.need: line.link for line in order.digest.lines if line.link}
    assert set(led) == {need for need, line in zip(needs, lines, strict=True) if line.leads_to}
    assert led[Need.FOLLOW_UP] == led[Need.NOT_SETTLED] == led[Need.OVERDUE] == f"bo {Purpose.FOLLOW_UP.value} anna"
    assert led[Need.OWN_DUE] == f"bo {Purpose.ACTIONS.value} -"


def test_without_pages_no_line_of_a_summary_leads_anywhere() -> None:
    digest = ManagerDigest(
        monday=NOW.date(), lines=(DigestLine(need=Need.FOLLOW_UP, person="Anna", talk="anna"),), more=0, talks=()
    )
    due = person_messages(ROUND, BO, {Role.MANAGER})[-1]

    order = order_for(
        due, Facts(round=ROUND, person=BO), digest=digest, routing=Routing(sender="talks@example.com"), now=NOW
    )

    assert order.digest == digest


def test_links_to_what_was_agreed_come_with_the_talk_and_what_is_written_down() -> None:
    due = messages(Role.EMPLOYEE, Kind.MAIL)[0]
    over = replace(TALK, start=at(2027, 2, 1, 9))

    before, after = ordered(due).links, ordered(due, talk=over).links
    noted = ordered(due, talk=over, agreement=replace(LAST_YEAR, round=ROUND.id, manager="bo")).links

    assert (before.follow_up, before.actions) == ("", "")
    assert (after.follow_up, after.actions) == ("anna follow-up anna", "")
    assert (noted.follow_up, noted.actions) == ("anna follow-up anna", "anna actions -")
