import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from builders import APPROVED_AT, START, a_person, a_round, a_talk, at
from talkcycle.domain.messages import Kind, KnownMessage, MessageKey, OutboxState
from talkcycle.domain.talks import TalkState
from talkcycle.rendering.pages.checks import checks_of, shortest_notice
from talkcycle.rendering.pages.lanes import bars_of, lanes_of, weeks_of
from talkcycle.rendering.pages.rehearsed import RehearsedRound, ShownMail
from talkcycle.rendering.pages.round_page import not_sent, round_page
from talkcycle.rendering.pages.steps import looks
from talkcycle.rendering.pages.story import story_of

BO = a_person("bo", name="Bo Ek", manager=None)
ANNA = a_person("anna", name="Anna Lind", site="Helsinki", zone="Europe/Helsinki", country="FI")
CIM = a_person("cim", name="Cim <Ö>", email=None)
NOTE = "The manager's days are full."


def a_row(step: str, person: str = "anna", *, subject: str = "talk:anna", **fields: Any) -> KnownMessage:
    known: dict[str, Any] = {
        "id": 1,
        "key": MessageKey(
            round="development-2027-03",
            subject=subject,
            step=step,
            occasion="",
            recipient=f"person:{person}",
            version=0,
        ),
        "kind": Kind.MEETING_CREATE if step == "invitation" else Kind.MAIL,
        "state": OutboxState.SENT,
        "due_at": START,
        "expires_at": None,
        "not_before": START,
        "why": "",
        "reason": "",
    }
    return KnownMessage(**(known | fields))


def a_mail(step: str, when: datetime, person: str = "anna", **fields: Any) -> ShownMail:
    row = a_row(step, person, subject=fields.pop("subject", "talk:anna"))
    mail: dict[str, Any] = {
        "row": row,
        "at": when,
        "address": f"{person}@example.com",
        "subject": f"{step} of {person}",
        "preheader": "",
        "page": f"mail/{step}-{person}.html",
    }
    return ShownMail(**(mail | fields))


MAILS = (
    a_mail("announcement", at(2027, 2, 1, 9), subject="person:anna"),
    a_mail("invitation", at(2027, 2, 17, 7), files=("Agenda.pdf",)),
    a_mail("invitation", at(2027, 2, 17, 8), "bo"),
    a_mail("reminder", at(2027, 3, 8, 7)),
    a_mail("follow-up", at(2027, 3, 11, 7)),
    a_mail("follow-up", at(2027, 3, 11, 8), "bo"),
)


def facts(*mails: ShownMail, **fields: Any) -> RehearsedRound:
    known: dict[str, Any] = {
        "round": a_round(holidays={"FI": frozenset({date(2027, 3, 12)})}),
        "talks": (a_talk(), a_talk("cim", start=None, state=TalkState.UNPLACED, note=NOTE)),
        "people": {person.id: person for person in (BO, ANNA, CIM)},
        "mails": mails,
        "ledger": tuple(mail.row for mail in mails),
        "left_out": {"bo": "has no manager in the roster"},
        "announced": {"announcement": 1, "invitation": 2, "reminder": 1, "follow-up": 2, "digest-hr": 9},
        "began": APPROVED_AT,
        "ended": at(2027, 3, 11, 8),
    }
    return RehearsedRound(**(known | fields))


WHOLE = facts(*MAILS)


def test_a_story_tells_what_one_employee_gets_around_the_talk() -> None:
    story = story_of(WHOLE)
    assert story is not None
    assert (story.employee, story.manager) == ("Anna Lind", "Bo Ek")
    assert [(moment.headline, moment.distance, moment.when) for moment in story.moments] == [
        ("announcement of anna", "37 days before", "Mon 1 Feb 11:00"),
        ("invitation of anna", "21 days before", "Wed 17 Feb 09:00"),
        ("reminder of anna", "2 days before", "Mon 8 Mar 09:00"),
        ("The talk with Bo Ek", "the day", "Wed 10 Mar 10:00"),
        ("follow-up of anna", "1 day after", "Thu 11 Mar 09:00"),
    ]
    assert [moment.headline for moment in story.managers] == ["invitation of bo", "follow-up of bo"]


def test_a_round_without_a_telling_talk_has_no_story() -> None:
    assert story_of(facts(*MAILS[:2])) is None


