from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from builders import a_cycle, a_step
from planned_round import LAGOM, NO_ROOM, PEOPLE, a_draft, a_planned, the_facts
from talkcycle.domain.cycle import Window
from talkcycle.domain.plan_talks import Discomfort, TalkFacts


def of(employee: str, facts: tuple[TalkFacts, ...]) -> TalkFacts:
    return next(each for each in facts if each.talk.employee == employee)


def test_every_clock_shows_what_it_shows_on_that_day() -> None:
    frej, gun = (of(employee, the_facts().talks) for employee in ("frej", "gun"))

    assert f"{frej.starts:%H:%M %Z}" == "09:00 EDT"
    assert f"{frej.host_starts:%H:%M %Z}" == "14:00 CET"
    assert f"{gun.starts:%H:%M %Z}, {gun.ends:%H:%M}" == "10:00 CEST, 11:00"


def test_a_talk_over_a_clock_change_ends_when_it_ends() -> None:
    talk = a_planned("anna", datetime(2027, 3, 28, 0, 30, tzinfo=UTC))

    (found,) = the_facts(a_draft(talks=(talk,))).talks

    assert (f"{found.starts:%H:%M}", f"{found.ends:%H:%M}") == ("01:30", "03:30")


def test_notice_is_counted_from_the_last_day_of_approval_and_never_more_than_the_invitation_gives() -> None:
    facts = the_facts()

    assert {each.talk.employee: each.notice for each in facts.talks} == {
        "anna": 21,  # 23 days after the approval, but no invitation goes out earlier than 21 days ahead
        "egil": 21,
        "frej": 21,
        "cilla": 21,
        "gun": 21,
    }
    late = the_facts(a_draft(approve_by=date(2027, 2, 22)))
    assert late.notices == {16: 1, 18: 1, 21: 3}
    assert (late.least_notice, late.median_notice) == (16, 21)
    early = a_cycle(steps=(a_step("invitation", -10, calendar=True),))
    assert the_facts(a_draft(cycle=early)).notices == {10: 5}


def test_a_plan_without_talks_has_no_notice() -> None:
    facts = the_facts(a_draft(talks=()))

    assert (facts.least_notice, facts.median_notice, facts.awkward) == (None, None, 0)


def test_lunch_counts_for_both_wherever_they_are() -> None:
    facts = the_facts()

    # 11:30 in London is before lunch there, and 12:30 in Malmö, where the manager eats.
    assert of("cilla", facts.talks).discomforts == {Discomfort.LUNCH}
    assert of("anna", facts.talks).discomforts == set()


def test_who_does_not_mind_lunch_is_not_counted() -> None:
    assert of("cilla", the_facts(lunch=None).talks).discomforts == set()


@pytest.mark.parametrize(
    ("start", "awkward"),
    [
        (datetime(2027, 3, 12, 11, 0, tzinfo=UTC), {Discomfort.LUNCH}),  # ends at 13:00 sharp
        (datetime(2027, 3, 12, 11, 15, tzinfo=UTC), {Discomfort.LUNCH, Discomfort.FRIDAY}),
        (datetime(2027, 3, 12, 10, 0, tzinfo=UTC), set()),  # ends when lunch begins
        (datetime(2027, 3, 11, 14, 0, tzinfo=UTC), set()),  # a Thursday
    ],
)
def test_a_friday_is_late_after_one_and_lunch_is_what_overlaps_it(start: datetime, awkward: set[Discomfort]) -> None:
    (found,) = the_facts(a_draft(talks=(a_planned("anna", start),))).talks

    assert found.discomforts == awkward


def test_preferred_hours_are_the_managers_and_only_count_where_somebody_named_some() -> None:
    preferring = the_facts(preferred={"egil": ((8 * 60, 11 * 60), (15 * 60, 16 * 60))})

    assert {each.talk.employee for each in preferring.talks if Discomfort.OUTSIDE in each.discomforts} == {"frej"}
    assert preferring.preferred_known
    assert not the_facts().preferred_known


