"""Whose page each message leads to: always the recipient's own, and never through what both of a talk read."""

from dataclasses import replace
from typing import Any

import pytest

from builders import a_cycle, a_person, a_round, a_talk, at
from talkcycle.domain.derive import talk_messages
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import PROPOSAL, TIME_DECLINED, DueMessage, Kind
from talkcycle.domain.people import Role
from talkcycle.domain.routes import Routing, Transport
from talkcycle.domain.talks import Entry
from talkcycle.rendering.words import BadWords, read_words
from talkcycle.rounds.orders import Facts, link_of, order_for
from talkcycle.rounds.page_links import example_links

ROUND, TALK = a_round(cycle=a_cycle()), a_talk()
ANNA, BO = a_person("anna"), a_person("bo", manager=None)
FACTS = Facts(round=ROUND, talk=TALK, employee=ANNA, manager=BO)
NOW = at(2027, 2, 2, 9)


def messages(role: Role) -> list[DueMessage]:
    return [each for each in talk_messages(ROUND, TALK, ANNA, BO) if each.role is role]


def an_entry(transport: Transport) -> Entry:
    return Entry(
        round=ROUND.id, talk="anna", number=1, uid="u", sequence=0, transport=transport, organizer="bo@example.com"
    )


def linked(due: DueMessage, **facts: Any) -> str:
    order = order_for(
        due,
        replace(FACTS, **facts),
        digest=None,
        routing=Routing(sender="talks@example.com"),
        now=NOW,
        page_link=example_links("https://talks.example.com"),
    )
    return order.links.page


def test_an_employee_is_led_to_their_talk_and_a_manager_to_all_of_theirs() -> None:
    assert {link_of(each, FACTS) for each in messages(Role.EMPLOYEE)} == {
        Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="anna")
    }
    assert {link_of(each, FACTS) for each in messages(Role.MANAGER)} == {
        Link(round=ROUND.id, person="bo", purpose=Purpose.TALKS)
    }


@pytest.mark.parametrize("step", [PROPOSAL, TIME_DECLINED])
def test_a_manager_who_has_something_to_choose_is_led_to_where_they_choose_it(step: str) -> None:
    due = messages(Role.MANAGER)[0]
    asked = replace(due, key=replace(due.key, step=step))
    former = replace(asked, key=replace(asked.key, recipient="person:cleo"))

    assert link_of(asked, FACTS) == Link(round=ROUND.id, person="bo", purpose=Purpose.HOSTED, talk="anna")
    assert link_of(former, FACTS) == Link(round=ROUND.id, person="cleo", purpose=Purpose.TALKS)


def test_who_hosted_the_talk_before_is_led_to_their_own_page_and_not_the_new_managers() -> None:
    due = messages(Role.MANAGER)[0]
    former = replace(due, key=replace(due.key, recipient="person:cleo"))

    assert link_of(former, FACTS) == Link(round=ROUND.id, person="cleo", purpose=Purpose.TALKS)


def test_a_message_of_the_employees_kind_to_somebody_else_leads_nowhere() -> None:
    due = messages(Role.EMPLOYEE)[0]

    assert link_of(replace(due, key=replace(due.key, recipient="person:cleo")), FACTS) is None
    assert link_of(replace(due, role=Role.HR), FACTS) is None


@pytest.mark.parametrize("transport", [Transport.EXCHANGE, Transport.GRAPH])
def test_a_meeting_of_both_carries_nobodys_link_and_mails_about_it_do(transport: Transport) -> None:
    meeting = next(each for each in messages(Role.EMPLOYEE) if each.kind is Kind.MEETING_CREATE)
    mail = next(each for each in messages(Role.EMPLOYEE) if each.kind is Kind.MAIL)

    assert linked(meeting, entry=an_entry(transport)) == ""
    assert linked(mail, entry=an_entry(transport)).startswith("https://talks.example.com/")
    assert linked(meeting, entry=an_entry(Transport.SMTP)).startswith("https://talks.example.com/")


@pytest.mark.parametrize("word", ["footer", "calendar_title", "agenda_file", "place_online", "confidentiality"])
def test_no_word_that_both_read_can_carry_a_link(word: str) -> None:
    with pytest.raises(BadWords, match="page_link"):
        read_words("words.yaml", f'{word}: "{{{{ page_link }}}}"\n')
