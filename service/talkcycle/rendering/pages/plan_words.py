"""How a plan's page, tables and short form call things. English, as the pages are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.plan import PlannedTalk
from talkcycle.domain.plan_difference import ChangeKind, Standing
from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.domain.plan_talks import Discomfort, TalkFacts
from talkcycle.rendering.pages.plain_words import day, moment

SHOWN_OF_THE_HASH = 12
EN_DASH = "\N{EN DASH}"

CHANGED = {
    ChangeKind.LOST: "Had a time and has none now",
    ChangeKind.FOUND: "Had none and has a time now",
    ChangeKind.NEW: "New in the plan",
    ChangeKind.GONE: "No longer in the plan",
    ChangeKind.MOVED: "Another time",
    ChangeKind.HOST: "Another manager, same time",
    ChangeKind.PLACE: "Another room, same time",
}
DISLIKED = {
    Discomfort.LUNCH: "over lunch",
    Discomfort.FRIDAY: "late on Friday",
    Discomfort.OUTSIDE: "outside preferred hours",
}


def disliked_words(facts: PlanFacts) -> Mapping[Discomfort, str]:
    """Those that can be told: nothing is outside preferred hours where nobody prefers any."""
    return {kind: words for kind, words in DISLIKED.items() if kind is not Discomfort.OUTSIDE or facts.preferred_known}


def title_of(facts: PlanFacts) -> str:
    """HR's name of the cycle, else the round's."""
    return next(iter(facts.draft.cycle.name.values()), facts.draft.round)


def number_of(facts: PlanFacts) -> str:
    """What ``talkcycle approve`` is given."""
    return facts.draft.hash[:SHOWN_OF_THE_HASH]


def where(place: Place) -> str:
    """The room's name, ``online``, or that the two agree it."""
    if place.kind is PlaceKind.NAMED:
        return place.name or "a room"
    return "online" if place.kind is PlaceKind.ONLINE else "the two agree it"


def week_of(monday: date) -> str:
    """Such as ``Week 10``."""
    return f"Week {monday.isocalendar().week}"


def week_days(monday: date, days: int = 5) -> str:
    """Such as ``8-12 Mar``, or ``29 Mar-2 Apr``: the week's first *days*."""
    last = monday + timedelta(days=days - 1)
    first = f"{monday.day}" if monday.month == last.month else f"{monday.day} {monday:%b}"
    return f"{first}{EN_DASH}{last.day} {last:%b}"


def clock(local: datetime) -> str:
    return f"{local:%H:%M}"


def hours_of(talk: TalkFacts) -> str:
    """Such as ``Tue 9 Mar 14:30-15:30``, where the manager is."""
    ends = talk.ends.astimezone(talk.host_starts.tzinfo)
    return f"{day(talk.host_starts)} {clock(talk.host_starts)}{EN_DASH}{clock(ends)}"


def elsewhere(talk: TalkFacts) -> str:
    """``09:00 in London`` where the employee's clocks show another time than the manager's; else empty."""
    if talk.starts.utcoffset() == talk.host_starts.utcoffset():
        return ""
    another_day = f"{day(talk.starts)} " if talk.starts.date() != talk.host_starts.date() else ""
    return f"{another_day}{clock(talk.starts)} in {city(talk.talk.zone)}"


def city(zone: str) -> str:
    """The last part of an IANA name, spelt as people do."""
    return zone.rpartition("/")[2].replace("_", " ")


def discomforts_of(talk: TalkFacts) -> str:
    """Such as ``over lunch, late on Friday``; empty where the time suits everybody."""
    return ", ".join(words for kind, words in DISLIKED.items() if kind in talk.discomforts)


def standing(each: Standing | None, zone: str) -> str:
    """Where a talk stands, for people: its time and place, where the employee is."""
    if each is None:
        return EN_DASH
    if not isinstance(each, PlannedTalk):
        return "no time"
    named = "" if each.zone == zone else f" ({city(each.zone)})"
    return f"{moment(each.start, each.zone)}{named}, {where(each.place)}"