def test_a_lane_has_its_messages_and_talks_in_the_weeks_they_came_in() -> None:
    weeks = weeks_of(WHOLE)
    assert [(week.monday, week.in_window, week.new_month) for week in weeks] == [
        (date(2027, 2, 1), False, "February"),
        (date(2027, 2, 8), False, ""),
        (date(2027, 2, 15), False, ""),
        (date(2027, 2, 22), False, ""),
        (date(2027, 3, 1), True, "March"),
        (date(2027, 3, 8), True, ""),
    ]
    lanes = {lane.name: [[chip.code for chip in chips] for chips in lane.chips] for lane in lanes_of(WHOLE, weeks)}
    assert lanes == {
        "Bo Ek": [[], [], ["I"], [], [], ["AL", "FU"]],
        "Anna Lind": [["A"], [], ["I"], [], [], ["R", "BE", "FU"]],
    }


def test_a_day_adds_up_its_messages_and_talks() -> None:
    (*_, talk, last) = bars_of(WHOLE)
    assert (talk.day, talk.total, talk.talks, talk.parts) == (date(2027, 3, 10), 0, 1, ())
    assert (last.day, last.total, last.talks) == (date(2027, 3, 11), 2, 0)
    assert [(part.label, part.count, part.below) for part in last.parts] == [("Follow-up", 2, 0)]


def test_what_went_well_holds() -> None:
    assert [check.text for check in checks_of(WHOLE) if not check.holds] == []
    assert shortest_notice(WHOLE) == 21


@pytest.mark.parametrize(
    ("rehearsed", "found"),
    [
        (facts(*MAILS, MAILS[0]), "1 message arrived twice."),
        (facts(*MAILS[1:], replace(MAILS[0], address="eve@example.com")), "1 message went to somebody it was not for."),
        (
            facts(*MAILS[:3], replace(MAILS[3], at=at(2027, 3, 12, 7)), *MAILS[4:]),
            "1 message came on a weekend or a public holiday of whoever got it.",
        ),
        (
            facts(*MAILS[1:]),
            "5 messages arrived, and the approval had announced 6; digests aside.",
        ),
        (facts(MAILS[0], *MAILS[3:]), "0 of 1 talks with a time came into calendars."),
        (
            facts(MAILS[0], replace(MAILS[1], at=at(2027, 2, 25, 7)), *MAILS[2:]),
            "Invitations arrived 13 days ahead or more; 14 are promised.",
        ),
    ],
)
def test_what_went_wrong_does_not_hold(rehearsed: RehearsedRound, found: str) -> None:
    assert found in [check.text for check in checks_of(rehearsed) if not check.holds]


def test_what_was_not_sent_is_grouped_by_its_reason() -> None:
    reason = "there was nothing to say"
    rows = [
        a_row("digest-manager", person, subject=f"person:{person}", state=OutboxState.SKIPPED, reason=reason)
        for person in ("bo", "anna", "bo")
    ]
    assert list(not_sent(facts(ledger=rows))) == [(reason, "Digest (manager)", 3, "Bo Ek, Anna Lind")]


def test_steps_are_told_apart_by_code_and_colour() -> None:
    found = looks(["announcement", "preparation-employee", "preparation-manager", "check-in", "welcome_lunch"])
    assert [(look.label, look.code) for look in found.values()] == [
        ("Announcement", "A"),
        ("Preparation (employee)", "PE"),
        ("Preparation (manager)", "PM"),
        ("Check-in", "CI"),
        ("Welcome lunch", "WL"),
    ]
    assert len({look.tone for look in found.values()}) == 5


def test_the_page_says_who_has_no_time_and_why_and_escapes_names() -> None:
    page = round_page(WHOLE)
    (row,) = re.findall(r"<tr><th scope=\"row\">Cim[^\n]+", page)
    assert row == ('<tr><th scope="row">Cim &lt;Ö&gt;</th><td>Bo Ek</td><td>The manager&#39;s days are full.</td></tr>')
    assert '<tr><th scope="row">Bo Ek</th><td>has no manager in the roster</td></tr>' in page


def test_a_page_over_nothing_can_be_made() -> None:
    page = round_page(facts(talks=(), left_out={}, announced={}))
    assert "every talk found a time" in page
    assert "every message that was meant went out" in page
