"""How many mails somebody gets in a week: what counts, what waits, and until when."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from builders import a_person, at
from talkcycle.domain.budget import (
    CAN_WAIT,
    IN_A_SUMMARY,
    MADE_AHEAD,
    can_wait,
    goes_into_summary,
    next_summary,
    next_week,
    week_begins,
)
from talkcycle.domain.cycle import Digests
from talkcycle.domain.localtime import instant_of
from talkcycle.domain.messages import BUILT_IN_STEPS, DueMessage, Kind, MessageKey
from talkcycle.domain.people import Role
from talkcycle.domain.recipients import person_recipient

STOCKHOLM = "Europe/Stockholm"
BO = person_recipient(a_person("bo"), Role.MANAGER, {})
RULES = Digests()
WEDNESDAY = at(2027, 3, 17, 8)
NEXT_MONDAY = at(2027, 3, 22, 7)
"""8:00 in Stockholm."""


def a_message(template: str = "follow-up", role: Role = Role.MANAGER, **fields: Any) -> DueMessage:
    key = MessageKey(round="r", subject="talk:anna", step=template, occasion="", recipient="person:bo", version=0)
    defaults: dict[str, Any] = {"due_at": WEDNESDAY, "expires_at": WEDNESDAY + timedelta(days=14), "why": "x"}
    return DueMessage(key=key, kind=Kind.MAIL, role=role, template=template, **(defaults | fields))


@pytest.mark.parametrize(
    ("instant", "zone", "begins"),
    [
        (at(2027, 3, 17, 8), STOCKHOLM, at(2027, 3, 14, 23)),
        (at(2027, 3, 14, 22, 59), STOCKHOLM, at(2027, 3, 7, 23)),
        (at(2027, 3, 14, 23), STOCKHOLM, at(2027, 3, 14, 23)),
        (at(2027, 3, 31, 8), STOCKHOLM, at(2027, 3, 28, 22)),  # clocks went forward on Sunday
        (at(2027, 3, 28, 21), STOCKHOLM, at(2027, 3, 21, 23)),
        (at(2027, 10, 31, 22, 30), STOCKHOLM, at(2027, 10, 24, 22)),  # and back
        (at(2027, 11, 1, 8), STOCKHOLM, at(2027, 10, 31, 23)),
        (at(2027, 3, 14, 23), "Europe/London", at(2027, 3, 8, 0)),
        (at(2027, 3, 15, 2), "America/New_York", at(2027, 3, 8, 5)),
    ],
)
def test_a_week_begins_on_monday_at_midnight_where_the_recipient_is(
    instant: datetime, zone: str, begins: datetime
) -> None:
    assert week_begins(instant, zone) == begins


def test_what_tells_something_that_is_needed_when_it_is_due_never_waits() -> None:
    urgent = (BUILT_IN_STEPS | {"announcement", "invitation", "moved", "preparation-employee", "reminder"}) - CAN_WAIT

    assert [text for text in sorted(urgent) if can_wait(a_message(text))] == []
    assert {"agreed", "time-declined", "proposal", "time-kept", "cancellation", "opted-out", "digest-manager"} <= urgent


def test_what_can_wait_does_for_everybody_but_hr() -> None:
    for text in CAN_WAIT:
        assert can_wait(a_message(text, Role.EMPLOYEE))
        assert not can_wait(a_message(text, Role.HR))


def test_a_manager_reads_in_the_summary_what_its_lines_can_say() -> None:
    def there(message: DueMessage, rules: Digests = RULES, *, pages: bool = True) -> bool:
        return goes_into_summary(message, BO, rules, WEDNESDAY, pages=pages)

    assert [text for text in sorted(CAN_WAIT) if there(a_message(text))] == sorted(IN_A_SUMMARY)
    assert not there(a_message(role=Role.EMPLOYEE))
    assert not there(a_message(), Digests(managers=False))
    assert not there(a_message(), pages=False)


def test_not_if_the_summary_would_come_after_it_has_lost_its_purpose() -> None:
    def there(expires_at: datetime | None) -> bool:
        return goes_into_summary(a_message("due-soon", expires_at=expires_at), BO, RULES, WEDNESDAY, pages=True)

    assert not there(NEXT_MONDAY)
    assert there(NEXT_MONDAY + timedelta(minutes=1))
    assert there(None)


@pytest.mark.parametrize(
    ("now", "rules", "summary"),
    [
        (WEDNESDAY, RULES, NEXT_MONDAY),
        (NEXT_MONDAY - timedelta(days=7, hours=2), RULES, NEXT_MONDAY - timedelta(days=7)),
        (WEDNESDAY, Digests(day=4, at=time(10)), at(2027, 3, 19, 9)),
        (at(2027, 3, 24, 8), RULES, at(2027, 3, 29, 6)),  # clocks went forward in between
    ],
)
def test_the_next_summary_comes_on_the_cycles_day(now: datetime, rules: Digests, summary: datetime) -> None:
    assert next_summary(BO, rules, now) == summary


def test_one_that_may_be_made_already_is_not_the_next() -> None:
    assert next_summary(BO, RULES, NEXT_MONDAY - MADE_AHEAD) == NEXT_MONDAY
    assert next_summary(BO, RULES, NEXT_MONDAY - MADE_AHEAD + timedelta(minutes=1)) == at(2027, 3, 29, 6)


def test_on_a_holiday_it_comes_when_the_summary_itself_would() -> None:
    monday_off = replace(BO, holidays=frozenset({date(2027, 3, 22)}))

    assert next_summary(monday_off, RULES, WEDNESDAY) == NEXT_MONDAY + timedelta(days=1)


def test_everything_else_comes_with_the_next_week_at_the_hour_of_the_summaries_where_the_recipient_is() -> None:
    london = replace(BO, zone="Europe/London")

    assert next_week(a_message(), BO, RULES, WEDNESDAY) == NEXT_MONDAY
    assert next_week(a_message(), london, RULES, WEDNESDAY) == at(2027, 3, 22, 8)
    assert next_week(a_message(), BO, RULES, at(2027, 3, 26, 8)) == instant_of(date(2027, 3, 29), time(8), STOCKHOLM)
    assert next_week(a_message(), BO, RULES, at(2027, 3, 21, 20)) == NEXT_MONDAY


def test_on_a_monday_that_is_a_holiday_it_comes_on_the_working_day_after() -> None:
    easter = replace(BO, holidays=frozenset({date(2027, 3, 26), date(2027, 3, 29)}))
    assert next_week(a_message(), easter, RULES, at(2027, 3, 24, 8)) == instant_of(date(2027, 3, 30), time(8), STOCKHOLM)


def test_what_would_have_lost_its_purpose_by_then_does_not_wait() -> None:
    assert next_week(a_message(expires_at=NEXT_MONDAY), BO, RULES, WEDNESDAY) is None
    assert next_week(a_message(expires_at=NEXT_MONDAY + timedelta(minutes=1)), BO, RULES, WEDNESDAY) == NEXT_MONDAY
    assert next_week(a_message(expires_at=None), BO, RULES, WEDNESDAY) == NEXT_MONDAY
