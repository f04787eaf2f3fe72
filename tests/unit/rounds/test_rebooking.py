"""Another time or room for one talk of a running round, with every other talk where it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import START, a_cycle, a_person, a_round, a_talk, at
from talkcycle.domain.busy import BusyKind, BusyTimes, Span
from talkcycle.domain.cycle import Cycle, Place, PlaceKind, Window
from talkcycle.domain.mailboxes import Untold
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.domain.wishes import PinnedTalk, PlanningRules, SiteRoom, Wishes
from talkcycle.rounds.rebooking import NoOtherTime, Rebooked, another_room, another_time
from talkcycle.rounds.vacancy import KnownTimes

NOW = at(2027, 2, 17, 8)
"""A Wednesday, three weeks before the talk."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUND, BRO, BOOTH = (SiteRoom(name=name, seats=seats) for name, seats in (("Sund", 4), ("Bro", 6), ("Booth", 1)))
OFFICE = SiteRoom(name="Office", seats=2, neutral=False)
IN_SUND, IN_BRO = (Place(kind=PlaceKind.NAMED, name=name) for name in ("Sund", "Bro"))
CYCLE = a_cycle(planning=PlanningRules(lunch=None))
WITH_ROOMS = replace(CYCLE, rooms={"Malmö": (BRO, OFFICE, BOOTH, SUND), "Lund": (SUND, BRO)})
PEOPLE: Mapping[str, Person] = {
    each.id: each
    for each in (
        a_person("bo", manager=None, site="Malmö"),
        a_person("anna", site="Malmö"),
        a_person("cilla", site="Malmö"),
        a_person("dag", site="Malmö"),
        a_person("eva", site="Lund", manager="dag"),
    )
}
FREE = KnownTimes()


def busy(**whose: tuple[Span, ...]) -> KnownTimes:
    return KnownTimes(busy=BusyTimes(people={id_: {BusyKind.BUSY: spans} for id_, spans in whose.items()}))


def rooms_busy(known: KnownTimes = FREE, site: str = "Malmö", **rooms: tuple[Span, ...]) -> KnownTimes:
    spans = {(site, name): {BusyKind.TENTATIVE: each} for name, each in rooms.items()}
    return replace(known, busy=replace(known.busy, rooms=spans))


def rebooked(
    talk: Talk,
    known: KnownTimes,
    *others: Talk,
    cycle: Cycle = CYCLE,
    now: datetime = NOW,
    room_alone: bool = False,
) -> Rebooked | NoOtherTime:
    return another_time(a_round(cycle=cycle), talk, PEOPLE, [talk, *others], known, now=now, room_alone=room_alone)


def found(answer: Rebooked | NoOtherTime) -> Rebooked:
    assert isinstance(answer, Rebooked), answer
    return answer


def at_work(day: date) -> Span:
    morning = datetime(day.year, day.month, day.day, 7, tzinfo=STOCKHOLM)
    return morning, morning + 11 * HOUR


def test_a_talk_whose_manager_has_become_busy_gets_another_time() -> None:
    answer = found(rebooked(a_talk(), busy(bo=((START, START + HOUR),))))
    assert answer.place == Place()
    assert not answer.start < START + HOUR or answer.start + 1.5 * HOUR <= START
    assert answer.against == ()


def test_it_goes_to_the_only_time_that_is_left() -> None:
    days = [date(2027, 3, 1) + n * DAY for n in range(31)]
    left = datetime(2027, 3, 25, 13, tzinfo=STOCKHOLM)
    full = tuple(at_work(day) for day in days if day != left.date())
    begins, ends = at_work(left.date())
    answer = rebooked(a_talk(), busy(bo=full, anna=((begins, left), (left + HOUR, ends))))
    assert found(answer).start == left
    taken = a_talk("cilla", start=left - HOUR)
    said = rebooked(a_talk(), busy(bo=full, anna=((begins, left), (left + HOUR, ends))), taken)
    assert isinstance(said, NoOtherTime)
    assert said.reason.startswith("Every time that suits both the employee and the manager is taken by other talks")
    assert not said.wait


