"""What must hold of a round, looked at on what arrived."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from talkcycle.domain.budget import IN_THE_SUMMARY
from talkcycle.domain.localtime import day_of, is_working_day
from talkcycle.domain.messages import HR, Kind
from talkcycle.rendering.pages.plain_words import count
from talkcycle.rendering.pages.rehearsed import DIGESTS, RehearsedRound


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """*text* is true either way: it says what was found."""

    holds: bool
    text: str


def checks_of(facts: RehearsedRound) -> list[Check]:
    return [*_notice(facts), *_never(facts), *_all_of_it(facts)]


def shortest_notice(facts: RehearsedRound) -> int | None:
    """Calendar days from an invitation to its talk, in the recipient's zone: the fewest; None without invitations."""
    starts = {talk.subject: talk.start for talk in facts.placed if talk.start}
    return min(
        (
            (day_of(starts[mail.row.key.subject], facts.zone(mail.person)) - facts.local_day(mail)).days
            for mail in facts.mails
            if mail.row.kind is Kind.MEETING_CREATE
        ),
        default=None,
    )


def _notice(facts: RehearsedRound) -> Iterator[Check]:
    least, promised = shortest_notice(facts), facts.round.cycle.notice_days
    if least is not None:
        text = f"Invitations arrived {count(least, 'day')} ahead or more; {promised} are promised."
        yield Check(holds=least >= promised, text=text)


def _never(facts: RehearsedRound) -> Iterator[Check]:
    """What must not happen once."""
    twice = len(facts.mails) - len({mail.row.key for mail in facts.mails})
    known = {HR: facts.round.cycle.hr.email} | {id_: person.email for id_, person in facts.people.items()}
    strangers = sum(mail.address != known.get(mail.person) for mail in facts.mails)
    off = sum(not is_working_day(facts.local_day(mail), facts.holidays(mail.person)) for mail in facts.mails)
    for number, what in (
        (twice, "arrived twice"),
        (strangers, "went to somebody it was not for"),
        (off, "came on a weekend or a public holiday of whoever got it"),
    ):
        yield Check(holds=number == 0, text=f"{count(number, 'message').capitalize()} {what}.")


def _all_of_it(facts: RehearsedRound) -> Iterator[Check]:
    """Nothing was lost on the way."""
    came, announced = _without_digests(facts.counts), _without_digests(facts.announced)
    waited = sum(row.reason == IN_THE_SUMMARY and row.key.step not in DIGESTS for row in facts.ledger)
    instead = f" and {waited} stood in a weekly summary instead" if waited else ""
    arrived = f"{count(came, 'message').capitalize()} arrived{instead}"
    text = f"{arrived}, and the approval had announced {announced}; digests aside."
    yield Check(holds=came + waited == announced, text=text)
    invited = len({mail.row.key.subject for mail in facts.mails if mail.row.kind is Kind.MEETING_CREATE})
    text = f"{invited} of {len(facts.placed)} talks with a time came into calendars."
    yield Check(holds=invited == len(facts.placed), text=text)


def _without_digests(counts: Mapping[str, int]) -> int:
    return sum(number for step, number in counts.items() if step not in DIGESTS)
