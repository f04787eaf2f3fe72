"""What the page of a rehearsed round shows: everybody's messages by week, one person's story, and what did not go out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from talkcycle.domain.localtime import day_of, is_working_day
from talkcycle.domain.messages import HR, Kind, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk
from talkcycle.rendering.pages.steps import StepLook, looks

ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """A mail that arrived. *at*: UTC; *page*: its page beside this one; *files*: names of what came with it."""

    row: KnownMessage
    at: datetime
    subject: str
    preheader: str
    page: str
    files: tuple[str, ...] = ()

    @property
    def step(self) -> str:
        return self.row.key.step

    @property
    def person(self) -> str:
        return self.row.key.recipient.removeprefix("person:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One message or talk in a lane. *tone*: of the step; None for a talk."""

    code: str
    tone: int | None
    page: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Somebody's weeks. *chips*: per week, in the order of time."""

    name: str
    about: str
    chips: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    monday: date
    in_window: bool
    new_month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A day's messages. *parts*: (tone, step, count, sum of those below)."""

    day: date
    total: int
    talks: int
    parts: tuple[tuple[int, str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One card of a story. *look*: None for the talk itself; *distance*: from the talk, in words."""

    look: StepLook | None
    when: str
    distance: str
    headline: str
    detail: str
    page: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    employee: str
    manager: str
    moments: tuple[Moment, ...]
    managers: tuple[Moment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that must hold, looked at on what arrived."""

    holds: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class RoundView:
    """Everything the page needs, from values alone. Days and times are each recipient's own.

    Attributes:
        mails: In the order of arrival.
        people: Of the roster, in its order.
        ledger: Every row of the outbox.
        left_out: People without a talk, and why.
        announced: Messages per step as the approval counted them.
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
    _by_person: dict[str, list[ShownMail]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for mail in self.mails:
            self._by_person[mail.person].append(mail)

    @cached_property
    def title(self) -> str:
        names = self.round.cycle.name
        return names.get("en") or names.get(self.round.cycle.language) or next(iter(names.values()), "Development talks")

    @cached_property
    def looks(self) -> Mapping[str, StepLook]:
        order = [step.id for step in self.round.cycle.steps]
        seen = {mail.step for mail in self.mails}
        return looks([*(step for step in order if step in seen), *sorted(seen - set(order))])

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(mail.step for mail in self.mails)

    @cached_property
    def placed(self) -> list[Talk]:
        return [talk for talk in self.talks if talk.start is not None]

    @cached_property
    def hosts(self) -> frozenset[str]:
        return frozenset(talk.manager for talk in self.placed)

    @cached_property
    def without_a_time(self) -> list[tuple[str, str, str]]:
        """(employee, manager, why)."""
        return [
            (self.people[talk.employee].name, self.people[talk.manager].name, talk.note)
            for talk in self.talks
            if talk.start is None
        ]

    @cached_property
    def without_a_talk(self) -> list[tuple[str, str]]:
        return [(self.people[person].name, why) for person, why in self.left_out.items()]

    @cached_property
    def not_sent(self) -> list[tuple[str, str, int, str]]:
        """(reason, step, how many, who), the rarest first: those are what to look at."""
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.ledger:
            if row.state is not OutboxState.SENT:
                groups[row.reason, row.key.step].append(self._name(row.key.recipient.removeprefix("person:")))
        found = [(reason, step, len(names), _some(names)) for (reason, step), names in groups.items()]
        return sorted(found, key=lambda each: (each[2], each[0], each[1]))

    @cached_property
    def weeks(self) -> list[Week]:
        days = [mail.at.date() for mail in self.mails] + [talk.start.date() for talk in self.placed if talk.start]
        if not days:
            return []
        monday, last, month, weeks = _monday(min(days)), max(days), "", []
        while monday <= last:
            named = f"{monday:%B}"
            window = self.round.cycle.window
            weeks.append(
                Week(
                    monday=monday,
                    in_window=monday <= window.last and monday + ONE_WEEK > window.first,
                    new_month=named if named != month else "",
                )
            )
            monday, month = monday + ONE_WEEK, named
        return weeks

    @cached_property
    def lanes(self) -> list[Lane]:
        """HR first, then everybody of the roster who takes part, in its order."""
        talks: dict[str, list[Talk]] = defaultdict(list)
        for talk in self.placed:
            talks[talk.employee].append(talk)
            talks[talk.manager].append(talk)
        ids = [HR, *self.people]
        return [self._lane(id_, talks[id_]) for id_ in ids if self._by_person.get(id_) or talks.get(id_)]

    @cached_property
    def bars(self) -> list[Bar]:
        """Every day on which something is sent or said."""
        days: dict[date, Counter[str]] = defaultdict(Counter)
        for mail in self.mails:
            days[day_of(mail.at, self._zone(mail.person))][mail.step] += 1
        talks = Counter(day_of(talk.start, talk.zone) for talk in self.placed if talk.start)
        return [
            Bar(day=day, total=sum(days[day].values()), talks=talks[day], parts=tuple(self._stacked(days[day])))
            for day in sorted({*days, *talks})
        ]

    @cached_property
    def story(self) -> Story | None:
        """The first talk by time whose employee hosts none and gets something before and after it."""
        for talk in self.placed:
            mails = self._about(talk, talk.employee)
            if talk.employee not in self.hosts and len({mail.step for mail in mails}) > 2:
                return self._story(talk, mails)
        return None

    @cached_property
    def checks(self) -> list[Check]:
        strangers = sum(mail.person != HR and mail.person not in self.people for mail in self.mails)
        off_days = sum(not self._on_a_working_day(mail) for mail in self.mails)
        live = Counter(mail.row.key.subject for mail in self.mails if mail.row.kind is Kind.MEETING_CREATE)
        doubled = len(self.mails) - len({mail.row.key for mail in self.mails})
        announced = sum(count for step, count in self.announced.items() if not step.startswith("digest-"))
        came = sum(count for step, count in self.counts.items() if not step.startswith("digest-"))
        least = self.shortest_notice
        return [
            Check(
                holds=least is not None and least >= self.round.cycle.notice_days,
                text=f"Every invitation arrived {least} days ahead or more; {self.round.cycle.notice_days} are promised.",
            ),
            Check(holds=off_days == 0, text=f"{off_days} messages on a weekend or a public holiday of who gets them."),
            Check(holds=doubled == 0, text=f"{doubled} messages twice."),
            Check(holds=strangers == 0, text=f"{strangers} messages to anybody outside the round."),
            Check(
                holds=came == announced,
                text=f"{came} messages arrived; the approval announced {announced}, digests aside.",
            ),
            Check(
                holds=len(live) == len(self.placed),
                text=f"{len(live)} of {len(self.placed)} talks with a time came into calendars.",
            ),
        ]

    @cached_property
    def shortest_notice(self) -> int | None:
        """Calendar days from an invitation to its talk, in the recipient's zone; the fewest."""
        starts = {talk.subject: talk.start for talk in self.placed if talk.start}
        return min(
            (
                (day_of(starts[mail.row.key.subject], zone) - day_of(mail.at, zone)).days
                for mail in self.mails
                if mail.row.kind is Kind.MEETING_CREATE and (zone := self._zone(mail.person))
            ),
            default=None,
        )

    def _lane(self, id_: str, talks: Iterable[Talk]) -> Lane:
        zone = self._zone(id_)
        chips: dict[date, list[tuple[datetime, Chip]]] = defaultdict(list)
        for mail in self._by_person.get(id_, ()):
            look = self.looks[mail.step]
            title = f"{look.label}, {_moment(mail.at, zone)}: {mail.subject}"
            chips[_monday(day_of(mail.at, zone))].append(
                (mail.at, Chip(code=look.code, tone=look.tone, page=mail.page, title=title))
            )
        for talk in talks:
            assert talk.start is not None
            other = self._name(talk.manager if talk.employee == id_ else talk.employee)
            title = f"The talk with {other}, {_moment(talk.start, zone)}"
            chips[_monday(day_of(talk.start, zone))].append(
                (talk.start, Chip(code=_initials(other), tone=None, page="", title=title))
            )
        return Lane(
            name=self._name(id_),
            about=self._about_person(id_),
            chips=tuple(
                tuple(chip for _, chip in sorted(chips.get(week.monday, ()), key=lambda each: each[0]))
                for week in self.weeks
            ),
        )

    def _about_person(self, id_: str) -> str:
        person = self.people.get(id_)
        if person is None:
            return "the round's digests"
        parts = [person.site or person.zone, person.language]
        return " · ".join([*parts, "no mailbox"] if person.email is None else parts)

    def _stacked(self, steps: Mapping[str, int]) -> Iterable[tuple[int, str, int, int]]:
        below = 0
        for step, look in self.looks.items():
            if steps.get(step):
                yield look.tone, look.label, steps[step], below
                below += steps[step]

    def _about(self, talk: Talk, person: str) -> list[ShownMail]:
        """What *person* gets about *talk*, and the announcement of it all."""
        announced = {f"person:{person}"} if person == talk.employee else set()
        return [mail for mail in self._by_person.get(person, ()) if mail.row.key.subject in {talk.subject, *announced}]

    def _story(self, talk: Talk, mails: Iterable[ShownMail]) -> Story:
        assert talk.start is not None
        employee, manager = self.people[talk.employee], self.people[talk.manager]
        moments = [(mail.at, self._moment_of(mail, talk, employee.zone)) for mail in mails]
        moments.append(
            (
                talk.start,
                Moment(
                    look=None,
                    when=_moment(talk.start, talk.zone),
                    distance="the day",
                    headline=f"The talk with {manager.name}",
                    detail=f"{talk.minutes} minutes, and {talk.buffer_minutes} kept free after it.",
                    page="",
                    files=(),
                ),
            )
        )
        return Story(
            employee=employee.name,
            manager=manager.name,
            moments=tuple(moment for _, moment in sorted(moments, key=lambda each: each[0])),
            managers=tuple(self._moment_of(mail, talk, manager.zone) for mail in self._about(talk, talk.manager)),
        )

    def _moment_of(self, mail: ShownMail, talk: Talk, zone: str) -> Moment:
        assert talk.start is not None
        return Moment(
            look=self.looks[mail.step],
            when=_moment(mail.at, zone),
            distance=_distance((day_of(mail.at, zone) - day_of(talk.start, zone)).days),
            headline=mail.subject,
            detail=mail.preheader,
            page=mail.page,
            files=mail.files,
        )

    def _on_a_working_day(self, mail: ShownMail) -> bool:
        person = self.people.get(mail.person)
        country = person.country if person else self.round.cycle.country
        return is_working_day(day_of(mail.at, self._zone(mail.person)), self.round.holidays.get(country, frozenset()))

    def _name(self, id_: str) -> str:
        return self.people[id_].name if id_ in self.people else self.round.cycle.hr.name

    def _zone(self, id_: str) -> str:
        return self.people[id_].zone if id_ in self.people else self.round.cycle.hr.zone


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _moment(instant: datetime, zone: str) -> str:
    """Such as ``Tue 9 Mar 14:30``, as clocks in *zone* show it."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"


def _distance(days: int) -> str:
    if days == 0:
        return "the same day"
    unit = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {unit} {'before' if days < 0 else 'after'}"


def _initials(name: str) -> str:
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def _some(names: Sequence[str], most: int = 6) -> str:
    kept = list(dict.fromkeys(names))
    return ", ".join(kept[:most]) + (f" and {len(kept) - most} more" if len(kept) > most else "")
