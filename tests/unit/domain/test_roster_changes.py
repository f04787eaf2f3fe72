"""What a new roster does to a running round: pure, so that HR can see all of it before anything happens."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import START, a_person, a_talk, at
from talkcycle.domain.people import OFFICE_WEEK, Absence, Person
from talkcycle.domain.roster_changes import (
    Because,
    Course,
    PersonChange,
    RosterChanges,
    Rosters,
    TalkChange,
    Told,
    roster_changes,
)
from talkcycle.domain.talks import Entry, Talk, TalkState, cancelled, moved, reassigned

NOW = at(2027, 3, 1, 9)
HEAD, BO, CEM = a_person("head", manager=None), a_person("bo", manager="head"), a_person("cem", manager="head")
ANNA, DAG = a_person("anna"), a_person("dag", manager="cem")
EVERYBODY = (HEAD, BO, CEM, ANNA, DAG)
TALKS = (a_talk(), a_talk("dag", manager="cem"), a_talk("bo", manager="head"), a_talk("cem", manager="head"))
WEDNESDAY = date(2027, 3, 10)
NO_MANAGER = "has no manager"


def an_entry(talk: Talk, transport: str = "smtp", **fields: Any) -> Entry:
    organizer = "talks@example.com" if transport == "smtp" else f"{talk.manager}@example.com"
    entry = Entry(
        round=talk.round,
        talk=talk.id,
        number=1,
        uid=f"{talk.id}@example.com",
        sequence=0,
        transport=transport,
        organizer=organizer,
        host=talk.manager,
    )
    return replace(entry, **fields)


def compared(
    after: Iterable[Person],
    *,
    talks: Iterable[Talk] = TALKS,
    before: Iterable[Person] = EVERYBODY,
    transport: str = "smtp",
    told: Told | None = None,
    serves: Mapping[str, str] | None = None,
    unfinished: bool = False,
) -> RosterChanges:
    talks = list(talks)
    rosters = [{person.id: person for person in people} for people in (before, after)]
    no_talk = [{id_: NO_MANAGER for id_, person in people.items() if _has_none(person, people)} for people in rosters]
    return roster_changes(
        Rosters(
            before=rosters[0],
            after=rosters[1],
            no_talk_before=no_talk[0],
            no_talk_after=no_talk[1],
            holidays={},
            served_by=lambda host: (serves or {}).get(host.id, transport),
            unfinished=unfinished,
        ),
        talks,
        {talk.id: an_entry(talk, transport) for talk in talks if talk.start},
        {(t.id, p): f"{p}@example.com" for t in talks for p in (t.employee, t.manager)} if told is None else told,
        now=NOW,
    )


def _has_none(person: Person, people: Mapping[str, Person]) -> bool:
    return person.manager not in people or person.excluded is not None


def changed(*people: Person, gone: str = "") -> list[Person]:
    new = {person.id: person for person in (*EVERYBODY, *people)}
    return [person for person in new.values() if person.id != gone]


def only(changes: RosterChanges) -> TalkChange:
    [change] = changes.talks
    return change


def test_the_same_roster_is_no_change() -> None:
    assert compared(EVERYBODY) == RosterChanges()


def test_who_is_gone_has_no_talk_any_more_and_no_other_talk_is_touched() -> None:
    change = only(compared(changed(gone="anna")))
    assert (change.talk, change.course, change.because) == ("anna", Course.CALL_OFF, (Because.LEFT,))


def test_who_has_left_by_the_day_of_the_talk_has_none_and_who_leaves_after_it_has() -> None:
    gone = only(compared(changed(replace(ANNA, ends=WEDNESDAY - timedelta(days=1)))))
    assert (gone.course, gone.because) == (Course.CALL_OFF, (Because.LEFT,))
    assert compared(changed(replace(ANNA, ends=WEDNESDAY))).talks == ()


def test_whom_hr_excludes_has_no_talk() -> None:
    assert only(compared(changed(replace(ANNA, excluded="on leave")))).because == (Because.EXCLUDED,)


def test_a_new_manager_hosts_the_talk_at_its_time_if_that_can_be() -> None:
    change = only(compared(changed(replace(ANNA, manager="cem"))))
    assert (change.course, change.host, change.keep, change.renew) == (Course.HAND_OVER, "cem", True, True)
    assert change.because == (Because.NEW_MANAGER,)


def test_a_stand_in_whom_hr_chose_stays_until_they_leave() -> None:
    with_cem = [a_talk(manager="cem"), *TALKS[1:]]
    assert compared(changed(replace(ANNA, manager="head")), talks=with_cem).talks == ()

    gone = compared([*changed(replace(DAG, manager="head"), gone="cem")], talks=with_cem)
    assert {(each.talk, each.course, each.host, each.because) for each in gone.talks} == {
        ("anna", Course.HAND_OVER, "bo", (Because.HOST_LEFT,)),
        ("dag", Course.HAND_OVER, "head", (Because.NEW_MANAGER,)),
        ("cem", Course.CALL_OFF, "head", (Because.LEFT,)),
    }


def test_a_talk_that_nobody_can_host_is_called_off() -> None:
    assert only(compared(changed(replace(ANNA, manager=None)))).because == (Because.NO_HOST,)


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(replace(ANNA, absences=(Absence(first=WEDNESDAY, last=WEDNESDAY),)), id="away"),
        pytest.param(replace(ANNA, hours=(*OFFICE_WEEK[:2], (), *OFFICE_WEEK[3:])), id="no Wednesdays"),
        pytest.param(replace(ANNA, starts=date(2027, 3, 15)), id="begins later"),
        pytest.param(replace(ANNA, zone="America/New_York"), id="moved to New York"),
    ],
)
def test_a_talk_at_whose_time_somebody_is_not_at_work_any_more_gets_another(person: Person) -> None:
    change = only(compared(changed(person)))
    assert (change.talk, change.course, change.because, change.keep) == ("anna", Course.MOVE, (Because.HOURS,), False)


def test_the_hosts_hours_hold_the_pause_after_the_talk_as_well() -> None:
    until_half_past_eleven = replace(BO, hours=(((480, 690),),) * 5 + OFFICE_WEEK[5:])
    assert compared(changed(until_half_past_eleven)).talks == ()
    until_eleven = replace(BO, hours=(((480, 660),),) * 5 + OFFICE_WEEK[5:])
    moves = compared(changed(until_eleven)).talks
    assert [(each.talk, each.course) for each in moves] == [("anna", Course.MOVE)]


def test_a_time_that_was_outside_somebodys_hours_before_is_hrs_own_and_stays() -> None:
    evening = [a_talk(start=at(2027, 3, 10, 17)), *TALKS[1:]]
    assert compared(changed(replace(ANNA, hours=(((480, 900),),) * 5 + OFFICE_WEEK[5:])), talks=evening).talks == ()


def test_another_address_gets_an_invitation_of_its_own_where_the_old_one_has_one() -> None:
    elsewhere = changed(replace(ANNA, email="anna.berg@example.com"))
    change = only(compared(elsewhere))
    assert (change.course, change.because, change.renew) == (Course.RENEW, (Because.ADDRESS,), True)
    assert compared(elsewhere, told={}).talks == (), "nobody was invited yet"
    assert compared(elsewhere, told={("anna", "anna"): "Anna.Berg@example.com"}).talks == ()


def test_a_hosts_other_address_is_told_to_their_calendar_and_to_nobody() -> None:
    elsewhere = changed(replace(BO, email="bo.ek@example.com"))
    by_course = {each.talk: each.course for each in compared(elsewhere, transport="graph").talks}
    assert by_course == {"anna": Course.READDRESS, "bo": Course.RENEW}
    by_mail = {each.talk: each.course for each in compared(elsewhere).talks}
    assert by_mail == {"anna": Course.RENEW, "bo": Course.RENEW}


def test_a_host_whose_mailbox_another_server_has_by_the_roster_keeps_the_talk_there() -> None:
    change = only(compared(changed(replace(BO, mailbox="graph")), serves={"bo": "graph"}))
    assert (change.talk, change.course, change.because) == ("anna", Course.RENEW, (Because.MAILBOX,))


def test_names_and_languages_change_no_talk_and_are_listed() -> None:
    changes = compared(changed(replace(ANNA, name="Anna Berg", language="en", site="Lund")))
    assert changes == RosterChanges(people=(PersonChange(person="anna", what=("name", "language", "site")),))


def test_who_joins_gets_a_talk_or_it_is_said_why_not() -> None:
    eve, fred = a_person("eve"), a_person("fred", manager=None)
    changes = compared(changed(eve, fred))
    assert changes.joined == ("eve", "fred")
    assert [(each.talk, each.course, each.why) for each in changes.talks] == [
        ("eve", Course.PLAN, ""),
        ("fred", Course.REPORT, NO_MANAGER),
    ]
    assert {each.course for each in compared(changed(eve), unfinished=True).talks} == {Course.REPORT}


def test_who_has_a_manager_at_last_gets_a_talk() -> None:
    before = [replace(ANNA, manager=None), *(person for person in EVERYBODY if person.id != "anna")]
    change = only(compared(EVERYBODY, before=before, talks=TALKS[1:]))
    assert (change.talk, change.course, change.host) == ("anna", Course.PLAN, "bo")


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(a_talk(start=at(2027, 2, 26, 9)), id="over"),
        pytest.param(cancelled(a_talk(), why="", at=NOW), id="off"),
    ],
)
def test_what_is_over_or_off_stays_so(talk: Talk) -> None:
    assert compared(changed(replace(ANNA, manager="cem")), talks=[talk, *TALKS[1:]]).talks == ()


def test_a_talk_without_a_time_goes_to_the_new_manager_without_one() -> None:
    unplaced = a_talk(start=None, state=TalkState.UNPLACED)
    change = only(compared(changed(replace(ANNA, manager="cem")), talks=[unplaced, *TALKS[1:]]))
    assert (change.course, change.host) == (Course.HAND_OVER, "cem")


PEOPLE = st.builds(
    a_person,
    st.sampled_from(["anna", "dag", "eve", "fred"]),
    manager=st.sampled_from(["bo", "cem", "head", None]),
    email=st.sampled_from([None, "one@example.com", "two@example.com"]),
    ends=st.sampled_from([None, WEDNESDAY - timedelta(days=1), WEDNESDAY]),
    absences=st.sampled_from([(), (Absence(first=WEDNESDAY, last=WEDNESDAY),)]),
    excluded=st.sampled_from([None, "on leave"]),
    name=st.sampled_from(["One", "Two"]),
)
ROSTERS = st.lists(PEOPLE, max_size=4, unique_by=lambda person: person.id).flatmap(
    lambda some: st.sampled_from([[HEAD, BO, CEM, *some], [HEAD, BO, *some], [HEAD, BO, CEM, DAG]])
)


def applied(changes: RosterChanges, talks: Iterable[Talk]) -> list[Talk]:
    """*talks* as they are afterwards; whatever moves goes to a time at which everybody works."""
    known = {talk.id: talk for talk in talks}
    for change in changes.talks:
        talk = known.get(change.talk)
        match change.course:
            case Course.PLAN:
                known[change.talk] = a_talk(change.talk, manager=change.host, start=at(2027, 3, 9, 9))
            case Course.CALL_OFF if talk:
                known[change.talk] = cancelled(talk, why="", at=NOW)
            case Course.HAND_OVER if talk and change.host:
                start = START if change.keep else at(2027, 3, 9, 9)
                known[change.talk] = reassigned(talk, manager=change.host, start=start, place=talk.place, at=NOW)
            case Course.MOVE if talk:
                known[change.talk] = moved(talk, start=at(2027, 3, 9, 9), place=talk.place, at=NOW)
    return list(known.values())


@given(before=ROSTERS, after=ROSTERS)
def test_what_has_been_applied_is_nothing_the_second_time_and_only_whom_it_concerns_is_touched(
    before: list[Person], after: list[Person]
) -> None:
    start = [
        a_talk(person.id, manager=person.manager)
        for person in before
        if person.manager in {each.id for each in before} and person.excluded is None
    ]
    changes = compared(after, before=before, talks=start, told={})
    then = applied(changes, start)

    assert compared(after, before=after, talks=then, told={}).talks == ()
    again = compared(after, before=before, talks=then, told={}).talks
    assert {each.course for each in again} <= {Course.REPORT}, "broken off after the last talk, it goes on with nothing"
    was, will = ({person.id: person for person in people} for people in (before, after))
    concerned = {id_ for id_ in was.keys() | will.keys() if was.get(id_) != will.get(id_)}
    for change in changes.talks:
        host = next((talk.manager for talk in start if talk.id == change.talk), None)
        assert {change.talk, host, change.host} & concerned
    for talk in then:
        if not talk.is_off:
            assert {talk.employee, talk.manager} <= will.keys(), "nobody who has left has a talk"
