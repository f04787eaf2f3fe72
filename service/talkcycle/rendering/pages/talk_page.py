"""A talk as one of the two sees it, as values for its templates. Pure: facts in, words out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkcycle.domain.busy import Span
from talkcycle.domain.cycle import Leads, Place
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk
from talkcycle.rendering.agenda import agenda_points, in_any_language
from talkcycle.rendering.dates import local
from talkcycle.rendering.pages.own_pages import Reader, from_markdown, words_of
from talkcycle.rendering.values import place_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A time to choose. *value*: what the form sends; *note*: what is special about it, in words."""

    value: str
    day: str
    time: str
    place: str
    note: str = ""


def talk_values(reader: Reader, talk: Talk, other: Person, *, proposed: Span | None = None) -> dict[str, Any]:
    """The talk with *other*: when, where, what about; texts that speak of it can be said.

    Args:
        proposed: A time that is proposed instead: start and end, UTC.
    """
    cycle = reader.round.cycle
    values = _said(reader, talk, other, proposed)
    start, end = (None if at is None else local(at, reader.zone) for at in (talk.start, talk.end))
    strategy = in_any_language(cycle.strategy, reader.page.language, cycle.language)
    policy = in_any_language(cycle.opt_out_policy, reader.page.language, cycle.language)
    leads = _leads(reader, talk, values)
    return (
        words_of(reader.page, values)
        | values
        | {
            "day": "" if start is None else reader.dates.day(start.date()),
            "time": "" if start is None else reader.dates.time(start, end),
            "machine_time": "" if talk.start is None else talk.start.isoformat(),
            "place": place_text(talk.place, reader.words, values),
            "points": tuple(zip(agenda_points(cycle, reader.words, reader.page.language), leads, strict=True)),
            "minutes_unit": reader.words.agenda["minutes"],
            "strategy_heading": reader.words.agenda["strategy_heading"],
            "strategy": from_markdown(strategy) if strategy else "",
            "strategy_link": cycle.strategy_link or "",
            "policy": from_markdown(policy) if policy else "",
        }
    )


def choices(
    reader: Reader, talk: Talk, other: Person, offers: Iterable[tuple[datetime, Place, bool]]
) -> tuple[Choice, ...]:
    """The times of *offers* (start, place, whether it is the earlier one), in their order."""
    values = _said(reader, talk, other, None)
    found = []
    for start, place, back in offers:
        begins, ends = (local(at, reader.zone) for at in (start, start + talk.length))
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


def _said(reader: Reader, talk: Talk, other: Person, proposed: Span | None) -> dict[str, Any]:
    """What texts about the talk may name."""
    return reader.general | {
        "other_name": other.name,
        "minutes": talk.minutes,
        "date_time": "" if talk.start is None or talk.end is None else span_text(reader, (talk.start, talk.end)),
        "other_zone_time": _elsewhere(reader, talk, other),
        "proposed_date_time": "" if proposed is None else span_text(reader, proposed),
    }


def span_text(reader: Reader, span: Span) -> str:
    """*span* (UTC) as the reader's clocks and calendars have it."""
    return reader.dates.date_time(*(local(at, reader.zone) for at in span))


def _leads(reader: Reader, talk: Talk, values: Mapping[str, Any]) -> list[str]:
    """Who leads at each point of the agenda, said to one of the two."""
    you, other = "lead_you", "lead_other"
    own = reader.person.id == talk.employee
    theirs = {Leads.EMPLOYEE: you if own else other, Leads.MANAGER: other if own else you}
    return [
        reader.page.say(theirs[point.leads], values)
        if point.leads in theirs
        else reader.words.agenda["leads"][point.leads]
        for point in reader.round.cycle.agenda
    ]


def _elsewhere(reader: Reader, talk: Talk, other: Person) -> str:
    """When it is for the other, where their clocks differ."""
    if talk.start is None or talk.end is None:
        return ""
    here, there = local(talk.start, reader.zone), local(talk.start, other.zone)
    if here.utcoffset() == there.utcoffset():
        return ""
    return f"{reader.dates.time(there, local(talk.end, other.zone))}, {reader.dates.zone(other.zone)}"
