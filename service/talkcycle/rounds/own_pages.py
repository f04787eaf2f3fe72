"""What a link opens: an employee's own talk, or the talks a manager holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.links import Link, Purpose, link_ends
from talkcycle.domain.people import Person
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import Round, RoundState, Talk, TalkState


class Standing(StrEnum):
    """How a talk stands for those who look at it. ``over``: its time has come. ``off``: called off by others."""

    PLACED = "placed"
    UNPLACED = "unplaced"
    OVER = "over"
    OPTED_OUT = "opted-out"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTalk:
    """The page of an employee's own talk. *standing*: when it was opened."""

    link: Link
    round: Round
    talk: Talk
    employee: Person
    manager: Person
    standing: Standing

    @property
    def may_choose(self) -> bool:
        """Whether the employee may give it another time, or its first one, or one again."""
        choosable = {Standing.PLACED, Standing.UNPLACED, Standing.OPTED_OUT}
        return self.standing in choosable and self.round.state is RoundState.APPROVED

    @property
    def may_opt_out(self) -> bool:
        return self.may_choose and self.standing is not Standing.OPTED_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedTalks:
    """The page of a manager: *talks* by start, those without one last, each with how it stands.

    Attributes:
        people: The employees, by id.
    """

    link: Link
    round: Round
    manager: Person
    talks: tuple[tuple[Talk, Standing], ...]
    people: Mapping[str, Person]


Opened = OwnTalk | HostedTalks
"""What links open, a value for each purpose."""


def open_page(store: Store, token: str, *, now: datetime) -> Opened | None:
    """What *token* opens at *now* (UTC); None for a token that opens nothing, whatever the reason."""
    with store.read() as session:
        link = session.links.open(token)
        round_ = None if link is None else session.rounds.get(link.round)
        if link is None or round_ is None:
            return None
        talks = [] if link.talk is None else session.talks.of_round(round_.id, [link.talk])
        if now >= link_ends(link, round_, talks[0] if talks else None):
            return None
        match link.purpose:
            case Purpose.TALK:
                return _own(session, link, round_, talks, now)
            case Purpose.TALKS:
                return _hosted(session, link, round_, now)
            case _:
                return None


def standing_of(talk: Talk, now: datetime) -> Standing:
    match talk.state:
        case TalkState.ABSTAINED:
            return Standing.OPTED_OUT
        case TalkState.CANCELLED:
            return Standing.OFF
        case TalkState.PLACED if talk.start is not None:
            return Standing.OVER if talk.start <= now else Standing.PLACED
        case _:
            return Standing.UNPLACED


def _own(session: Session, link: Link, round_: Round, talks: Sequence[Talk], now: datetime) -> OwnTalk | None:
    if not talks or talks[0].employee != link.person:
        return None
    talk = talks[0]
    people = session.rosters.people(round_.roster, [talk.employee, talk.manager])
    if len(people) < 2 or people[talk.employee].left:
        return None
    return OwnTalk(
        link=link,
        round=round_,
        talk=talk,
        employee=people[talk.employee],
        manager=people[talk.manager],
        standing=standing_of(talk, now),
    )


def _hosted(session: Session, link: Link, round_: Round, now: datetime) -> HostedTalks | None:
    talks = [each for each in session.talks.of_person(round_.id, link.person) if each.manager == link.person]
    people = session.rosters.people(round_.roster, [link.person, *(talk.employee for talk in talks)])
    if link.person not in people or people[link.person].left:
        return None
    known = tuple((talk, standing_of(talk, now)) for talk in talks if talk.employee in people)
    return HostedTalks(link=link, round=round_, manager=people[link.person], talks=known, people=people)
