"""What a pair has agreed in a talk: whether it took place, and the few next steps, each with somebody responsible.

Pure values, and the rules by which they change. The words in them belong to the two; nothing here is for HR.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from talkcycle.domain.talks import Talk

MOST_ACTIONS = 5
RECOMMENDED_ACTIONS = 3
LONGEST_WORDS = 300
"""Characters of what is agreed, and of the support for it: a line to remember, not a report."""


class Progress(StrEnum):
    """How it went with an action. ``dropped``: it does not matter any more, which is no failure."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A next step.

    Attributes:
        number: Of the agreement's actions, from 1; never given to another.
        what, support: Their words. *support*: what is needed for it; may be empty.
        responsible: Roster id of one of the two.
        due: By when, a local day of whoever is responsible.
        before: How it stood, and by when it was due, before the last change of either, so that it can be taken back.
        since: When whoever is responsible last gave it another day or opened it again, UTC; None: never.
    """

    number: int
    what: str
    responsible: str
    due: date
    support: str = ""
    progress: Progress = Progress.OPEN
    before: tuple[Progress, date] | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the two of a talk have written down about it.

    Attributes:
        employee, manager: Roster ids of the two who talked.
        start: Of the talk as it was held, or was to be. UTC.
        held: Whether it took place.
        revision: 1 when first written; rises with every change.
        wording: The revision with which one of the two last wrote it; the other confirms that.
        written_by: Roster id. *written_at*: UTC.
        confirmed_at: When the other confirmed this wording, UTC; None: not yet.
        shared_with: Later managers of the employee who may read it, since the employee said so.
        numbered: The highest number that any of its actions ever had.
    """

    round: str
    talk: str
    cycle: str
    employee: str
    manager: str
    start: datetime
    held: bool
    revision: int
    wording: int
    written_by: str
    written_at: datetime
    confirmed_at: datetime | None = None
    actions: tuple[Action, ...] = ()
    shared_with: frozenset[str] = frozenset()
    numbered: int = 0

    @property
    def awaits(self) -> str | None:
        """Roster id of who has not confirmed yet; None: nobody is asked. What was not held needs no word from both."""
        if not self.held or self.confirmed_at is not None:
            return None
        return self.manager if self.written_by == self.employee else self.employee

    @property
    def last_due(self) -> date | None:
        """The last day by which something is to be done; None: nothing is."""
        return max((each.due for each in self.actions if each.progress is not Progress.DROPPED), default=None)

    def open_for(self, person: str) -> tuple[Action, ...]:
        """What *person* has yet to do, by day."""
        theirs = (each for each in self.actions if each.responsible == person and each.progress is Progress.OPEN)
        return tuple(sorted(theirs, key=lambda each: (each.due, each.number)))

    def may_be_read_by(self, person: str) -> bool:
        return person in {self.employee, self.manager} | self.shared_with

    def says(self, drafts: "Iterable[ActionDraft]", *, held: bool) -> bool:
        """Whether it is what *held* and *drafts* would make of it: there is nothing to write down."""
        said = [(each.what, each.responsible, each.due, each.support) for each in self.actions]
        new = [(each.what, each.responsible, each.due, each.support) for each in drafts if not each.empty]
        return self.held is held and (not held or said == new)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDraft:
    """One action as somebody wrote it into the form; a draft without any words is none.

    Attributes:
        number: Of the action it takes the place of; None: it is new.
        responsible: Roster id; empty: none was chosen. *due*: None: none was given.
        due_text: What was written for the day, where it is none.
    """

    what: str
    responsible: str
    due: date | None
    support: str = ""
    number: int | None = None
    due_text: str = ""

    @property
    def empty(self) -> bool:
        """Whether it says nothing: a new one without words and a day, or one there is whose words were taken out.

        Who is responsible does not count: what a form has once chosen it cannot choose away.
        """
        return not (self.what or self.support) and (self.number is not None or (self.due is None and not self.due_text))


class ActionProblem(StrEnum):
    """What is wrong with a field of the form."""

    NO_WORDS = "no-words"
    TOO_LONG = "too-long"
    NOBODY = "nobody"
    NO_DAY = "no-day"
    DAY_PAST = "day-past"
    DAY_TOO_FAR = "day-too-far"


