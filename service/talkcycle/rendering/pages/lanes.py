"""Everybody's messages and talks by week, and all messages by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import HR
from talkcycle.domain.talks import Talk
from talkcycle.rendering.pages.plain_words import initials, moment
from talkcycle.rendering.pages.rehearsed import RehearsedRound

ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A column. *new_month*: the month's name where a month begins, else empty."""

    monday: date
    in_window: bool
    new_month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One message or talk. *tone*: of the step; None for a talk, which has no page."""

    code: str
    tone: int | None
    page: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A row. *chips*: per week, in the order of time."""

    name: str
    about: str
    chips: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A step's share of a day. *below*: how many messages are stacked under it."""

    tone: int
    label: str
    count: int
    below: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A day on which something is sent or said."""

    day: date
    total: int
    talks: int
    parts: tuple[Part, ...]


def weeks_of(facts: RehearsedRound) -> list[Week]:
    """Every week from the first message or talk to the last."""
    days = [facts.local_day(mail) for mail in facts.mails] + [day for _, day in _talk_days(facts.placed)]
    if not days:
        return []
    window, last = facts.round.cycle.window, max(days)
    monday, month, weeks = _monday(min(days)), "", []
    while monday <= last:
        named = f"{monday:%B}"
        within = monday <= window.last and monday + ONE_WEEK > window.first
        weeks.append(Week(monday=monday, in_window=within, new_month=named if named != month else ""))
        monday, month = monday + ONE_WEEK, named
    return weeks


def lanes_of(facts: RehearsedRound, weeks: Iterable[Week]) -> list[Lane]:
    """HR first, then everybody of the roster who takes part, in its order."""
    mondays = [week.monday for week in weeks]
    talks: dict[str, list[Talk]] = defaultdict(list)
    for talk in facts.placed:
        talks[talk.employee].append(talk)
        talks[talk.manager].append(talk)
    taking_part = (id_ for id_ in (HR, *facts.people) if id_ in facts.mails_of or id_ in talks)
    return [_lane(facts, mondays, id_, talks[id_]) for id_ in taking_part]


def bars_of(facts: RehearsedRound) -> list[Bar]:
    """Every day on which something happens, in order."""
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for mail in facts.mails:
        days[facts.local_day(mail)][mail.step] += 1
    talks = Counter(day for _, day in _talk_days(facts.placed))
    return [
        Bar(day=day, total=days[day].total(), talks=talks[day], parts=tuple(_stacked(facts, days[day])))
        for day in sorted({*days, *talks})
    ]


def _lane(facts: RehearsedRound, mondays: Iterable[date], id_: str, talks: Iterable[Talk]) -> Lane:
    chips: dict[date, list[tuple[datetime, Chip]]] = defaultdict(list)
    for day, at, chip in (*_mail_chips(facts, id_), *_talk_chips(facts, id_, talks)):
        chips[_monday(day)].append((at, chip))
    ordered = {monday: sorted(found, key=lambda each: each[0]) for monday, found in chips.items()}
    return Lane(
        name=facts.name(id_),
        about=_about(facts, id_),
        chips=tuple(tuple(chip for _, chip in ordered.get(monday, ())) for monday in mondays),
    )


def _mail_chips(facts: RehearsedRound, id_: str) -> Iterator[tuple[date, datetime, Chip]]:
    zone = facts.zone(id_)
    for mail in facts.mails_of.get(id_, ()):
        look = facts.looks[mail.step]
        title = f"{look.label}, {moment(mail.at, zone)}: {mail.subject}"
        yield day_of(mail.at, zone), mail.at, Chip(code=look.code, tone=look.tone, page=mail.page, title=title)


def _talk_chips(facts: RehearsedRound, id_: str, talks: Iterable[Talk]) -> Iterator[tuple[date, datetime, Chip]]:
    zone = facts.zone(id_)
    for talk in talks:
        assert talk.start is not None
        other = facts.name(talk.manager if talk.employee == id_ else talk.employee)
        title = f"The talk with {other}, {moment(talk.start, zone)}"
        yield day_of(talk.start, zone), talk.start, Chip(code=initials(other), tone=None, page="", title=title)


def _about(facts: RehearsedRound, id_: str) -> str:
    if id_ == HR:
        return "the round's digests"
    person = facts.people[id_]
    return " · ".join([person.site or person.zone, person.language, *(["no mailbox"] if person.email is None else [])])


def _stacked(facts: RehearsedRound, steps: Mapping[str, int]) -> Iterator[Part]:
    below = 0
    for step, look in facts.looks.items():
        if steps.get(step):
            yield Part(tone=look.tone, label=look.label, count=steps[step], below=below)
            below += steps[step]


def _talk_days(talks: Iterable[Talk]) -> Iterator[tuple[Talk, date]]:
    return ((talk, day_of(talk.start, talk.zone)) for talk in talks if talk.start)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
