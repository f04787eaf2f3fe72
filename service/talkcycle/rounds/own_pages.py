"""What a link opens: an employee's own talk, the talks a manager holds, one of those, or what was agreed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.agreements import Agreement, about
from talkcycle.domain.answers import Proposal, asked_since, given_by, is_unconfirmed, proposed
from talkcycle.domain.links import Link, Purpose, link_ends
from talkcycle.domain.messages import KnownMessage
from talkcycle.domain.people import Person
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import BY_MANAGER, Round, RoundState, Talk, TalkAnswer, TalkState
from talkcycle.rounds.follow_up import FollowUp, OwnActions, follow_up_of, own_actions_of
from talkcycle.rounds.sharing import agreed_before, may_share


class Standing(StrEnum):
    """How a talk stands for those who look at it.

    ``over``: its time has come. ``not-held``: so it has, and one of the two says that it did not take place. ``off``:
    called off by others.
    """

    PLACED = "placed"
    UNPLACED = "unplaced"
    OVER = "over"
    NOT_HELD = "not-held"
    OPTED_OUT = "opted-out"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPage:
    """A talk as one of the two sees it, when the page was opened.

    Attributes:
        reader: The one of the two whose page it is. *other*: the other one.
        answer: What the reader has answered to the time it has now; None: nothing, or nothing that somebody vouches for.
        answerable: Answers are about the time it has now; else they cannot be yet.
        proposal: The time that one of the two proposes instead; also one after which somebody said that the talk stays.
        unconfirmed: Its manager should know that the time may not hold.
        agreement: What is written down about it as it is now, if the reader may read it; None: nothing is.
        hidden: Something is, and the reader may not read it.
        before: What its employee agreed in their last talk, if the reader may read it.
    """

    link: Link
    round: Round
    talk: Talk
    reader: Person
    other: Person
    standing: Standing
    answer: TalkAnswer | None = None
    answerable: bool = False
    proposal: Proposal | None = None
    unconfirmed: bool = False
    agreement: Agreement | None = None
    hidden: bool = False
    before: Agreement | None = None

    @property
    def who(self) -> str:
        """For the audit trail."""
        return f"person:{self.reader.id}"

    @property
    def may_change(self) -> bool:
        """Whether the reader may opt out of it or call it off.

        A talk that was not held its manager moves or leaves: nobody is told that something is off whose time has passed.
        """
        standings = {Standing.PLACED, Standing.UNPLACED}
        if self.reader.id == self.talk.employee:
            standings.add(Standing.NOT_HELD)
        return self.round.state is RoundState.APPROVED and self.standing in standings

    @property
    def may_take_back(self) -> bool:
        """Whether it is off by the reader's own choice. What others chose is theirs to take back."""
        if self.round.state is not RoundState.APPROVED:
            return False
        if self.standing is Standing.OPTED_OUT:
            return self.reader.id == self.talk.employee
        return self.standing is Standing.OFF and self.reader.id == self.talk.manager and self.talk.note == BY_MANAGER

    @property
    def may_choose(self) -> bool:
        """Whether the reader may give it another time, or its first one, or one again."""
        not_held = self.standing is Standing.NOT_HELD and self.round.state is RoundState.APPROVED
        return self.may_change or self.may_take_back or not_held

    @property
    def has_been(self) -> bool:
        """Whether its time has come, so that something can be written down about it."""
        return self.standing in {Standing.OVER, Standing.NOT_HELD}

    @property
    def may_share(self) -> bool:
        """Whether it is the reader's to say if their manager may read what they agreed with the one before."""
        return may_share(self.reader.id, self.talk, self.before)

    @property
    def may_answer(self) -> bool:
        return self.may_change and self.answerable and self.standing is Standing.PLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedTalks:
    """The page of a manager: *talks* by start, those without one last."""

    link: Link
    round: Round
    manager: Person
    talks: tuple[TalkPage, ...]


Opened = TalkPage | HostedTalks | FollowUp | OwnActions
"""What links open."""


