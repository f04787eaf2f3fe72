"""The talks that a manager holds, as values for the template of their page. Pure: facts in, words out."""

from dataclasses import dataclass

from talkcycle.domain.busy import Span
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk
from talkcycle.rendering.pages.own_pages import Reader
from talkcycle.rendering.pages.talk_page import span_text
from talkcycle.rendering.values import place_text


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLine:
    """One of a manager's talks.

    Attributes:
        link: Of its page.
        date_time: Empty without one.
        place: Empty where it is of no use.
        note: What is still open about its time, in words; mostly empty.
        follow_up: Of the page of what the two agreed, once there can be such a thing; *agreed*: how far they are with it.
    """

    employee: str
    link: str
    date_time: str
    place: str
    note: str
    follow_up: str
    agreed: str


def hosted_line(
    reader: Reader,
    talk: Talk,
    employee: Person,
    *,
    link: str,
    to_decide: Span | None,
    unconfirmed: bool,
    follow_up: str,
    agreed: str,
) -> HostedLine:
    """*talk* as its manager's page lists it.

    Args:
        to_decide: A time that is proposed instead, about which nothing is decided: start and end, UTC.
        unconfirmed: The time may not hold.
        agreed: The key of how far the two are with what they agreed; empty: nothing is said of it.
    """
    note, values = "", reader.general
    if to_decide is not None:
        values = values | {"proposed_date_time": span_text(reader, to_decide)}
        note = reader.page.say("hosted_to_decide", values)
    elif unconfirmed:
        note = reader.page.say("hosted_unconfirmed", values)
    return HostedLine(
        employee=employee.name,
        link=link,
        date_time="" if talk.start is None or talk.end is None else span_text(reader, (talk.start, talk.end)),
        place="" if talk.start is None else place_text(talk.place, reader.words, values),
        note=note,
        follow_up=follow_up,
        agreed=reader.page.say(agreed, values) if agreed else "",
    )
