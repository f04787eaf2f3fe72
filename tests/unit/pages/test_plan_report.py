"""What a plan's facts take from the cycle, the roster and the plan before."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from planned_round import MADE_AT, NO_ROOM, PEOPLE, a_draft, the_draft_before
from talkcycle.domain.people import Roster
from talkcycle.domain.plan_talks import Discomfort
from talkcycle.domain.wishes import PlanningRules, SiteRoom
from talkcycle.rounds.plan_report import former_plan, report_of
from talkcycle.store.open import open_store


def test_rooms_are_those_of_the_cycle_that_may_hold_a_talk() -> None:
    rooms = (
        SiteRoom(name="Lagom", seats=4),
        SiteRoom(name="Booth", seats=1),
        SiteRoom(name="Director's", seats=8, neutral=False),
    )
    draft = a_draft(cycle=replace(a_draft().cycle, rooms={"Malmö": rooms}), without_room={"gun": NO_ROOM})

    facts = report_of(draft, PEOPLE)

    assert [(room.name, room.seats) for room in facts.rooms if room.site == "Malmö"] == [("Lagom", 4)]
    assert [each.reason for each in facts.roomless] == [NO_ROOM]


def test_a_manager_prefers_their_own_hours_or_else_the_cycles() -> None:
    rules = PlanningRules(lunch=None, preferred=((8 * 60, 12 * 60),))
    cycle = replace(a_draft().cycle, planning=rules)
    people = dict(PEOPLE) | {"egil": replace(PEOPLE["egil"], preferred=((13 * 60, 16 * 60),))}

    facts = report_of(a_draft(cycle=cycle), people)

    outside = {each.talk.employee for each in facts.talks if Discomfort.OUTSIDE in each.discomforts}
    assert outside == {"cilla", "egil", "gun"}  # at 12:30 and 13:15 with Bo, at 10:00 with Egil
    assert facts.discomforts[Discomfort.LUNCH] == 0


def test_the_plan_before_is_read_with_the_people_it_was_made_for(tmp_path: Path) -> None:
    before = the_draft_before()
    with closing(open_store(f"sqlite:///{tmp_path / 'talkcycle.db'}", secret=b"secret")) as store:
        assert former_plan(store, "development") is None
        with store.write() as session:
            session.rosters.save(Roster(version=before.roster, people=tuple(PEOPLE.values())), at=MADE_AT)
            session.drafts.save(before)

        former = former_plan(store, "development")

        assert former is not None
        assert (former.draft, former.people) == (before, PEOPLE)
        facts = report_of(replace(a_draft(), made_at=MADE_AT + timedelta(days=1)), PEOPLE, former)
        assert facts.difference is not None
        assert facts.difference.unchanged == 2