def open_page(store: Store, token: str, *, now: datetime) -> Opened | None:
    """What *token* opens at *now* (UTC); None for a token that opens nothing, whatever the reason."""
    with store.read() as session:
        link = session.links.open(token)
        round_ = None if link is None else session.rounds.get(link.round)
        if link is None or round_ is None:
            return None
        talks = [] if link.talk is None else session.talks.of_round(round_.id, [link.talk])
        last_due = session.agreements.last_due(round_.id)
        if now >= link_ends(link, round_, talks[0] if talks else None, last_due):
            return None
        match link.purpose:
            case Purpose.TALK:
                own = [talk for talk in talks if talk.employee == link.person]
                return _one(session, link, round_, own, now)
            case Purpose.HOSTED:
                hosted = [talk for talk in talks if talk.manager == link.person]
                return _one(session, link, round_, hosted, now)
            case Purpose.TALKS:
                return _hosted(session, link, round_, now)
            case Purpose.FOLLOW_UP:
                return follow_up_of(session, link, round_, talks, now)
            case Purpose.ACTIONS:
                return own_actions_of(session, link, round_)


def standing_of(talk: Talk, agreement: Agreement | None, now: datetime) -> Standing:
    """How *talk* stands. *agreement*: what is written down about it as it is now."""
    match talk.state:
        case TalkState.ABSTAINED:
            return Standing.OPTED_OUT
        case TalkState.CANCELLED:
            return Standing.OFF
        case TalkState.PLACED if talk.start is not None:
            if talk.start > now:
                return Standing.PLACED
            return Standing.OVER if agreement is None or agreement.held else Standing.NOT_HELD
        case _:
            return Standing.UNPLACED


def _one(session: Session, link: Link, round_: Round, talks: Sequence[Talk], now: datetime) -> TalkPage | None:
    page = next(iter(_pages(session, link, round_, talks, now)), None)
    before = None if page is None else agreed_before(session, round_, [page.talk]).get(page.talk.employee)
    if page is None or before is None or not before.may_be_read_by(link.person):
        return page
    return replace(page, before=before)


def _hosted(session: Session, link: Link, round_: Round, now: datetime) -> HostedTalks | None:
    manager = session.rosters.people(round_.roster, [link.person]).get(link.person)
    if manager is None or manager.left:
        return None
    talks = [each for each in session.talks.of_person(round_.id, link.person) if each.manager == link.person]
    return HostedTalks(link=link, round=round_, manager=manager, talks=_pages(session, link, round_, talks, now))


def _pages(session: Session, link: Link, round_: Round, talks: Sequence[Talk], now: datetime) -> tuple[TalkPage, ...]:
    """*talks*, all of them of the person of *link*, as that one sees them; nothing for who has left."""
    ids = [talk.id for talk in talks]
    people = session.rosters.people(round_.roster, {id_ for talk in talks for id_ in (talk.employee, talk.manager)})
    if link.person not in people or people[link.person].left:
        return ()
    entries, answers = session.talks.entries(round_.id, ids), session.talks.answers(round_.id, ids)
    agreements = session.agreements.of_talks(round_.id, [each.id for each in talks if each.start and each.start <= now])
    rows: dict[str, list[KnownMessage]] = defaultdict(list)
    for row in session.outbox.of_subjects(round_.id, [talk.subject for talk in talks]):
        rows[row.key.subject].append(row)
    found = []
    for talk in talks:
        other = people.get(talk.manager if talk.employee == link.person else talk.employee)
        if other is not None:
            entry, those, told = entries.get(talk.id), answers.get(talk.id, []), rows[talk.subject]
            agreement, step = about(agreements.get(talk.id), talk), round_.cycle.calendar_step.id
            standing = standing_of(talk, agreement, now)
            coming = standing is Standing.PLACED
            hidden = agreement is not None and not agreement.may_be_read_by(link.person)
            found.append(
                TalkPage(
                    link=link,
                    round=round_,
                    talk=talk,
                    reader=people[link.person],
                    other=other,
                    standing=standing,
                    answer=given_by(link.person, talk, entry, those, told, calendar_step=step) if coming else None,
                    answerable=coming and asked_since(talk, entry, told, calendar_step=step) is not None,
                    proposal=proposed(talk, entry, those, told, calendar_step=step) if coming else None,
                    unconfirmed=coming and is_unconfirmed(talk, entry, those, told, calendar_step=step),
                    agreement=None if hidden else agreement,
                    hidden=hidden,
                )
            )
    return tuple(found)
