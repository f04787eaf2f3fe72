"""The pages that people reach through their links, as values for their templates. Pure: facts in, words out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from talkcycle.domain.cycle import Leads, Place
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk
from talkcycle.rendering.agenda import agenda_points, in_any_language
from talkcycle.rendering.dates import Dates, local
from talkcycle.rendering.library import Library
from talkcycle.rendering.markdown import both_forms
from talkcycle.rendering.page_words import PageWords, page_words
from talkcycle.rendering.values import place_text
from talkcycle.rendering.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a page, and with which words. *words*: of the round's texts, for the agenda and the names of places."""

    round: Round
    person: Person
    page: PageWords
    words: Words
    dates: Dates

    @property
    def zone(self) -> str:
        return self.person.zone

    @property
    def general(self) -> dict[str, Any]:
        hr = self.round.cycle.hr
        return {
            "recipient_name": self.person.name,
            "organisation": self.round.cycle.organisation,
            "hr_name": hr.name,
            "hr_email": hr.email,
            "hr_telephone": hr.telephone or "",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A time to choose. *value*: what the form sends; *note*: what is special about it, in words."""

    value: str
    day: str
    time: str
    place: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLine:
    """One of a manager's talks. *date_time*: empty without one; *place*: empty where it is of no use."""

    employee: str
    date_time: str
    place: str


def reader_of(round_: Round, person: Person, library: Library, *, now: datetime) -> Reader:
    """*person* as a reader of a page about *round_*: in their language, or else in the cycle's.

    Args:
        library: The round's texts: the agenda and the names of places come from there.
    """
    page = page_words(library.files, (person.language, round_.cycle.language))
    words = library.mail("invitation", page.language).words
    dates = Dates(page.language, local(now, person.zone).year)
    return Reader(round=round_, person=person, page=page, words=words, dates=dates)


def common(reader: Reader) -> dict[str, Any]:
    """What every page of somebody has: words, HR, and what the two talk about staying between them."""
    general, cycle = reader.general, reader.round.cycle
    own = in_any_language(cycle.confidentiality, reader.page.language, cycle.language)
    return (
        _words(reader.page, general)
        | general
        | {
            "confidentiality": _html(own or reader.words.say("confidentiality", general)),
        }
    )


def nobodys(page: PageWords) -> dict[str, Any]:
    """What a page has that is about nothing and nobody."""
    return _words(page, {})


def talk_values(reader: Reader, talk: Talk, other: Person) -> dict[str, Any]:
    """The talk with *other*: when, where, what about; texts that speak of it can be said."""
    cycle = reader.round.cycle
    start, end = (None if at is None else local(at, reader.zone) for at in (talk.start, talk.end))
    values = reader.general | {
        "other_name": other.name,
        "minutes": talk.minutes,
        "date_time": "" if start is None else reader.dates.date_time(start, end),
        "other_zone_time": _elsewhere(reader, talk, other),
    }
    strategy = in_any_language(cycle.strategy, reader.page.language, cycle.language)
    policy = in_any_language(cycle.opt_out_policy, reader.page.language, cycle.language)
    return (
        _words(reader.page, values)
        | values
        | {
            "day": "" if start is None else reader.dates.day(start.date()),
            "time": "" if start is None else reader.dates.time(start, end),
            "machine_time": "" if talk.start is None else talk.start.isoformat(),
            "place": place_text(talk.place, reader.words, values),
            "points": tuple(
                zip(agenda_points(cycle, reader.words, reader.page.language), _leads(reader, values), strict=True)
            ),
            "minutes_unit": reader.words.agenda["minutes"],
            "strategy_heading": reader.words.agenda["strategy_heading"],
            "strategy": _html(strategy) if strategy else "",
            "strategy_link": cycle.strategy_link or "",
            "policy": _html(policy) if policy else "",
        }
    )


def _leads(reader: Reader, values: Mapping[str, Any]) -> list[str]:
    """Who leads at each point of the agenda, said to the employee."""
    theirs = {Leads.EMPLOYEE: "lead_you", Leads.MANAGER: "lead_other"}
    return [
        reader.page.say(theirs[point.leads], values)
        if point.leads in theirs
        else reader.words.agenda["leads"][point.leads]
        for point in reader.round.cycle.agenda
    ]


def choices(
    reader: Reader, talk: Talk, other: Person, offers: Iterable[tuple[datetime, Place, bool]]
) -> tuple[Choice, ...]:
    """The times of *offers* (start, place, whether it is the earlier one), in their order."""
    values = reader.general | {"other_name": other.name, "minutes": talk.minutes, "date_time": "", "other_zone_time": ""}
    found = []
    for start, place, back in offers:
        begins, ends = (local(at, reader.zone) for at in (start, start + timedelta(minutes=talk.minutes)))
        found.append(
            Choice(
                value=start.isoformat(),
                day=reader.dates.day(begins.date()),
                time=reader.dates.time(begins, ends),
                place=place_text(place, reader.words, values),
                note=reader.page.say("times_back", values) if back else "",
            )
        )
    return tuple(found)


def hosted_lines(reader: Reader, talks: Iterable[Talk], people: Mapping[str, Person]) -> tuple[HostedLine, ...]:
    """*talks* as their manager's page lists them."""
    return tuple(
        HostedLine(
            employee=people[talk.employee].name,
            date_time="" if talk.start is None else _span(reader, talk.start, talk.minutes),
            place="" if talk.start is None else place_text(talk.place, reader.words, reader.general),
        )
        for talk in talks
    )


def _span(reader: Reader, start: datetime, minutes: int) -> str:
    end = start + timedelta(minutes=minutes)
    return reader.dates.date_time(local(start, reader.zone), local(end, reader.zone))


def _elsewhere(reader: Reader, talk: Talk, other: Person) -> str:
    """When it is for the other, where their clocks differ."""
    if talk.start is None or talk.end is None:
        return ""
    here, there = local(talk.start, reader.zone), local(talk.start, other.zone)
    if here.utcoffset() == there.utcoffset():
        return ""
    return f"{reader.dates.time(there, local(talk.end, other.zone))}, {reader.dates.zone(other.zone)}"


def _words(page: PageWords, values: Mapping[str, Any]) -> dict[str, Any]:
    """How a template says something: ``say`` on one line, ``prose`` in paragraphs."""
    return {
        "language": page.language.replace("_", "-"),
        "say": lambda key: page.say(key, values),
        "prose": lambda key: page.html(key, values),
    }


def _html(markdown: str) -> Markup:
    return Markup(both_forms(markdown).html)  # noqa: S704  # raw HTML is off
