"""From a due message and what is known of its subject to an order for rendering."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.derive import Recipient, hr_recipient, person_recipient
from talkcycle.domain.digests import DigestLine, HrDigest, ManagerDigest
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import PROPOSAL, TIME_DECLINED, DueMessage, Kind
from talkcycle.domain.people import Person, Role
from talkcycle.domain.reached import Reached
from talkcycle.domain.routes import Routing, Transport
from talkcycle.domain.talks import Entry, Round, Talk
from talkcycle.rendering.order import PersonLinks, RenderOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a message's text may need: the pair and entry of a talk, or the person a round's message goes to.

    Attributes:
        entry: The talk's newest. *earlier*: those it took over from, oldest first.
        hosts: Who hosted the talk under them, by id. *reached*: where they are known.
        agreement: What is written down about the talk. *agreed_before*: about the last one of its employee.
    """

    round: Round
    talk: Talk | None = None
    employee: Person | None = None
    manager: Person | None = None
    entry: Entry | None = None
    earlier: tuple[Entry, ...] = ()
    person: Person | None = None
    hosts: Mapping[str, Person] = field(default_factory=dict)
    reached: Reached = field(default_factory=dict)
    agreement: Agreement | None = None
    agreed_before: Agreement | None = None


PageLink = Callable[[Link], str]
"""The address of a page of somebody's own."""


def order_for(
    due: DueMessage,
    facts: Facts,
    *,
    digest: ManagerDigest | HrDigest | None,
    routing: Routing,
    now: datetime,
    page_link: PageLink | None = None,
) -> RenderOrder:
    """The order for *due*. Its instant, or *now* when that is later (UTC), becomes Date and DTSTAMP.

    Args:
        page_link: None: there are no pages.
    """
    entry = next((each for each in facts.earlier if each.number == due.entry), facts.entry)
    if due.kind is Kind.MEETING_CANCEL and entry is not None:
        facts = _as_reached(facts, entry)
    transport = routing.mail if due.kind is Kind.MAIL or entry is None else Transport(entry.transport)
    made_at = max(now, due.due_at).replace(microsecond=0)
    # A meeting in the host's calendar has one body, which both read.
    shared = due.kind is not Kind.MAIL and transport.keeps_calendars
    return RenderOrder(
        due=due,
        round=facts.round,
        sender=routing.sender,
        transport=transport,
        recipient=recipient_of(due, facts),
        made_at=made_at,
        talk=facts.talk,
        employee=facts.employee,
        manager=facts.manager,
        former=None if due.former is None else facts.hosts.get(due.former),
        entry=entry,
        replaces=_replaced(due, facts),
        room=_room(facts),
        digest=digest if digest is None or page_link is None else _with_links(digest, due, facts, page_link),
        agreement=facts.agreement,
        agreed_before=_agreed_before(due, facts),
        links=PersonLinks() if page_link is None or shared else _links(due, facts, page_link, made_at),
    )


def link_of(due: DueMessage, facts: Facts) -> Link | None:
    """Whose page *due* leads to: the employee's about the talk, a manager's about all they hold; the recipient's own.

    Where its manager has something to choose about the talk, to the page where they do.
    """
    round_, talk, person = facts.round.id, facts.talk, _person(due)
    if person is None:
        return None
    if due.role is Role.MANAGER:
        if talk is not None and person == talk.manager and due.key.step in {PROPOSAL, TIME_DECLINED}:
            return Link(round=round_, person=person, purpose=Purpose.HOSTED, talk=talk.id)
        return Link(round=round_, person=person, purpose=Purpose.TALKS)
    if talk is None or person != talk.employee:
        return None
    return Link(round=round_, person=person, purpose=Purpose.TALK, talk=talk.id)


