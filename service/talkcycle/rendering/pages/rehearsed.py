"""A rehearsed round as its page sees it: what arrived, of whom and when."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import BUILT_IN_STEPS, CANCELLATION, HR, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk
from talkcycle.rendering.pages.steps import StepLook, looks

DIGESTS = BUILT_IN_STEPS - {CANCELLATION}
"""How many of them come depends on whether there is something to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """A mail that arrived. *at*: UTC; *page*: its page beside this one; *files*: names of what came with it."""

    row: KnownMessage
    at: datetime
    address: str
    subject: str
    preheader: str
    page: str
    files: tuple[str, ...] = ()

    @property
    def step(self) -> str:
        return self.row.key.step

    @property
    def person(self) -> str:
        """A roster id, or ``hr``."""
        return self.row.key.recipient.removeprefix("person:")


@dataclass(frozen=True, kw_only=True)
class RehearsedRound:
    """What happened, and looking it up.

    Attributes:
        talks: Ordered by start, those without one last.
        people: Of the roster, in its order.
        mails: In the order of arrival.
        ledger: Every row of the outbox, what was not sent included.
        left_out: People without a talk, and why.
        announced: Messages per step as the approval counted them.
        began, ended: UTC.
    """

    round: Round
    talks: Sequence[Talk]
    people: Mapping[str, Person]
    mails: Sequence[ShownMail]
    ledger: Sequence[KnownMessage]
    left_out: Mapping[str, str]
    announced: Mapping[str, int]
    began: datetime
    ended: datetime

    @cached_property
    def placed(self) -> list[Talk]:
        return [talk for talk in self.talks if talk.start is not None]

    @cached_property
    def hosts(self) -> frozenset[str]:
        return frozenset(talk.manager for talk in self.placed)

    @cached_property
    def looks(self) -> Mapping[str, StepLook]:
        order = [step.id for step in self.round.cycle.steps]
        seen = {mail.step for mail in self.mails}
        return looks([*(step for step in order if step in seen), *sorted(seen - set(order))])

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Messages that arrived, per step."""
        return Counter(mail.step for mail in self.mails)

    @cached_property
    def mails_of(self) -> Mapping[str, Sequence[ShownMail]]:
        """By roster id or ``hr``."""
        found: dict[str, list[ShownMail]] = defaultdict(list)
        for mail in self.mails:
            found[mail.person].append(mail)
        return found

    @cached_property
    def unsent(self) -> list[KnownMessage]:
        """Rows of the ledger that did not leave; each has its reason."""
        return [row for row in self.ledger if row.state is not OutboxState.SENT]

    def name(self, id_: str) -> str:
        return self.round.cycle.hr.name if id_ == HR else self.people[id_].name

    def zone(self, id_: str) -> str:
        return self.round.cycle.hr.zone if id_ == HR else self.people[id_].zone

    def holidays(self, id_: str) -> frozenset[date]:
        country = self.round.cycle.country if id_ == HR else self.people[id_].country
        return self.round.holidays.get(country, frozenset())

    def local_day(self, mail: ShownMail) -> date:
        """The day on which it arrived where its recipient is."""
        return day_of(mail.at, self.zone(mail.person))
