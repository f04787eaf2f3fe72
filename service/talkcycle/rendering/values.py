"""What the variables of a text stand for, computed from an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkcycle.domain import messages
from talkcycle.domain.agreements import Action, Agreement, Progress, about
from talkcycle.domain.answer_messages import Offer
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.digests import DigestLine, HrDigest, ManagerDigest, Need
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Talk
from talkcycle.rendering.agenda import agenda_points, in_any_language, in_language
from talkcycle.rendering.dates import Dates, local
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.sandbox import Markdown
from talkcycle.rendering.words import Words

ABOUT_AN_AGREEMENT = frozenset({messages.CHECK_IN, *messages.ABOUT_AGREEMENTS})
"""Texts that may tell what was agreed."""
TIMES = ("day", "short_date", "time", "date_time", "other_zone_time", "former_date_time")
"""Empty about a talk that has no time: who has none yet can abstain, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedLine:
    """A line of a digest. *need*: the value of ``Need``; *person*, *date_time*, *link*: empty when there is none."""

    need: str
    person: str
    count: int
    date_time: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Something agreed. *who*: a name; *yours*: it is the recipient's own; *by*: a day; *support*: may be empty."""

    what: str
    who: str
    yours: bool
    by: str
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLine:
    """A talk of a manager's week."""

    employee: str
    date_time: str
    place: str


def values_of(order: RenderOrder, words: Words, language: str) -> dict[str, Any]:
    """Every variable that has a meaning in this message; a text that reads another one fails."""
    dates = Dates(language, local(order.made_at, order.recipient.zone).year)
    values = _general(order, words, language, dates)
    if order.talk is not None:
        values |= _about_talk(order, words, language, dates)
    for key in ("confidentiality", "opt_out", *(("opt_out_line",) if order.talk is not None else ())):
        values[key] = _hrs_or_ours(order, words, language, key, values)
    if order.offer is not None:
        values |= _offer(order.offer, order, dates)
    if order.talk is not None and order.due.template in ABOUT_AN_AGREEMENT:
        values |= _agreement(order, dates)
    match order.digest:
        case ManagerDigest():
            values |= _manager_digest(order.digest, order, words, dates, values)
        case HrDigest():
            values |= _hr_digest(order.digest, dates)
    return values


def talk_pair(order: RenderOrder) -> tuple[Talk, Person, Person]:
    """The talk, its employee and its manager. ValueError for a message that is not about a talk."""
    if order.talk is None or order.employee is None or order.manager is None:
        raise ValueError(f"{order.due.template} is about a talk, and this message is not")
    return order.talk, order.employee, order.manager


def place_text(place: Place, words: Words, values: Mapping[str, Any]) -> str:
    """Where the talk is, in words. A link or a room is named as HR wrote it."""
    match place.kind:
        case PlaceKind.AGREE:
            return words.say("place_agree", values)
        case PlaceKind.ONLINE:
            online = words.say("place_online", values)
            return f"{online}: {place.name}" if place.name else online
        case _:
            return place.name or words.say("place_agree", values)


def _general(order: RenderOrder, words: Words, language: str, dates: Dates) -> dict[str, Any]:
    cycle = order.round.cycle
    values: dict[str, Any] = {
        "recipient_name": order.recipient.name,
        "organisation": cycle.organisation,
        "hr_name": cycle.hr.name,
        "hr_email": cycle.hr.email,
        "hr_telephone": cycle.hr.telephone or "",
        "is_employee": order.due.role is Role.EMPLOYEE,
        "is_manager": order.due.role is Role.MANAGER,
        "opt_out_policy": Markdown(in_any_language(cycle.opt_out_policy, language, cycle.language) or ""),
        "strategy": Markdown(in_any_language(cycle.strategy, language, cycle.language) or ""),
        "strategy_link": cycle.strategy_link or "",
        "window_first": dates.short_date(cycle.window.first),
        "window_last": dates.short_date(cycle.window.last),
        "notice_days": cycle.notice_days,
        "page_link": order.links.page,
        "follow_up_link": order.links.follow_up,
        "actions_link": order.links.actions,
    }
    values["cycle_name"] = in_language(cycle.name, language) or words.say("cycle_name", values)
    return values


def _hrs_or_ours(order: RenderOrder, words: Words, language: str, key: str, values: Mapping[str, Any]) -> str:
    """The confidentiality line is HR's where they wrote one; the rest are the language folder's."""
    cycle = order.round.cycle
    if key == "confidentiality" and (own := in_any_language(cycle.confidentiality, language, cycle.language)):
        return Markdown(own)
    return words.say(key, values)


def _about_talk(order: RenderOrder, words: Words, language: str, dates: Dates) -> dict[str, Any]:
    talk, employee, manager = talk_pair(order)
    other = manager if order.due.role is Role.EMPLOYEE else employee
    values: dict[str, Any] = {
        "employee_name": employee.name,
        "manager_name": manager.name,
        "former_manager_name": order.former.name if order.former else "",
        "other_name": other.name,
        "minutes": talk.minutes,
        "place_to_agree": talk.place.kind is PlaceKind.AGREE,
        "place_online": talk.place.kind is PlaceKind.ONLINE,
        "agenda_points": agenda_points(order.round.cycle, words, language),
        "employee_has_mailbox": employee.email is not None,
    }
    values["place"] = place_text(talk.place, words, {"organisation": order.round.cycle.organisation} | values)
    return values | _times(talk, order.recipient.zone, other.zone, dates)


