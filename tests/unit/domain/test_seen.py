"""What an entry, as it was seen in its organizer's calendar, means for its talk."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import START, a_person, a_talk, at
from talkcycle.domain.mailboxes import Answer, SeenAnswer, SeenEntry
from talkcycle.domain.messages import CANCELLATION, Kind, KnownMessage, MessageKey, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.seen import Heeded, heed, news
from talkcycle.domain.talks import Entry, TalkAnswer

HOUR = timedelta(hours=1)
NOW = at(2027, 3, 1, 12)
ANNA = a_person("anna", email="Anna.Å@Example.com")
SUND = "sund@example.com"
TALK = a_talk()
ENTRY = Entry(
    round=TALK.round,
    talk="anna",
    number=1,
    uid="1@example.com",
    sequence=0,
    transport="graph",
    organizer="bo@example.com",
    remote_id="AAMk",
)
CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
SENT, QUEUED = OutboxState.SENT, OutboxState.QUEUED
ACCEPTED = SeenAnswer(address="anna.å@example.com", answer=Answer.ACCEPTED, at=NOW)
SHE_ACCEPTED = TalkAnswer(party="person:anna", answer="accepted", at=NOW)
NOT_SUND = SeenAnswer(address=SUND, answer=Answer.DECLINED, room=True)


def a_row(version: int = 0, state: OutboxState = SENT, kind: Kind = CREATE, **fields: Any) -> KnownMessage:
    """An order about the talk, as the outbox knows it; its Message-ID is ``order-<version>``."""
    step = CANCELLATION if kind is CANCEL else "invitation"
    key = MessageKey(
        round=TALK.round, subject=TALK.subject, step=step, occasion="", recipient="person:anna", version=version
    )
    defaults: dict[str, Any] = {
        "id": version + 1,
        "due_at": NOW,
        "expires_at": None,
        "not_before": NOW,
        "why": "",
        "reason": "",
        "message_id": f"order-{version}",
    }
    return KnownMessage(key=key, kind=kind, state=state, **(defaults | fields))


def seen(order: str = "order-0", start: datetime | None = START, minutes: int = 60, **fields: Any) -> SeenEntry:
    end = None if start is None else start + timedelta(minutes=minutes)
    return SeenEntry(uid=ENTRY.uid, remote_id="AAMk", order=order, start=start, end=end, **fields)


def heeded(
    what: SeenEntry,
    rows: Iterable[KnownMessage] = (a_row(),),
    *,
    entry: Entry = ENTRY,
    employee: Person = ANNA,
    room: str | None = None,
    **talk: Any,
) -> Heeded:
    return heed(replace(TALK, **talk), entry, what, employee=employee, room=room, rows=rows)


def test_what_stands_where_it_was_put_means_nothing() -> None:
    assert heeded(seen()) == Heeded()


@pytest.mark.parametrize(
    ("start", "minutes"),
    [(START + HOUR, 60), (START, 45), (START - timedelta(days=3), 90)],
    ids=["another start", "another end", "both"],
)
def test_what_was_moved_is_where_it_stands(start: datetime, minutes: int) -> None:
    assert heeded(seen(start=start, minutes=minutes)) == Heeded(moved_to=(start, minutes))


@pytest.mark.parametrize("minutes", [0, -60])
def test_an_entry_without_a_length_says_no_time(minutes: int) -> None:
    assert heeded(seen(start=START + HOUR, minutes=minutes)) == Heeded()


def test_seconds_that_a_server_makes_of_an_end_are_no_drift() -> None:
    what = replace(seen(), end=START + HOUR + timedelta(seconds=59))
    assert heeded(what) == Heeded()


@pytest.mark.parametrize("state", [QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.HELD])
def test_while_our_own_order_is_on_its_way_nothing_is_judged_but_answers_count(state: OutboxState) -> None:
    rows = [a_row(), a_row(1, state, CHANGE)]
    what = seen(start=START + HOUR, answers=(ACCEPTED, NOT_SUND))

    found = heeded(what, rows, room=SUND, start=START + 5 * HOUR)

    assert (found.moved_to, found.declined, found.early) == (None, None, True)
    assert found.answers[0] == SHE_ACCEPTED


@pytest.mark.parametrize(
    ("state", "found"),
    [(QUEUED, Heeded(early=True)), (SENT, Heeded(gone=True)), (OutboxState.FAILED, Heeded(gone=True))],
)
def test_what_is_gone_is_gone_once_our_own_order_has_met_that(state: OutboxState, found: Heeded) -> None:
    """A change of what was deleted is refused for good; until then nobody knows which came first."""
    assert heeded(seen(gone=True, start=None), [a_row(), a_row(1, state, CHANGE)]) == found


def test_what_carries_an_older_order_than_our_last_was_read_before_it() -> None:
    rows = [a_row(), a_row(1, kind=CHANGE)]
    assert heeded(seen("order-0"), rows, start=START + HOUR) == Heeded()
    assert heeded(seen("order-1", start=START), rows, start=START + HOUR) == Heeded(moved_to=(START, 60))


def test_what_our_last_order_left_is_judged_although_others_were_never_sent() -> None:
    """Moved by hand before: what would have told that was skipped. A withdrawn or refused one changed nothing."""
    rows = [
        a_row(),
        a_row(1, OutboxState.SKIPPED, message_id=""),
        a_row(2, OutboxState.WITHDRAWN),
        a_row(3, OutboxState.FAILED, CHANGE),
    ]
    assert heeded(seen(start=START + HOUR), rows) == Heeded(moved_to=(START + HOUR, 60))


def test_mails_about_the_talk_bear_on_nothing() -> None:
    rows = [a_row(), a_row(4, QUEUED, Kind.MAIL), a_row(5, kind=Kind.MAIL)]
    assert heeded(seen(start=START + HOUR), rows) == Heeded(moved_to=(START + HOUR, 60))


def test_orders_about_another_talk_bear_on_nothing() -> None:
    other = a_row(3, QUEUED)
    rows = [a_row(), replace(other, key=replace(other.key, subject="talk:cilla"))]
    assert heeded(seen(start=START + HOUR), rows) == Heeded(moved_to=(START + HOUR, 60))


@pytest.mark.parametrize("state", [SENT, QUEUED, OutboxState.UNKNOWN, OutboxState.HELD])
def test_after_a_takeover_the_end_of_the_old_entry_bears_on_nothing(state: OutboxState) -> None:
    """It has the number of the new entry's first version, and comes after it."""
    entry = replace(ENTRY, number=2, opened=1)
    rows = [a_row(), a_row(1), a_row(1, state, CANCEL, id=9, message_id="order-of-the-end")]
    what = seen("order-1", start=START + HOUR, answers=(ACCEPTED,))

    assert heeded(what, rows, entry=entry) == Heeded(answers=(SHE_ACCEPTED,), moved_to=(START + HOUR, 60))
    assert heeded(replace(what, gone=True), rows, entry=entry) == Heeded(gone=True)


