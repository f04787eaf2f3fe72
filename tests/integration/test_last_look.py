"""Times that have filled since the plan: another time is found, or a person decides; nothing is booked over silently."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from builders import START, a_talk, at
from round_in_calendars import CYCLE, IN_BRO, IN_SUND, INVITED, Round
from talkcycle.domain.cycle import Cycle, Place, Window
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import Kind, KnownMessage, OutboxState
from talkcycle.domain.reconcile import NOTICE_LOST
from talkcycle.domain.talks import TalkState, moved
from talkcycle.domain.wishes import PinnedTalk, Wishes
from talkcycle.rounds.hold import decide
from talkcycle.rounds.status import status

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
DUE = at(2027, 2, 17, 8)
"""When the talk of 10 March is invited to."""
RENDERED = DUE - HOUR
WINDOW = (at(2027, 3, 1), at(2027, 4, 1))
ANNA, BO, SUND = "anna@example.com", "bo@example.com", "sund@example.com"
HELD, SENT, QUEUED = OutboxState.HELD, OutboxState.SENT, OutboxState.QUEUED
MANAGER_BUSY = "The manager is busy then."
A_DAY = replace(CYCLE, window=Window(first=date(2027, 3, 10), last=date(2027, 3, 10)))


class Office(Round):
    """A round with Anna's talk alone."""

    def __init__(self, folder: Path, cycle: Cycle = CYCLE) -> None:
        super().__init__(folder, (a_talk(place=IN_SUND),), cycle)

    def invitation(self) -> KnownMessage | None:
        """The newest that Anna is to get."""
        rows = [row for row in self.rows() if row.kind is Kind.MEETING_CREATE and row.key.recipient == "person:anna"]
        return max(rows, key=lambda row: row.id, default=None)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def one_day(tmp_path: Path) -> Iterator[Office]:
    """A round that lasts a day."""
    made = Office(tmp_path, A_DAY)
    yield made
    made.store.close()


def local_day(instant: datetime | None) -> date:
    assert instant is not None
    return day_of(instant, "Europe/Stockholm")


def held(office: Office) -> KnownMessage:
    row = office.invitation()
    assert row is not None
    assert row.state is HELD
    return row


# A time that has become busy


def test_a_time_that_has_become_busy_is_planned_anew_and_the_notice_kept(office: Office) -> None:
    office.organisation.occupy(BO, START, START + HOUR)
    office.until(INVITED)

    talk = office.talk()
    assert talk.start is not None
    assert talk.start != START
    assert talk.state is TalkState.PLACED
    assert talk.revision == 1
    assert office.trail() == ["replan"]
    [told] = office.told()
    assert (told.what, told.start) == ("invitation", talk.start)
    assert told.at is not None
    assert (local_day(talk.start) - local_day(told.at)).days >= CYCLE.notice_days
    taken = office.organisation.busy_times(BO, talk.start, talk.start + HOUR)
    assert [(start, end) for _, start, end in taken] == [(talk.start, talk.start + HOUR)]


def test_a_talk_goes_where_all_three_are_free(office: Office) -> None:
    first, last = WINDOW
    free = (START + 6 * DAY, START + 6 * DAY + 2 * HOUR)
    for address in (BO, ANNA):
        office.organisation.occupy(address, first, free[0])
        office.organisation.occupy(address, free[1], last)
    office.until(INVITED + 7 * DAY)

    assert office.talk().start == free[0]
    assert [told.start for told in office.told()] == [free[0]]


def test_a_room_that_alone_is_taken_is_replaced_at_the_same_time(office: Office) -> None:
    office.organisation.occupy(SUND, START, START + HOUR)
    office.until(INVITED)

    assert (office.talk().start, office.talk().place) == (START, IN_BRO)
    assert office.trail() == ["replan"]
    assert len(office.told()) == 1


def test_a_talk_that_is_invited_to_is_not_looked_at_again(office: Office) -> None:
    """Its own entry stands in the way, and whoever is busy then has been asked."""
    office.until(INVITED)
    office.organisation.occupy(BO, START, START + HOUR)
    office.until(INVITED + DAY)

    assert office.talk().revision == 0
    assert len(office.told()) == 1


# Where no other time is left


def test_without_another_time_the_invitation_is_held_with_the_reason_until_hr_releases_it(one_day: Office) -> None:
    one_day.organisation.occupy(BO, *WINDOW)
    one_day.until(INVITED)

    row = held(one_day)
    assert row.reason.startswith(MANAGER_BUSY)
    assert len(row.reason) > len(MANAGER_BUSY), "and why there is no other"
    [shown] = status(one_day.store, now=one_day.clock.now()).rounds
    assert shown.messages["invitation"] == {"held": 1, "skipped": 1}
    assert one_day.told() == []
    assert one_day.talk().start == START

    one_day.until(INVITED + DAY)
    assert one_day.told() == [], "it waits for a person, however long"
    decide(one_day.store, [row.id], to=QUEUED, action="released", who="eva", now=one_day.clock.now())
    one_day.work()

    assert [told.start for told in one_day.told()] == [START]
    sent = one_day.invitation()
    assert sent is not None
    assert (sent.id, sent.state) == (row.id, SENT)