@pytest.mark.parametrize(
    ("now", "first"),
    [
        pytest.param(at(2027, 3, 9, 8), date(2027, 3, 24), id="an invitation may leave tomorrow"),
        pytest.param(at(2027, 3, 12, 8), date(2027, 3, 29), id="on Friday it may leave on Monday"),
    ],
)
def test_the_notice_is_counted_from_when_the_invitation_can_leave(now: datetime, first: date) -> None:
    before = tuple(at_work(date(2027, 3, 1) + n * DAY) for n in range(31) if date(2027, 3, 1) + n * DAY > first)
    answer = found(rebooked(a_talk(), busy(bo=before), now=now))
    assert answer.start.astimezone(STOCKHOLM).date() == first


def test_a_talk_that_hr_has_put_before_the_window_gets_a_time_within_it() -> None:
    other = a_talk("cilla", start=at(2027, 2, 24, 12))
    answer = found(rebooked(a_talk(start=at(2027, 2, 24, 9)), FREE, other))
    assert CYCLE.window.first <= answer.start.date() <= CYCLE.window.last


def test_when_the_notice_leaves_no_day_hr_is_told_so() -> None:
    said = rebooked(a_talk(), FREE, now=at(2027, 3, 19, 8))
    assert isinstance(said, NoOtherTime)
    assert said.reason.startswith("The notice leaves no day")


def test_a_time_that_hr_decided_stays() -> None:
    pinned = replace(CYCLE, wishes=Wishes(pinned=(PinnedTalk(employee="anna", at=datetime(2027, 3, 10, 10)),)))
    said = rebooked(a_talk(), FREE, cycle=pinned)
    assert isinstance(said, NoOtherTime)
    assert "wishes: pin" in said.reason


def test_where_a_calendar_cannot_be_told_nothing_moves_yet() -> None:
    known = KnownTimes(untold={"bo": Untold(problem="The server is down.", mend="Try again.")})
    assert rebooked(a_talk(), known) == NoOtherTime(
        reason="When the manager is busy cannot be told. The server is down. Try again.", wait=True
    )


def test_a_stand_in_holds_the_talk_elsewhere_too() -> None:
    bo_never = busy(bo=((NOW, NOW + 90 * DAY),), cilla=((START, START + HOUR),))
    assert found(rebooked(a_talk(manager="cilla"), bo_never)).start != START


def test_a_talk_without_a_time_gets_one() -> None:
    unplaced = a_talk(start=None, state=TalkState.UNPLACED)
    assert found(rebooked(unplaced, FREE)).start > NOW


def test_another_time_comes_with_a_room() -> None:
    answer = found(rebooked(a_talk(place=IN_SUND), busy(bo=((START, START + HOUR),)), cycle=WITH_ROOMS))
    assert answer.place == IN_SUND


def test_a_room_that_is_gone_is_replaced_by_another_at_the_same_time() -> None:
    clash = rooms_busy(Sund=((START, START + HOUR),))
    answer = rebooked(a_talk(place=IN_SUND), clash, cycle=WITH_ROOMS, room_alone=True)
    assert answer == Rebooked(start=START, place=IN_BRO)


def test_or_else_by_another_time_with_a_room() -> None:
    clash = rooms_busy(Sund=((START, START + HOUR),), Bro=((START, START + HOUR),))
    answer = found(rebooked(a_talk(place=IN_SUND), clash, cycle=WITH_ROOMS, room_alone=True))
    assert answer.start != START
    assert answer.place == IN_SUND


def test_or_else_the_talk_keeps_its_time_and_the_two_agree_where() -> None:
    whole = ((NOW, NOW + 90 * DAY),)
    answer = rebooked(a_talk(place=IN_SUND), rooms_busy(Sund=whole, Bro=whole), cycle=WITH_ROOMS, room_alone=True)
    assert answer == Rebooked(start=START, place=Place(), against=("no room is free",))
    full = rooms_busy(busy(bo=whole), Sund=whole, Bro=whole)
    assert rebooked(a_talk(place=IN_SUND), full, cycle=WITH_ROOMS, room_alone=True) == answer