def test_an_order_about_the_old_entry_that_is_still_open_bears_on_nothing() -> None:
    entry = replace(ENTRY, number=2, opened=1)
    rows = [a_row(0, OutboxState.HELD), a_row(1)]
    assert heeded(seen("order-1", start=START + HOUR), rows, entry=entry) == Heeded(moved_to=(START + HOUR, 60))


def test_of_an_entry_that_nobody_here_has_carried_out_only_answers_count() -> None:
    assert heeded(seen(start=START + HOUR, answers=(ACCEPTED,)), []) == Heeded(answers=(SHE_ACCEPTED,))


@pytest.mark.parametrize(
    "entry", [replace(ENTRY, live=False, closed=1), replace(ENTRY, uid="another")], ids=["ended", "another"]
)
def test_an_entry_that_is_not_the_talks_live_one_means_nothing(entry: Entry) -> None:
    assert heeded(seen(gone=True, answers=(ACCEPTED, NOT_SUND)), entry=entry, room=SUND) == Heeded()


def test_answers_are_those_of_the_employee_and_of_rooms_however_their_addresses_are_written() -> None:
    proposed = (START + HOUR, START + 2 * HOUR)
    answers = (
        SeenAnswer(address="ANNA.Å@EXAMPLE.COM", answer=Answer.TENTATIVE, at=NOW, proposed=proposed),
        SeenAnswer(address="bo@example.com", answer=Answer.ACCEPTED),
        SeenAnswer(address="a.stranger@example.com", answer=Answer.DECLINED, at=NOW, proposed=proposed),
        SeenAnswer(address="Sund@Example.com", answer=Answer.ACCEPTED, room=True),
    )

    assert heeded(seen(answers=answers)).answers == (
        TalkAnswer(party="person:anna", answer="tentative", at=NOW, proposed=proposed),
        TalkAnswer(party="room:sund@example.com", answer="accepted"),
    )