def _times(talk: Talk, zone: str, other_zone: str, dates: Dates) -> dict[str, str]:
    if talk.start is None or talk.end is None:
        return dict.fromkeys(TIMES, "")
    start, end = local(talk.start, zone), local(talk.end, zone)
    elsewhere = local(talk.start, other_zone), local(talk.end, other_zone)
    differ = start.utcoffset() != elsewhere[0].utcoffset()
    named = f" ({dates.zone(zone)})" if differ else ""
    return {
        "day": dates.day(start.date()),
        "short_date": dates.short_date(start.date()),
        "time": dates.time(start, end) + named,
        "date_time": dates.date_time(start, end) + named,
        "other_zone_time": _elsewhere(start, elsewhere, other_zone, dates) if differ else "",
        "former_date_time": _former(talk, zone, dates) + named if talk.former_start else "",
    }


def _agreement(order: RenderOrder, dates: Dates) -> dict[str, Any]:
    """What was agreed, or the part of it that the message is about; of an action that was dropped nothing is said."""
    talk, employee, manager = talk_pair(order)
    agreement = about(order.agreement, talk)
    recipient = (employee if order.due.role is Role.EMPLOYEE else manager).id
    readable = agreement is not None and agreement.may_be_read_by(recipient)
    names = {employee.id: employee.name, manager.id: manager.name}
    return {
        "to_confirm": agreement is not None and agreement.awaits == recipient,
        "next_steps": [
            NextStep(
                what=action.what,
                who=names[action.responsible],
                yours=action.responsible == recipient,
                by=dates.day(action.due),
                support=action.support,
            )
            for action in (_told(order, agreement, recipient) if agreement and readable else ())
            if action.responsible in names
        ],
    }


def _told(order: RenderOrder, agreement: Agreement, recipient: str) -> tuple[Action, ...]:
    match order.due.template:
        case messages.DUE_SOON:
            own = agreement.open_for(recipient)
            return tuple(each for each in own if each.due.isoformat() == order.due.key.occasion)
        case messages.CHECK_IN:
            return agreement.open_for(recipient)
        case _:
            return tuple(each for each in agreement.actions if each.progress is not Progress.DROPPED)


def _offer(offer: Offer, order: RenderOrder, dates: Dates) -> dict[str, Any]:
    zone = order.recipient.zone
    if offer.proposal is not None:
        start, end = offer.proposal.span
        return {
            "proposed_date_time": dates.date_time(local(start, zone), local(end, zone)),
            "proposed_by_you": offer.proposal.role is order.due.role,
            "misfit": offer.misfit.value if offer.misfit else "",
            "keep_day": "" if offer.keeps_at is None else dates.day(local(offer.keeps_at, zone).date()),
        }
    return {
        "other_times": [dates.date_time(local(start, zone), local(end, zone)) for start, end in offer.times],
        "help_day": "" if offer.help_at is None else dates.day(local(offer.help_at, zone).date()),
    }


def _elsewhere(start: datetime, there: tuple[datetime, datetime], zone: str, dates: Dates) -> str:
    """The time in the other zone, with its day where that is another one."""
    write = dates.time if there[0].date() == start.date() else dates.date_time
    return f"{write(*there)} ({dates.zone(zone)})"


def _former(talk: Talk, zone: str, dates: Dates) -> str:
    assert talk.former_start is not None
    return dates.date_time(local(talk.former_start, zone))


def _manager_digest(
    digest: ManagerDigest, order: RenderOrder, words: Words, dates: Dates, values: Mapping[str, Any]
) -> dict[str, Any]:
    zone = order.recipient.zone
    return {
        "week": dates.week(digest.monday),
        "lines": [_need(line, dates) for line in digest.lines],
        "more": digest.more,
        "talks": [
            TalkLine(
                employee=talk.employee,
                date_time=dates.date_time(local(talk.start, zone), local(talk.end, zone)),
                place=place_text(talk.place, words, values),
            )
            for talk in digest.talks
        ],
    }


def _hr_digest(digest: HrDigest, dates: Dates) -> dict[str, Any]:
    return {
        "week": dates.week(digest.monday),
        "lines": [_need(line, dates) for line in digest.lines],
        "counts": {key.replace("-", "_"): count for key, count in digest.counts.items()},
    }


def _need(line: DigestLine, dates: Dates) -> NeedLine:
    when = ""
    if line.start is not None:
        start = local(line.start, line.zone)
        when = dates.day(start.date()) if line.need is Need.NEXT_ROUND else dates.date_time(start)
    return NeedLine(need=line.need.value, person=line.person or "", count=line.count, date_time=when, link=line.link)