def action_problems(
    drafts: Sequence[ActionDraft], *, pair: Iterable[str], known: Mapping[int, Action], today: date, latest: date
) -> dict[tuple[int, str], ActionProblem]:
    """Everything that keeps *drafts* from being written down: by the draft's place and field, what is wrong with it.

    Args:
        pair: Roster ids of the two.
        known: The actions there are, by number: a day that was agreed before may have passed.
        today, latest: The first and the last day by which something can be due.
    """
    found: dict[tuple[int, str], ActionProblem] = {}
    for place, draft in enumerate(drafts):
        if draft.empty:
            continue
        if not draft.what:
            found[place, "what"] = ActionProblem.NO_WORDS
        for field, words in (("what", draft.what), ("support", draft.support)):
            if len(words) > LONGEST_WORDS:
                found[place, field] = ActionProblem.TOO_LONG
        if draft.responsible not in set(pair):
            found[place, "responsible"] = ActionProblem.NOBODY
        before = known.get(draft.number) if draft.number is not None else None
        if before is None or draft.due != before.due:
            problem = day_problem(draft.due, today=today, latest=latest)
            found |= {} if problem is None else {(place, "due"): problem}
    return found


def day_problem(due: date | None, *, today: date, latest: date) -> ActionProblem | None:
    """What is wrong with *due* as a new day for something; None: nothing."""
    if due is None:
        return ActionProblem.NO_DAY
    if due < today:
        return ActionProblem.DAY_PAST
    return ActionProblem.DAY_TOO_FAR if due > latest else None


def about(agreement: Agreement | None, talk: Talk) -> Agreement | None:
    """*agreement* if it is about *talk* as it is now: what was not held is over when the talk gets another time."""
    if agreement is None or (not agreement.held and agreement.start != talk.start):
        return None
    return agreement


def written(
    before: Agreement | None, talk: Talk, *, cycle: str, by: str, held: bool, drafts: Sequence[ActionDraft], at: datetime
) -> Agreement:
    """What *by* has written down about *talk*, in place of *before*; the other is to confirm it anew.

    An action that keeps its number keeps how it went. *drafts* have no problems and count only if it was held.
    """
    assert talk.start is not None
    known = {each.number: each for each in before.actions} if before else {}
    numbered = max(before.numbered if before else 0, *known, 0)
    actions: list[Action] = []
    for draft in drafts if held else ():
        if draft.empty or draft.due is None or len(actions) == MOST_ACTIONS:
            continue
        kept = known.pop(draft.number, None) if draft.number is not None else None
        numbered += kept is None
        action = kept or Action(number=numbered, what="", responsible="", due=draft.due)
        actions.append(
            replace(
                action,
                what=draft.what,
                support=draft.support,
                responsible=draft.responsible,
                due=draft.due,
                before=action.before if draft.due == action.due else None,
            )
        )
    revision = before.revision + 1 if before else 1
    return Agreement(
        round=talk.round,
        talk=talk.id,
        cycle=cycle,
        employee=talk.employee,
        manager=talk.manager,
        start=talk.start,
        held=held,
        revision=revision,
        wording=revision,
        written_by=by,
        written_at=at,
        actions=tuple(actions),
        shared_with=before.shared_with if before else frozenset(),
        numbered=numbered,
    )


def confirmed(agreement: Agreement, *, at: datetime) -> Agreement:
    return replace(agreement, confirmed_at=at, revision=agreement.revision + 1)


def progressed(agreement: Agreement, number: int, *, to: Progress, at: datetime, due: date | None = None) -> Agreement:
    """*agreement* with one action closed, dropped, opened again or due by another day. KeyError without that action."""
    if number not in {each.number for each in agreement.actions}:
        raise KeyError(number)
    actions = tuple(
        replace(
            each,
            progress=to,
            due=due or each.due,
            before=(each.progress, each.due),
            since=at if to is Progress.OPEN else each.since,
        )
        if each.number == number
        else each
        for each in agreement.actions
    )
    return replace(agreement, actions=actions, revision=agreement.revision + 1)


def shared(agreement: Agreement, manager: str, *, yes: bool) -> Agreement:
    """*agreement* that the employee lets a later manager read, or does not any more."""
    readers = agreement.shared_with | {manager} if yes else agreement.shared_with - {manager}
    return replace(agreement, shared_with=readers, revision=agreement.revision + 1)
