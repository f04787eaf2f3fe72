"""An example of a talk with fictional people, made from the cycle's own settings, with every message there can be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.answer_messages import Misfit, Offer, answer_messages
from talkcycle.domain.answers import Proposal
from talkcycle.domain.busy import Span
from talkcycle.domain.cycle import Cycle
from talkcycle.domain.derive import NOBODY, hr_messages, person_messages, talk_messages
from talkcycle.domain.digests import HrDigest, ManagerDigest, Need, hr_digest, manager_digest
from talkcycle.domain.follow_ups import follow_up_messages
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of, iso_week, working_day
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.messages import (
    CHECK_IN,
    FOLLOW_UP_NUDGE,
    HR_DIGEST,
    HR_HELP,
    MANAGER_DIGEST,
    OPTED_OUT,
    PROPOSAL,
    TIME_KEPT,
    DueMessage,
    changed_by,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Entry, Round, Talk, TalkAnswer, TalkState, abstained, cancelled, moved, reassigned
from talkcycle.rounds.example_agreement import example_agreement
from talkcycle.rounds.orders import Facts
from talkcycle.rounds.plan import Inputs, round_name

NAMES = {
    "sv": ("Elin Sjöberg", "Magnus Falk", "Idris Warsame"),
    "en": ("Amelia Ward", "Thomas Reid", "Farah Aziz"),
    "nb": ("Ingrid Solberg", "Henrik Moen", "Yasmin Khan"),
    "da": ("Freja Holm", "Anders Juhl", "Omar Said"),
    "fi": ("Aino Laine", "Ville Koski", "Leyla Nur"),
}
"""Employee, manager, and another employee of the same manager; English ones for every other language."""
APPROVED_BEFORE = timedelta(days=35)
MOVED_BEFORE = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleMessage:
    """A message as it would fall due, with what its text needs to know."""

    due: DueMessage
    facts: Facts
    digest: ManagerDigest | HrDigest | None = None
    offer: Offer | None = None


def example_messages(inputs: Inputs, language: str, *, seed: str, pages: bool) -> Iterator[ExampleMessage]:
    """Each step of the cycle to each of its recipients, then what is built in.

    Everybody reads *language*. Conditions are left aside: a step that only applies to some is shown all the same.

    Args:
        pages: There are pages, where the two write down what they have agreed.
    """
    scene = _Scene.of(inputs, language, seed, pages=pages)
    order = {step.id: number for number, step in enumerate(inputs.cycle.steps)}
    steps = [*scene.about_the_round(), *scene.about_the_talk()]
    yield from sorted(steps, key=lambda each: order.get(each.due.key.step, len(order)))
    yield from scene.built_in()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    round: Round
    employee: Person
    manager: Person
    other: Person
    talk: Talk
    entry: Entry
    pages: bool

    @classmethod
    def of(cls, inputs: Inputs, language: str, seed: str, *, pages: bool) -> "_Scene":
        cycle = replace(inputs.cycle, hr=replace(inputs.cycle.hr, language=language))
        window = cycle.window
        holidays = inputs.holidays.get(cycle.country, frozenset())
        day = working_day(window.first + (window.last - window.first) / 3, holidays, earlier=False)
        approved = working_day(window.first - APPROVED_BEFORE, holidays, earlier=True)
        approved_at = instant_of(approved, time(10), cycle.zone)
        round_ = Round(
            id=round_name(cycle),
            cycle=cycle,
            roster="example",
            holidays=inputs.holidays,
            approved_at=approved_at,
            approved_by="preview",
            seed=f"{seed}-{language}",
            plan="",
        )
        employee, manager, other = _people(cycle, language)
        talk = _talk(round_, employee, manager, day=day, at=approved_at)
        entry = Entry(
            round=round_.id,
            talk=talk.id,
            number=1,
            uid=f"{seed}-{language}@example.invalid",
            sequence=0,
            transport="smtp",
            organizer=cycle.hr.email,
        )
        return cls(round=round_, employee=employee, manager=manager, other=other, talk=talk, entry=entry, pages=pages)

    def about_the_talk(self) -> Iterator[ExampleMessage]:
        """What comes some time after the talk knows what was agreed in it."""
        agreement = self._agreement(self.talk, self.employee) if self.pages else None
        for message in self._messages(self.talk):
            later = message.due.template == CHECK_IN
            yield replace(message, facts=replace(message.facts, agreement=agreement)) if later else message

    def about_the_round(self) -> Iterator[ExampleMessage]:
        for person, role in ((self.employee, Role.EMPLOYEE), (self.manager, Role.MANAGER)):
            for due in person_messages(self.round, person, {role}):
                if due.key.step != MANAGER_DIGEST:
                    yield ExampleMessage(due=due, facts=Facts(round=self.round, person=person))
        for due in hr_messages(self.round):
            if due.key.step != HR_DIGEST:
                yield ExampleMessage(due=due, facts=Facts(round=self.round))

    def built_in(self) -> Iterator[ExampleMessage]:
        """The talk moved and called off, and the two summaries of its week."""
        told_at = _start(self.talk) - MOVED_BEFORE
        day = working_day(day_of(_start(self.talk), self.talk.zone) + 2 * ONE_DAY, self.holidays, earlier=False)
        start = instant_of(day, _clock(self.round.cycle.talk.hours[0] + 120), self.talk.zone)
        for message in self._messages(moved(self.talk, start=start, place=self.talk.place, at=told_at)):
            if change := message.due.change:
                yield replace(message, due=changed_by(message.due, change))
        yield from self.taken_over(moved(self.talk, start=_start(self.talk), place=self.talk.place, at=told_at))
        yield from self._reassigned(told_at)
        yield from self._messages(cancelled(self.talk, why="", at=told_at))
        yield from (
            message
            for message in self._messages(abstained(self.talk, reason="", at=told_at))
            if message.due.template == OPTED_OUT
        )
        yield from self._answered(told_at)
        yield from self._agreed()
        week = iso_week(day_of(_start(self.talk), self.talk.zone))
        for due in person_messages(self.round, self.manager, {Role.MANAGER}):
            if due.key.occasion == week:
                yield ExampleMessage(due=due, facts=Facts(round=self.round, person=self.manager), digest=self._managers())
        for due in hr_messages(self.round):
            if due.key.occasion == week:
                yield ExampleMessage(due=due, facts=Facts(round=self.round), digest=self._hrs())

    def _reassigned(self, at: datetime) -> Iterator[ExampleMessage]:
        """The other one of the example hosts the talk from now on."""
        start = _start(self.talk)
        scene = replace(self, manager=self.other)
        old_host = replace(self.entry, host=self.manager.id)
        talk = reassigned(self.talk, manager=self.other.id, start=start, place=self.talk.place, at=at)
        yield from replace(scene, entry=old_host).taken_over(talk, {self.manager.id: self.manager})

    def taken_over(self, talk: Talk, hosts: Mapping[str, Person] = NOBODY) -> Iterator[ExampleMessage]:
        """Another entry of *talk* begins with its revision: what comes with it, then the end of the old one."""
        old = replace(self.entry, live=False, closed=talk.revision)
        new = replace(self.entry, number=2, uid=f"new-{self.entry.uid}", opened=talk.revision, host=talk.manager)
        messages = self._messages(talk, new, old, hosts=hosts)
        for message in messages:
            if takeover := message.due.takeover:
                yield replace(message, due=changed_by(message.due, takeover))
        yield from (message for message in messages if message.due.replaced_at is not None)

    def _messages(
        self, talk: Talk, entry: Entry | None = None, *earlier: Entry, hosts: Mapping[str, Person] = NOBODY
    ) -> list[ExampleMessage]:
        entry = entry or replace(self.entry, sequence=talk.revision, live=talk.state is TalkState.PLACED)
        facts = Facts(
            round=self.round,
            talk=talk,
            employee=self.employee,
            manager=self.manager,
            entry=entry,
            earlier=earlier,
            hosts=hosts,
        )
        messages = talk_messages(self.round, talk, self.employee, self.manager, entry=entry, earlier=earlier, hosts=hosts)
        return [ExampleMessage(due=due, facts=facts) for due in messages]

    def _answered(self, at: datetime) -> Iterator[ExampleMessage]:
        """Both have declined the time, and then neither has said anything."""
        facts = Facts(round=self.round, talk=self.talk, employee=self.employee, manager=self.manager, entry=self.entry)
        no = [TalkAnswer(party=f"person:{each.id}", answer=Answer.DECLINED, at=at) for each in self._pair]
        messages = answer_messages(self.round, self.talk, *self._pair, entry=self.entry, answers=no, rows=())
        help_at = next(due.due_at for due in messages if due.key.step == HR_HELP)
        offer = Offer(times=tuple(self._other_times()), help_at=help_at)
        for due in sorted(messages, key=lambda due: (due.role is Role.HR, due.role)):
            yield ExampleMessage(due=due, facts=facts, offer=offer)
        yield from self._proposed(at)
        for due in answer_messages(
            self.round, self.talk, *self._pair, entry=self.entry, answers=(), rows=(), answers_by_mail=True
        ):
            yield ExampleMessage(due=due, facts=facts)

    def _proposed(self, at: datetime) -> Iterator[ExampleMessage]:
        """The employee proposes another time, and the talk stays where it is."""
        facts = Facts(round=self.round, talk=self.talk, employee=self.employee, manager=self.manager, entry=self.entry)
        span = next(self._other_times())
        party = f"person:{self.employee.id}"
        answers = [TalkAnswer(party=party, answer=Answer.TENTATIVE, at=at, proposed=span)]
        messages = answer_messages(self.round, self.talk, *self._pair, entry=self.entry, answers=answers, rows=())
        kept_at = next(due.due_at for due in messages if due.key.step == TIME_KEPT)
        other = Proposal(role=Role.EMPLOYEE, since=at, span=span)
        for due in messages:
            offer = Offer(proposal=other, misfit=Misfit.BUSY, keeps_at=kept_at) if due.key.step == PROPOSAL else None
            yield ExampleMessage(due=due, facts=facts, offer=offer)

    def _agreed(self) -> Iterator[ExampleMessage]:
        """Nothing is written down; then each of the two writes for the other; then both have confirmed."""
        agreement = self._agreement(self.talk, self.employee)
        by_manager = replace(agreement, confirmed_at=None)
        for noted in (None, by_manager, replace(by_manager, written_by=self.employee.id), agreement):
            facts = Facts(
                round=self.round,
                talk=self.talk,
                employee=self.employee,
                manager=self.manager,
                entry=self.entry,
                agreement=noted,
            )
            for due in follow_up_messages(self.round, self.talk, *self._pair, agreement=noted, pages=self.pages):
                if noted is None or due.key.step != FOLLOW_UP_NUDGE:
                    yield ExampleMessage(due=due, facts=facts)

    def _agreement(self, talk: Talk, employee: Person) -> Agreement:
        return example_agreement(self.round, talk, employee, self.manager)

    def _other_times(self) -> Iterator[Span]:
        day = day_of(_start(self.talk), self.talk.zone)
        for hours in (1, 3, 2):
            day = working_day(day + 3 * ONE_DAY, self.holidays, earlier=False)
            start = instant_of(day, _clock(self.round.cycle.talk.hours[0] + hours * 60), self.talk.zone)
            yield start, start + self.talk.length

    @property
    def _pair(self) -> tuple[Person, Person]:
        return self.employee, self.manager

    def _managers(self) -> ManagerDigest:
        return manager_digest(
            self.manager.id,
            self._talks,
            {person.id: person.name for person in (self.employee, self.other)},
            troubles={self.other.id: Need.UNDELIVERED},
            follow_ups={self.other.id: (Need.FOLLOW_UP,)} if self.pages else {},
            without_mailbox=frozenset(),
            monday=self._monday,
            zone=self.manager.zone,
        )

    def _hrs(self) -> HrDigest:
        return hr_digest(
            self._talks,
            troubles={Need.UNDELIVERED: 1},
            invited=len(self._talks),
            next_window=None,
            agreements=[self._agreement(self._earlier, self.other)] if self.pages else (),
            monday=self._monday,
            zone=self.round.cycle.hr.zone,
        )

    @property
    def _talks(self) -> list[Talk]:
        return [self.talk, self._earlier]

    @property
    def _earlier(self) -> Talk:
        """Of the other employee, the week before."""
        day = working_day(self._monday - 4 * ONE_DAY, self.holidays, earlier=True)
        return _talk(self.round, self.other, self.manager, day=day, at=self.talk.changed_at)

    @property
    def _monday(self) -> date:
        day = day_of(_start(self.talk), self.talk.zone)
        return day - day.weekday() * ONE_DAY

    @property
    def holidays(self) -> frozenset[date]:
        return self.round.holidays.get(self.round.cycle.country, frozenset())


def _people(cycle: Cycle, language: str) -> tuple[Person, Person, Person]:
    names = NAMES.get(language.partition("_")[0], NAMES["en"])
    employee, manager, other = (
        Person(
            id=f"example-{number}",
            name=name,
            email=f"example-{number}@example.invalid",
            manager="example-2" if number != 2 else None,
            language=language,
            zone=cycle.zone,
            country=cycle.country,
        )
        for number, name in enumerate(names, 1)
    )
    return employee, manager, other


def _talk(round_: Round, employee: Person, manager: Person, *, day: date, at: datetime) -> Talk:
    rules = round_.cycle.talk
    return Talk(
        round=round_.id,
        id=employee.id,
        employee=employee.id,
        manager=manager.id,
        start=instant_of(day, _clock(rules.hours[0] + 60), employee.zone),
        minutes=rules.minutes,
        buffer_minutes=rules.buffer_minutes,
        zone=employee.zone,
        place=round_.cycle.place_for(None),
        state=TalkState.PLACED,
        changed_at=at,
    )


def _start(talk: Talk) -> datetime:
    assert talk.start is not None
    return talk.start


def _clock(minutes: int) -> time:
    return time(*divmod(min(minutes, 23 * 60), 60))