def _links(due: DueMessage, facts: Facts, page_link: PageLink, at: datetime) -> PersonLinks:
    """Links to what there is at that time: nothing is to be written down before the talk, nor to be done before that."""
    page, person, talk, round_ = link_of(due, facts), _person(due), facts.talk, facts.round.id
    links = PersonLinks(page="" if page is None else page_link(page))
    if person is None or talk is None or talk.start is None or talk.start > at:
        return links
    if person in {talk.employee, talk.manager}:
        follow_up = page_link(Link(round=round_, person=person, purpose=Purpose.FOLLOW_UP, talk=talk.id))
        links = replace(links, follow_up=follow_up)
    if facts.agreement is not None:
        links = replace(links, actions=page_link(Link(round=round_, person=person, purpose=Purpose.ACTIONS)))
    return links


def _with_links(
    digest: ManagerDigest | HrDigest, due: DueMessage, facts: Facts, page_link: PageLink
) -> ManagerDigest | HrDigest:
    """*digest* whose lines lead to the page where what they name can be done."""
    person = _person(due)
    if isinstance(digest, HrDigest) or person is None:
        return digest

    def leading(line: DigestLine) -> DigestLine:
        if line.leads_to is None:
            return line
        talk = line.talk if line.leads_to.of_one_talk else None
        link = Link(round=facts.round.id, person=person, purpose=line.leads_to, talk=talk)
        return replace(line, link=page_link(link))

    return replace(digest, lines=tuple(leading(line) for line in digest.lines))


def _agreed_before(due: DueMessage, facts: Facts) -> Agreement | None:
    """What the last talk ended with, for whoever may read it; never with what stands in a calendar, which others see."""
    before, person = facts.agreed_before, _person(due)
    readable = before is not None and person is not None and before.may_be_read_by(person)
    return before if readable and due.kind is Kind.MAIL else None


def _person(due: DueMessage) -> str | None:
    """Roster id of the recipient; None: HR."""
    return None if due.role is Role.HR else due.key.recipient.removeprefix("person:")


def _as_reached(facts: Facts, entry: Entry) -> Facts:
    """*facts* with everybody at the address that knows of *entry*: what ends it must go there."""

    def there(person: Person) -> Person:
        return replace(person, email=facts.reached.get((entry.number, f"person:{person.id}"), person.email))

    return replace(
        facts,
        employee=facts.employee and there(facts.employee),
        manager=facts.manager and there(facts.manager),
        hosts={id_: there(host) for id_, host in facts.hosts.items()},
    )


def _replaced(due: DueMessage, facts: Facts) -> str | None:
    """The UID under which a calendar may already hold the talk.

    Its own, where an earlier version may have made it; else that of the entry the newest one took over from, where the
    host's mailbox moved and may have it.
    """
    if due.looks_first and facts.entry is not None:
        return facts.entry.uid
    if due.kind is not Kind.MEETING_CREATE or not facts.earlier or facts.entry is None:
        return None
    old = facts.earlier[-1]
    moved = old.in_own_calendar and old.transport != facts.entry.transport and old.host == facts.entry.host
    return old.uid if moved else None


def _room(facts: Facts) -> Party | None:
    """The mailbox of the room the talk is in, where it has one."""
    talk, employee = facts.talk, facts.employee
    room = None if talk is None or employee is None else facts.round.cycle.room_at(employee.site, talk.place)
    return None if room is None or room.address is None else Party(name=room.name, address=room.address)


def recipient_of(due: DueMessage, facts: Facts) -> Recipient:
    """Who gets *due*, with the language and zone the text is written in."""
    if due.role is Role.HR:
        return hr_recipient(facts.round.cycle.hr, facts.round.cycle.country, facts.round.holidays)
    those = (facts.person, facts.employee if due.role is Role.EMPLOYEE else facts.manager, *facts.hosts.values())
    person = next((each for each in those if each is not None and f"person:{each.id}" == due.key.recipient), None)
    if person is None:
        raise ValueError(f"message {due.key} is to nobody it is about")
    return person_recipient(person, due.role, facts.round.holidays)