def test_nobody_answers_for_an_employee_without_a_mailbox() -> None:
    assert heeded(seen(answers=(ACCEPTED,)), employee=replace(ANNA, email=None)) == Heeded()


def test_an_employee_who_declines_does_not_decline_a_room_of_that_address() -> None:
    answer = SeenAnswer(address="anna.å@example.com", answer=Answer.DECLINED)
    assert heeded(seen(answers=(answer,)), room="anna.å@example.com").declined is None


@pytest.mark.parametrize(
    ("room", "declined"),
    [("Sund@example.com", "Sund@example.com"), ("bro@example.com", None), (None, None)],
    ids=["the planned one", "one before", "none"],
)
def test_a_room_declines_only_if_it_is_the_one_that_is_planned(room: str | None, declined: str | None) -> None:
    """A room that was replaced, or that the manager invited besides, is nobody's business."""
    assert heeded(seen(answers=(NOT_SUND,)), room=room).declined == declined


@pytest.mark.parametrize("answer", [each for each in Answer if each is not Answer.DECLINED])
def test_a_room_that_has_not_declined_is_kept(answer: Answer) -> None:
    assert heeded(seen(answers=(replace(NOT_SUND, answer=answer),)), room=SUND).declined is None


def test_a_room_may_decline_the_time_to_which_somebody_moved_the_talk() -> None:
    found = heeded(seen(start=START + HOUR, answers=(NOT_SUND,)), room=SUND)
    assert (found.moved_to, found.declined) == ((START + HOUR, 60), SUND)


SINCE = START - timedelta(days=20)


def given(answer: Answer, days: int | None, party: str = "person:anna") -> TalkAnswer:
    at_ = None if days is None else SINCE + timedelta(days=days)
    return TalkAnswer(party=party, answer=answer.value, at=at_)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        pytest.param(given(Answer.DECLINED, 2), given(Answer.ACCEPTED, 1), id="newer"),
        pytest.param(given(Answer.ACCEPTED, 2), given(Answer.ACCEPTED, 2), id="the same once more"),
        pytest.param(given(Answer.ACCEPTED, None), given(Answer.NONE, 1), id="without a date"),
        pytest.param(given(Answer.DECLINED, 1), given(Answer.ACCEPTED, 2, "person:bo"), id="somebody else's"),
        pytest.param(given(Answer.NONE, None), given(Answer.ACCEPTED, -1), id="none to the time it has now"),
        pytest.param(given(Answer.NONE, None), given(Answer.ACCEPTED, None), id="none, and nobody knows since when"),
    ],
)
def test_what_a_calendar_tells_of_answers_is_news(told: TalkAnswer, kept: TalkAnswer) -> None:
    assert news([told], [], since=SINCE) == [told]
    assert news([told], [kept], since=SINCE) == [told]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        pytest.param(given(Answer.DECLINED, 1), given(Answer.ACCEPTED, 2), id="older than what was said on a page"),
        pytest.param(given(Answer.NONE, None), given(Answer.ACCEPTED, 1), id="nothing of what was said on a page"),
    ],
)
def test_a_calendar_does_not_take_back_what_somebody_has_said_elsewhere(told: TalkAnswer, kept: TalkAnswer) -> None:
    assert news([told], [kept], since=SINCE) == []


def test_while_an_order_of_ours_is_on_its_way_what_was_said_before_is_forgotten() -> None:
    none = given(Answer.NONE, None)

    assert news([none], [given(Answer.ACCEPTED, 1)], since=None) == [none]