def test_what_is_held_tells_no_names_and_is_in_no_mail(one_day: Office) -> None:
    one_day.organisation.occupy(BO, *WINDOW)
    one_day.until(INVITED)

    row = held(one_day)
    with one_day.store.read() as session:
        payload = session.outbox.payload(row.id)
    assert payload is not None
    assert b"busy" not in payload
    assert not any(name in row.reason for name in ("Anna", "Bo", "@"))
    assert "CANARY" not in f"{row}{one_day.log.capture.entries}"


def test_reminders_wait_for_what_a_person_decides_about_the_invitation(one_day: Office) -> None:
    one_day.organisation.occupy(BO, *WINDOW)
    one_day.until(START + DAY)

    assert [row.key.step for row in one_day.rows() if row.state is SENT] == []


def test_a_talk_whose_time_hr_decided_is_held_and_stays_there(tmp_path: Path) -> None:
    pin = PinnedTalk(employee="anna", at=datetime(2027, 3, 10, 10, 0))
    office = Office(tmp_path, replace(CYCLE, wishes=Wishes(pinned=(pin,))))
    office.organisation.occupy(ANNA, START, START + HOUR)
    office.until(INVITED)

    assert held(office).reason == "The employee is busy then."
    assert (office.talk().start, office.talk().revision, office.told()) == (START, 0, [])
    office.store.close()


# Calendars that cannot be told


def test_an_invitation_waits_a_quarter_of_an_hour_for_a_calendar_that_cannot_be_told(office: Office) -> None:
    office.free_busy["graph"].down = True
    office.until(RENDERED + MINUTE)
    assert office.invitation() is None
    asked = len(office.free_busy["graph"].asked)
    office.clock.jump(10 * MINUTE)
    office.work()
    assert len(office.free_busy["graph"].asked) == asked, "it is not asked at every tick"

    office.free_busy["graph"].down = False
    office.clock.jump(6 * MINUTE)
    office.work()
    row = office.invitation()
    assert row is not None
    assert (row.state, row.due_at) == (QUEUED, DUE)


def test_after_a_day_a_person_decides_about_what_still_cannot_be_told(office: Office) -> None:
    office.free_busy["graph"].down = True
    office.until(DUE + DAY - 30 * MINUTE)
    assert office.invitation() is None
    office.until(DUE + DAY + 30 * MINUTE)

    row = held(office)
    assert row.reason == (
        "Whether the employee, the manager and the room can make it cannot be told. The server does not answer. "
        "Try again later."
    )
    decide(office.store, [row.id], to=QUEUED, action="released", who="eva", now=office.clock.now())
    office.work()
    assert len(office.told()) == 1


def test_where_somebody_is_busy_and_the_other_cannot_be_told_no_other_time_is_guessed(one_day: Office) -> None:
    one_day.organisation.occupy(BO, START, START + HOUR)
    del one_day.organisation.mailboxes[ANNA]
    one_day.until(DUE)

    assert one_day.invitation() is None
    assert (one_day.talk().start, one_day.talk().revision) == (START, 0)


def test_waiting_never_shortens_the_notice(one_day: Office) -> None:
    """The last day for the invitation passes while nobody can be asked: HR is told that it did not go."""
    one_day.organisation.occupy(BO, *WINDOW)
    one_day.until(INVITED)
    one_day.free_busy["graph"].down = True
    last_day = at(2027, 2, 24, 15)
    one_day.until(last_day)
    with one_day.store.write() as session:  # HR has looked, and leaves it where it is
        session.talks.update(moved(one_day.talk(), start=START, place=Place(), at=last_day))
        session.schedule.put(one_day.id, {"talk:anna": last_day})
    one_day.until(last_day + 6 * HOUR)
    waiting = one_day.invitation()
    assert waiting is not None
    assert (waiting.key.version, waiting.state) == (0, OutboxState.WITHDRAWN), "nothing new was made yet"
    one_day.until(last_day + 12 * HOUR)

    row = one_day.invitation()
    assert row is not None
    assert (row.key.version, row.state, row.reason) == (1, OutboxState.SKIPPED, NOTICE_LOST)
    one_day.free_busy["graph"].down = False
    one_day.until(START)
    assert one_day.told() == []
