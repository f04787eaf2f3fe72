"""What a manager's summary says about the follow-up of a talk. Pure: reads no clock."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from talkcycle.domain.agreements import Agreement, Progress, about
from talkcycle.domain.digests import Need
from talkcycle.domain.follow_ups import nudged_at
from talkcycle.domain.instants import working_days_later
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import DUE_SOON, FOLLOW_UP, TO_CONFIRM
from talkcycle.domain.people import Person, Role
from talkcycle.domain.recipients import person_recipient
from talkcycle.domain.talks import Round, Talk, TalkState

A_WEEK = timedelta(days=7)
AFTER_NUDGE = 2
"""Working days between the nudge and the manager's hearing of it."""


def follow_up_needs(
    round_: Round,
    talk: Talk,
    employee: Person,
    agreement: Agreement | None,
    *,
    waited: AbstractSet[str],
    now: datetime,
) -> Iterator[Need]:
    """What is to be done about the follow-up of *talk*; nothing before it, nor of what its manager may not read.

    Args:
        agreement: What is written down about it.
        waited: Texts that would have gone to the manager, and wait for the summary instead.
        now: UTC.
    """
    if talk.state is not TalkState.PLACED or talk.start is None or talk.start > now:
        return
    agreement = about(agreement, talk)
    if agreement is not None and not agreement.may_be_read_by(talk.manager):
        return
    nudged = nudged_at(round_, talk, employee, agreement)
    to = person_recipient(employee, Role.EMPLOYEE, round_.holidays)
    late = nudged is not None and working_days_later(nudged, AFTER_NUDGE, to) <= now
    if agreement is None:
        if late or FOLLOW_UP in waited:
            yield Need.FOLLOW_UP
        return
    if not agreement.held:
        yield Need.NOT_HELD
        return
    if agreement.awaits is not None and (late or (agreement.awaits == talk.manager and TO_CONFIRM in waited)):
        yield Need.NOT_SETTLED
    today = day_of(now, employee.zone)
    if any(each.progress is Progress.OPEN and each.due < today for each in agreement.actions):
        yield Need.OVERDUE
    until_the_next = (each for each in agreement.open_for(talk.manager) if today <= each.due < today + A_WEEK)
    if DUE_SOON in waited and any(until_the_next):
        yield Need.OWN_DUE
