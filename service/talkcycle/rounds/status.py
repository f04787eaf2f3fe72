"""Where every round stands, in counts: HR sees status, never content."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from talkcycle.domain.digests import follow_up_counts
from talkcycle.domain.localtime import day_of
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import Round, TalkState


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStatus:
    """One round.

    Attributes:
        talks: State to number of talks.
        messages: Step to state to number of messages.
        unplaced: Employee id to the reason why there is no time.
        follow_up: What HR may know of what came after the talks (``domain.digests.follow_up_counts``).
    """

    id: str
    state: str
    first: date
    last: date
    approved_at: datetime
    approved_by: str
    talks: Mapping[str, int]
    messages: Mapping[str, Mapping[str, int]]
    unplaced: Mapping[str, str]
    follow_up: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """The whole installation. *hold*: why nothing is sent at present; *next_due*: when something is due next. UTC."""

    rounds: tuple[RoundStatus, ...]
    hold: str | None
    last_tick: datetime | None
    next_due: datetime | None


def status(store: Store, *, now: datetime) -> ServiceStatus:
    """Where everything stands at *now* (UTC)."""
    with store.read() as session:
        waiting = [each for each in (session.schedule.next(), session.outbox.next_due()) if each is not None]
        return ServiceStatus(
            rounds=tuple(_round(session, round_, now) for round_ in session.rounds.all()),
            hold=session.ledger.hold(),
            last_tick=session.ledger.last_tick(),
            next_due=min(waiting, default=None),
        )


def _round(session: Session, round_: Round, now: datetime) -> RoundStatus:
    talks = session.talks.of_round(round_.id)
    agreements = session.agreements.of_talks(round_.id)
    messages: dict[str, dict[str, int]] = {}
    for (step, state), count in session.outbox.counts(round_.id).items():
        messages.setdefault(step, {})[state.value] = count
    return RoundStatus(
        id=round_.id,
        state=round_.state.value,
        first=round_.cycle.window.first,
        last=round_.cycle.window.last,
        approved_at=round_.approved_at,
        approved_by=round_.approved_by,
        talks=dict(Counter(talk.state.value for talk in talks)),
        messages=messages,
        unplaced={talk.employee: talk.note for talk in talks if talk.state is TalkState.UNPLACED},
        follow_up=follow_up_counts(talks, agreements.values(), today=day_of(now, round_.cycle.hr.zone)),
    )
