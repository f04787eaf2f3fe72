"""What the two of a talk may do about what they agreed: write it down, confirm it, and say how it goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from talkcycle.domain.agreements import (
    Action,
    ActionDraft,
    ActionProblem,
    Agreement,
    Progress,
    about,
    action_problems,
    confirmed,
    progressed,
    written,
)
from talkcycle.domain.instants import round_ends
from talkcycle.domain.links import Link
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of
from talkcycle.domain.people import Person
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Round, RoundState, Talk, TalkState
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.sharing import may_share

AS_FAR_AS = timedelta(days=366)
"""Nothing is due later than this from now, nor after the round is forgotten: nobody could be reminded of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The page of what the two of a talk agreed.

    Attributes:
        person: Who looks: one of the two. *other*: the other.
        agreement: What is written down about the talk as it is now, if *person* may read it; None: nothing is.
        hidden: What is written down was agreed with an earlier manager, and the employee has not let *person* read it.
        over: The talk's time has come.
        in_window: There may still be times for a talk of the round, with its notice.
    """

    link: Link
    round: Round
    talk: Talk
    person: Person
    other: Person
    agreement: Agreement | None
    hidden: bool
    over: bool
    in_window: bool

    @property
    def pair(self) -> tuple[str, str]:
        return self.talk.employee, self.talk.manager

    @property
    def may_write(self) -> bool:
        """Whether the words can be written. Those agreed with an earlier manager stay as they are."""
        theirs = self.agreement is None or self.agreement.manager == self.talk.manager
        return self.over and self.talk.state is TalkState.PLACED and not self.hidden and theirs

    @property
    def may_confirm(self) -> bool:
        return self.agreement is not None and self.agreement.awaits == self.person.id

    @property
    def may_choose(self) -> bool:
        """Whether the talk has not been held, and can get another time on its own page."""
        not_held = self.agreement is not None and not self.agreement.held and self.talk.state is TalkState.PLACED
        return not_held and self.in_window and self.round.state is RoundState.APPROVED

    @property
    def may_share(self) -> bool:
        """Whether it is the reader's to say if the manager they have now may read what they agreed with another one."""
        return may_share(self.person.id, self.talk, self.agreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAction:
    """Something that is a person's own to do. *other*: with whom it was agreed. *wording*: of the agreement."""

    talk: str
    action: Action
    other: Person
    wording: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnActions:
    """The page of what is a person's own to do, in the order of its days; what is closed comes last."""

    link: Link
    round: Round
    person: Person
    actions: tuple[OwnAction, ...]


def follow_up_of(session: Session, link: Link, round_: Round, talks: Sequence[Talk], now: datetime) -> FollowUp | None:
    """What *link* opens, whose talk is the one of *talks*; None: nothing, since it is not a talk of theirs."""
    if not talks or link.person not in {talks[0].employee, talks[0].manager}:
        return None
    talk, cycle = talks[0], round_.cycle
    people = session.rosters.people(round_.roster, [talk.employee, talk.manager])
    if len(people) < 2 or people[link.person].left:
        return None
    agreement = about(session.agreements.of_talks(round_.id, [talk.id]).get(talk.id), talk)
    hidden = agreement is not None and not agreement.may_be_read_by(link.person)
    return FollowUp(
        link=link,
        round=round_,
        talk=talk,
        person=people[link.person],
        other=people[talk.manager if link.person == talk.employee else talk.employee],
        agreement=None if hidden else agreement,
        hidden=hidden,
        over=talk.start is not None and talk.start <= now,
        in_window=day_of(now, cycle.zone) + timedelta(days=cycle.notice_days) <= cycle.window.last,
    )


def latest_due(round_: Round, person: Person, now: datetime) -> date:
    """The last day by which something of *round_* can be due for *person*."""
    cycle = round_.cycle
    forgotten = round_ends(cycle) + timedelta(days=cycle.retention.round_days)
    return min(day_of(now, person.zone) + AS_FAR_AS, forgotten - ONE_DAY)


def own_actions_of(session: Session, link: Link, round_: Round) -> OwnActions | None:
    """What is *link*'s person's to do of all that was agreed in the round; None: they are not in it any more."""
    talks = [talk.id for talk in session.talks.of_person(round_.id, link.person)]
    theirs = [each for each in session.agreements.of_talks(round_.id, talks).values() if each.held]
    people = session.rosters.people(
        round_.roster, {link.person, *(id_ for each in theirs for id_ in (each.employee, each.manager))}
    )
    if link.person not in people or people[link.person].left:
        return None
    found = [
        OwnAction(talk=agreement.talk, action=action, other=people[other], wording=agreement.wording)
        for agreement in theirs
        for other in {agreement.employee, agreement.manager} - {link.person}
        for action in agreement.actions
        if action.responsible == link.person and other in people
    ]
    found.sort(key=lambda each: (each.action.progress is not Progress.OPEN, each.action.due, each.talk))
    return OwnActions(link=link, round=round_, person=people[link.person], actions=tuple(found))


def problems_of(
    page: FollowUp, drafts: Sequence[ActionDraft], *, now: datetime
) -> Mapping[tuple[int, str], ActionProblem]:
    """What keeps *drafts* from being written down: by place and field."""
    known = {each.number: each for each in page.agreement.actions} if page.agreement else {}
    today = day_of(now, page.person.zone)
    return action_problems(
        drafts, pair=page.pair, known=known, today=today, latest=latest_due(page.round, page.person, now)
    )


def write_down(
    store: Store, page: FollowUp, drafts: Sequence[ActionDraft], *, held: bool, revision: int, now: datetime
) -> Outcome:
    """Note whether the talk of *page* took place and what was agreed. *drafts* have no problems.

    Where the other has no mailbox, nobody can be asked to confirm it: it holds as it is written.

    Args:
        revision: Of what was written down when the form was shown; 0: nothing was.
    """
    if not page.may_write:
        return Outcome.CLOSED
    if page.agreement is not None and page.agreement.says(drafts, held=held):
        return Outcome.ALREADY

    def change(before: Agreement | None) -> Agreement | None:
        current = about(before, page.talk)
        if (current.revision if current else 0) != revision:
            return None
        # What was not held, about an earlier time, is written over.
        by, cycle = page.person.id, page.round.cycle.id
        after = written(before, page.talk, cycle=cycle, by=by, held=held, drafts=drafts, at=now)
        return after if page.other.email is not None else replace(after, confirmed_at=now)

    action = "write-down" if held else "not-held"
    return _change(store, page.round, page.talk, change, who=page.person.id, action=action, now=now)


def confirm(store: Store, page: FollowUp, *, wording: int, now: datetime) -> Outcome:
    """Note that *page*'s person confirms what the other wrote down. *wording*: what they have read."""
    if page.agreement is not None and page.agreement.confirmed_at is not None:
        return Outcome.ALREADY
    if not page.may_confirm:
        return Outcome.CLOSED

    def change(before: Agreement | None) -> Agreement | None:
        return confirmed(before, at=now) if before is not None and before.wording == wording else None

    return _change(store, page.round, page.talk, change, who=page.person.id, action="confirm", now=now)


def go_on(
    store: Store,
    page: OwnActions,
    talk: str,
    number: int,
    *,
    to: Progress,
    due: date | None,
    wording: int,
    now: datetime,
) -> Outcome:
    """Note how it goes with one of *page*'s actions: done, dropped, open again, or due by another day.

    Nobody but who is responsible says so: what the other does meanwhile is not in the way, unless they change the words.
    """
    own = next((each for each in page.actions if (each.talk, each.action.number) == (talk, number)), None)
    if own is None:
        return Outcome.CLOSED
    if own.action.progress is to and due in {None, own.action.due}:
        return Outcome.ALREADY

    def change(before: Agreement | None) -> Agreement | None:
        if before is None or before.wording != wording:
            return None
        return progressed(before, number, to=to, due=due, at=now)

    with store.read() as session:
        talks = session.talks.of_round(page.round.id, [talk])
    return _change(store, page.round, talks[0], change, who=page.person.id, action="next-step", now=now)


def _change(
    store: Store,
    round_: Round,
    talk: Talk,
    change: Callable[[Agreement | None], Agreement | None],
    *,
    who: str,
    action: str,
    now: datetime,
) -> Outcome:
    """Replace what is written down about *talk* by what *change* makes of it; None from it: somebody else came first."""
    with store.write() as session:
        session.rounds.get(round_.id)  # nobody changes anything of it from here on
        current = session.talks.of_round(round_.id, [talk.id])
        after = change(session.agreements.of_talks(round_.id, [talk.id]).get(talk.id))
        if after is None or not current or current[0].revision != talk.revision:
            return Outcome.CHANGED
        if who not in {talk.employee, talk.manager}:  # handed over since the page was opened
            return Outcome.CHANGED
        session.agreements.put(after, keep_until=_keep_until(after, round_))
        looked_at = {talk.subject, f"person:{talk.manager}", "round"}
        session.schedule.put(round_.id, dict.fromkeys(sorted(looked_at), now))
        # HR reads the trail: that something was noted, not what, nor how much of it.
        subject = f"{round_.id}/{talk.subject}"
        session.ledger.record(AuditEntry(at=now, who=f"person:{who}", action=action, subject=subject, detail=""))
    return Outcome.DONE


def _keep_until(agreement: Agreement, round_: Round) -> datetime:
    """Not shorter than its round: what is shown there is there."""
    cycle = round_.cycle
    of_its_own = day_of(agreement.start, cycle.zone) + timedelta(days=cycle.retention.agreed_days)
    with_round = round_ends(cycle) + timedelta(days=cycle.retention.round_days)
    return instant_of(max(of_its_own, with_round) + ONE_DAY, time(0), cycle.zone)