def test_every_week_of_the_window_is_there_and_every_site_in_it() -> None:
    assert [(week.monday.isoformat(), week.talks, dict(week.sites)) for week in the_facts().weeks] == [
        ("2027-03-08", 2, {"Malmö": 2}),
        ("2027-03-15", 2, {"": 1, "London": 1}),
        ("2027-03-22", 0, {}),
        ("2027-03-29", 1, {"Malmö": 1}),
    ]


def test_weeks_are_the_isos_across_the_year() -> None:
    draft = a_draft(
        cycle=a_cycle(window=Window(first=date(2026, 12, 28), last=date(2027, 1, 8))),
        approve_by=date(2026, 12, 1),
        talks=(a_planned("anna", datetime(2027, 1, 1, 9, tzinfo=UTC)),),
    )

    assert [(week.monday.isocalendar().week, week.talks) for week in the_facts(draft).weeks] == [(53, 1), (1, 0)]


def test_rooms_are_offered_on_days_for_talks_and_taken_with_the_pause() -> None:
    facts = the_facts()
    lagom, raven = sorted(facts.rooms, key=lambda room: room.name)

    assert (lagom.site, lagom.offered) == ("Malmö", 7 * 60)
    assert lagom.booked == {date(2027, 3, 10): 90, date(2027, 3, 12): 90}
    assert (raven.site, raven.talks) == ("London", {date(2027, 3, 17): 1})
    assert date(2027, 3, 26) not in facts.days
    assert date(2027, 3, 13) not in facts.days


def test_rooms_that_nobody_got_are_there_too_sorted_as_people_count() -> None:
    rooms = the_facts(with_rooms=True).rooms

    assert [(room.name, room.seats, sum(room.talks.values())) for room in rooms] == [
        ("Ravenscourt", None, 1),
        ("Lagom", 4, 2),
        ("Lagom 2", 2, 0),
        ("Lagom 10", 2, 0),
    ]


def test_a_talk_without_its_room_is_known_with_the_reason() -> None:
    assert [(each.talk.talk.employee, each.reason) for each in the_facts(with_rooms=True).roomless] == [("gun", NO_ROOM)]
    assert the_facts().roomless == ()


def test_managers_come_by_name_with_their_own_days_and_whom_they_miss() -> None:
    script, bo = the_facts().managers

    assert (script.id, bo.id) == ("egil", "bo")
    assert [each.talk.employee for each in bo.talks] == ["anna", "egil", "cilla"]
    assert [each.employee for each in bo.unplaced] == ["disa"]
    assert max(bo.days.values()) == 1
    assert bo.weeks == {date(2027, 3, 8): 2, date(2027, 3, 15): 1}
    assert bo.discomforts == {Discomfort.LUNCH: 1, Discomfort.FRIDAY: 1}


def test_a_manager_with_nothing_but_missing_talks_is_there_too() -> None:
    draft = a_draft(talks=(), unplaced=a_draft().unplaced)

    (bo,) = the_facts(draft).managers

    assert (bo.id, bo.talks, bo.least_notice) == ("bo", (), None)


def test_who_is_in_no_roster_is_called_by_their_id() -> None:
    assert the_facts().name("nobody") == "nobody"


def test_the_days_of_a_manager_elsewhere_are_their_own() -> None:
    people = dict(PEOPLE)
    assert people["frej"].manager == "egil"
    late = a_planned("frej", datetime(2027, 3, 16, 23, 30, tzinfo=UTC), LAGOM)  # Tuesday there, Wednesday in Malmö

    facts = the_facts(replace(a_draft(), talks=(late,)))

    (egil,) = (each for each in facts.managers if each.id == "egil")
    assert list(egil.days) == [date(2027, 3, 17)]
    assert facts.talks[0].starts.date() == date(2027, 3, 16)
