"""What there is to say about a plan, and about what it changes against the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft
from talkcycle.domain.plan_facts import PlanFacts, plan_facts
from talkcycle.domain.plan_rooms import OfferedRoom
from talkcycle.domain.plan_talks import Comfort
from talkcycle.domain.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerPlan:
    """A plan with the people it was made for, by id."""

    draft: Draft
    people: Mapping[str, Person]


def former_plan(store: Store, cycle: str) -> FormerPlan | None:
    """The newest plan of the cycle with that id. Read it before another is made: the store keeps the newest only."""
    with store.read() as session:
        draft = session.drafts.latest(cycle)
        return None if draft is None else FormerPlan(draft=draft, people=session.rosters.people(draft.roster))


def report_of(draft: Draft, people: Mapping[str, Person], former: FormerPlan | None = None) -> PlanFacts:
    """Everything *draft* is looked at for. *people*: the roster it was made from, by id."""
    from talkcycle.planning.preference import FRIDAY_ENDS  # noqa: PLC0415  # the daemon never plans

    rules = draft.cycle.planning
    comfort = Comfort(
        lunch=rules.lunch,
        friday_ends=FRIDAY_ENDS,
        preferred={id_: person.preferred or rules.preferred for id_, person in people.items()},
    )
    return plan_facts(
        draft,
        people,
        comfort=comfort,
        offered=_offered(draft.cycle),
        roomless=draft.without_room,
        before=former.draft if former else None,
        people_before=former.people if former else None,
    )


def _offered(cycle: Cycle) -> Iterator[OfferedRoom]:
    """The rooms that may hold a talk: neutral, for two at least."""
    for site, rooms in cycle.rooms.items():
        for room in rooms:
            if room.holds_talks:
                yield OfferedRoom(site=site, name=room.name, seats=room.seats)