def room_for(talk: Talk, *others: Talk, known: KnownTimes = FREE, without: frozenset[str] = frozenset()) -> Place | None:
    return another_room(a_round(cycle=WITH_ROOMS), talk, PEOPLE, others, known, without=without)


def test_another_room_is_the_smallest_neutral_one_that_is_free_for_the_talk_and_its_buffer() -> None:
    talk = a_talk(place=Place())
    ends = START + 1.5 * HOUR
    assert room_for(talk) == IN_SUND
    assert room_for(talk, known=rooms_busy(Sund=((ends, ends + HOUR), (START - HOUR, START)))) == IN_SUND
    assert room_for(talk, known=rooms_busy(Sund=((ends - timedelta(minutes=1), ends + HOUR),))) == IN_BRO
    assert room_for(talk, known=rooms_busy(site="Lund", Sund=((START, ends),))) == IN_SUND
    assert room_for(a_talk(place=IN_SUND)) == IN_BRO
    assert room_for(talk, without=frozenset({"Sund", "Bro"})) is None
    assert room_for(a_talk(start=None)) is None


def test_another_room_is_not_one_with_another_talk_in_it() -> None:
    talk = a_talk(place=Place())
    there = a_talk("cilla", start=START + HOUR, place=IN_SUND)
    assert room_for(talk, there) == IN_BRO
    assert room_for(talk, replace(there, state=TalkState.CANCELLED)) == IN_SUND
    assert room_for(talk, a_talk("eva", manager="dag", place=IN_SUND)) == IN_SUND, "that Sund is in Lund"
    assert room_for(talk, there, a_talk("dag", start=START - 1.25 * HOUR, place=IN_BRO)) is None


quarters = st.integers(0, 30 * 96).map(lambda n: at(2027, 3, 1) + n * timedelta(minutes=15))
spans = st.lists(st.tuples(quarters, st.integers(1, 200)), max_size=25).map(
    lambda pairs: tuple(sorted((start, start + n * timedelta(minutes=15)) for start, n in pairs))
)
starts = st.builds(
    lambda day, hour: datetime(2027, 3, day, hour, tzinfo=STOCKHOLM), st.integers(1, 31), st.integers(9, 14)
)


@given(
    bo=spans,
    anna=spans,
    sund=spans,
    others=st.lists(starts, min_size=2, max_size=2, unique_by=lambda each: each.date()),
    room_alone=st.booleans(),
)
@settings(max_examples=60)
def test_wherever_it_goes_it_is_free_keeps_the_notice_and_is_in_nobodys_way(
    *, bo: tuple[Span, ...], anna: tuple[Span, ...], sund: tuple[Span, ...], others: list[datetime], room_alone: bool
) -> None:
    cycle = replace(WITH_ROOMS, window=Window(first=date(2027, 3, 1), last=date(2027, 3, 31)))
    near = [a_talk(id_, start=start, place=IN_SUND) for id_, start in zip(("cilla", "dag"), others, strict=True)]
    known = rooms_busy(busy(bo=bo, anna=anna), Sund=sund)
    talk = a_talk(place=IN_SUND)
    answer = another_time(a_round(cycle=cycle), talk, PEOPLE, near, known, now=NOW, room_alone=room_alone)
    if isinstance(answer, NoOtherTime):
        assert not room_alone
        assert answer.reason
        return
    ends = answer.start + HOUR
    with_buffer = (answer.start, ends + HOUR / 2)

    def free(span: Span, taken: tuple[Span, ...]) -> bool:
        return not any(begins < span[1] and span[0] < stops for begins, stops in taken)

    if answer.start == START:
        assert room_alone
        assert answer.place != IN_SUND
        return
    held = tuple((each.start, each.start + 1.5 * HOUR) for each in near if each.start)
    assert free((answer.start, ends), anna)
    assert free(with_buffer, bo)
    assert free(with_buffer, held)
    if answer.place == IN_SUND:
        assert free(with_buffer, sund)
    local = answer.start.astimezone(STOCKHOLM)
    assert date(2027, 3, 4) <= local.date() <= date(2027, 3, 31), "fourteen days after the 18th of February"
    assert local.weekday() < 5
    assert 9 <= local.hour < 16
