"""Every shipped text in every language, rendered as people get it: each role, place, zone and need there is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from builders import a_cycle, a_person, a_round, a_talk, shipped_steps
from talkcycle.domain.agreements import Action, Agreement, confirmed
from talkcycle.domain.answer_messages import Misfit, Offer
from talkcycle.domain.answers import Proposal
from talkcycle.domain.cycle import AgendaPoint, Contact, Leads, Place, PlaceKind
from talkcycle.domain.derive import hr_recipient, person_recipient
from talkcycle.domain.digests import DigestLine, HrDigest, ManagerDigest, Need, TalkOfTheWeek
from talkcycle.domain.messages import (
    ABOUT_AGREEMENTS,
    AGREED,
    CHECK_IN,
    DUE_SOON,
    FOLLOW_UP_NUDGE,
    TO_CONFIRM,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Role
from talkcycle.domain.routes import Transport
from talkcycle.domain.talks import Entry, Talk
from talkcycle.intake.shipped_cycle import AGENDA
from talkcycle.rendering.library import Library, base_of
from talkcycle.rendering.message import Composed, compose
from talkcycle.rendering.order import PersonLinks, RenderOrder
from talkcycle.rendering.template_files import shipped_files
from talkcycle.rendering.values import talk_pair

LANGUAGES = ("sv", "en", "nb", "da", "fi")
REGIONAL = ("sv_FI",)
"""Folders with only what differs from their language's."""
PAGE = "https://talks.example.com/q2Xk0c7n_Wg4d-example"
FOLLOW_UP_PAGE = "https://talks.example.com/f0llOwUp-what-was-agreed"
ACTIONS_PAGE = "https://talks.example.com/ac7i0ns-of-ones-own"
LINKS = PersonLinks(page=PAGE, follow_up=FOLLOW_UP_PAGE, actions=ACTIONS_PAGE)
LINE_PAGE = "https://talks.example.com/l1ne-of-a-summary"
STEPS = {
    "sv": ("Gå grundkursen i projektledning", "En ledig eftermiddag", "Boka kundtjänst", "Skriva om rutinen"),
    "en": ("Take the first project course", "An afternoon off", "Ask customer service", "Rewrite the routine"),
    "nb": ("Ta grunnkurset i prosjektledelse", "En fri ettermiddag", "Avtale med kundeservice", "Skrive om rutinen"),
    "da": ("Tage grundkurset i projektledelse", "En fri eftermiddag", "Aftale med kundeservice", "Skrive rutinen om"),
    "fi": ("Käyn projektikurssin", "Vapaa iltapäivä", "Sovin päivän asiakaspalvelussa", "Kirjoitan ohjeen uudelleen"),
}
"""What the employee is to do, the support for it, and what the manager and the employee are to do."""
STEPS_DUE = date(2027, 6, 15)
MADE_AT = datetime(2027, 2, 16, 8, 0, tzinfo=UTC)
START = datetime(2027, 3, 9, 13, 30, tzinfo=UTC)
MONDAY = date(2027, 3, 8)
OTHER_TIMES = (START + timedelta(days=3), START + timedelta(days=7, hours=-4), START + timedelta(days=8))
OFFER = Offer(
    times=tuple((start, start + timedelta(hours=1)) for start in OTHER_TIMES), help_at=MADE_AT + timedelta(days=3)
)
PROPOSAL = Proposal(role=Role.EMPLOYEE, since=MADE_AT, span=OFFER.times[0])
PROPOSED = Offer(proposal=PROPOSAL, misfit=Misfit.BUSY, keeps_at=MADE_AT + timedelta(days=3))
OFFERS = {"time-declined": OFFER, "hr-help": OFFER, "proposal": PROPOSED}
BOTH = (Role.EMPLOYEE, Role.MANAGER)
ROLES = {
    "announcement": BOTH,
    "invitation": BOTH,
    "moved": BOTH,
    "new-entry": BOTH,
    "old-entry": BOTH,
    "new-host": BOTH,
    "handed-over": BOTH,
    "cancellation": BOTH,
    "opted-out": (Role.EMPLOYEE,),
    "nudge": (Role.EMPLOYEE,),
    "proposal": (Role.MANAGER,),
    "time-kept": BOTH,
    "time-declined": BOTH,
    "hr-help": (Role.HR,),
    "preparation-employee": (Role.EMPLOYEE,),
    "preparation-manager": (Role.MANAGER,),
    "reminder": BOTH,
    "follow-up": BOTH,
    "follow-up-nudge": (Role.EMPLOYEE,),
    "to-confirm": BOTH,
    "agreed": BOTH,
    "due-soon": BOTH,
    "check-in": (Role.EMPLOYEE,),
}
KINDS = {
    "invitation": Kind.MEETING_CREATE,
    "moved": Kind.MEETING_CHANGE,
    "new-entry": Kind.MEETING_CREATE,
    "old-entry": Kind.MEETING_CANCEL,
    "new-host": Kind.MEETING_CREATE,
    "handed-over": Kind.MEETING_CANCEL,
    "cancellation": Kind.MEETING_CANCEL,
    "time-kept": Kind.COUNTER_DECLINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One text as one person gets it."""

    language: str
    name: str
    variant: str
    order: RenderOrder
    composed: Composed

    def __str__(self) -> str:
        return f"{self.language}-{self.name}-{self.variant}"


@cache
def library(language: str = "sv") -> Library:
    return Library(shipped_files(None), default_language=language)


@cache
def examples(language: str) -> tuple[Example, ...]:
    return tuple(_in(language))


def _in(language: str) -> Iterator[Example]:
    for name, roles in ROLES.items():
        for role in roles:
            for variant, cycle, talk, employee, manager in _situations(name):
                order = _order(language, name, role, _Pair(cycle, talk, employee, manager))
                if name in ABOUT_AGREEMENTS | {CHECK_IN}:
                    yield from _about_agreement(language, name, order)
                if name in ABOUT_AGREEMENTS:
                    continue
                yield _example(language, name, f"{role.value}-{variant}", order)
                if variant == "plain" and role is not Role.HR:
                    yield _example(language, name, f"{role.value}-page", replace(order, links=LINKS))
                if name == "proposal":
                    yield from _misfits(language, order)
                elif order.offer is not None:
                    yield from _without_other_times(language, name, order)
    yield from _digests(language)


def _example(language: str, name: str, variant: str, order: RenderOrder) -> Example:
    composed = compose(order, library(language), {})
    return Example(language=language, name=name, variant=variant, order=order, composed=composed)


def _without_other_times(language: str, name: str, order: RenderOrder) -> Iterator[Example]:
    order, role = replace(order, offer=Offer()), order.due.role
    yield _example(language, name, f"{role.value}-no-times", order)
    if role is not Role.HR:
        yield _example(language, name, f"{role.value}-no-times-page", replace(order, links=LINKS))


def _about_agreement(language: str, name: str, order: RenderOrder) -> Iterator[Example]:
    """There are such texts only where there are pages."""
    talk, employee, manager = talk_pair(order)
    role, order = order.due.role, replace(order, links=LINKS)
    noted = the_agreement(talk, language, by=(manager if role is Role.EMPLOYEE else employee).id)
    if name in {AGREED, DUE_SOON, CHECK_IN}:
        noted = confirmed(noted, at=MADE_AT)
    if name == DUE_SOON:
        order = replace(order, due=replace(order.due, key=replace(order.due.key, occasion=STEPS_DUE.isoformat())))
    yield _example(language, name, f"{role.value}-noted-page", replace(order, agreement=noted))
    if name == FOLLOW_UP_NUDGE:
        yield _example(language, name, f"{role.value}-nothing-page", order)
    elif name in {TO_CONFIRM, AGREED}:
        without = replace(order, agreement=replace(noted, actions=()))
        yield _example(language, name, f"{role.value}-without-steps-page", without)


def the_agreement(talk: Talk, language: str, *, by: str) -> Agreement:
    """Three next steps: two of the employee's, one of the manager's, all due on ``STEPS_DUE``."""
    assert talk.start is not None
    first, support, second, third = STEPS[base_of(language)]
    return Agreement(
        round=talk.round,
        talk=talk.id,
        cycle="development",
        employee=talk.employee,
        manager=talk.manager,
        start=talk.start,
        held=True,
        revision=1,
        wording=1,
        written_by=by,
        written_at=MADE_AT,
        actions=(
            Action(number=1, what=first, support=support, responsible=talk.employee, due=STEPS_DUE),
            Action(number=2, what=second, responsible=talk.manager, due=STEPS_DUE),
            Action(number=3, what=third, responsible=talk.employee, due=STEPS_DUE),
        ),
    )


def _misfits(language: str, order: RenderOrder) -> Iterator[Example]:
    for role in BOTH:
        for misfit in Misfit:
            offer = replace(PROPOSED, misfit=misfit, proposal=replace(PROPOSAL, role=role))
            yield _example(language, "proposal", f"manager-{role.value}-{misfit.value}", replace(order, offer=offer))


def _situations(name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """What differs: the cycle, the talk, the employee, the manager."""
    yield "plain", {}, {}, {}, {}
    if name in {"invitation", "preparation-manager", "reminder", "moved"}:
        yield "online", {}, {"place": Place(kind=PlaceKind.ONLINE)}, {}, {}
        yield "room", {}, {"place": Place(kind=PlaceKind.NAMED, name="Björken")}, {}, {}
    if name in {"invitation", "moved"}:
        yield "zones", {}, {}, {}, {"zone": "Europe/Helsinki"}
    if name == "invitation":
        yield "no-mailbox", {}, {}, {"email": None}, {}
    if name == "preparation-employee":
        strategy = {
            "sv": "Vi bygger hållbara hus, och lär av varandra.",
            "en": "We build houses that last.",
            "nb": "Vi bygger hus som varer, og lærer av hverandre.",
            "da": "Vi bygger huse, der holder, og lærer af hinanden.",
            "fi": "Rakennamme kestäviä taloja ja opimme toisiltamme.",
        }
        yield "strategy", {"strategy": strategy, "strategy_link": "https://example.com/strategy"}, {}, {}, {}
    if name == "announcement":
        policy = {
            "sv": "Vår policy finns på intranätet.",
            "en": "Our policy is on the intranet.",
            "nb": "Retningslinjene våre ligger på intranettet.",
            "da": "Vores politik ligger på intranettet.",
            "fi": "Ohjeemme löytyvät intranetistä.",
        }
        yield "policy", {"opt_out_policy": policy}, {}, {}, {}


@dataclass(frozen=True, slots=True)
class _Pair:
    cycle: dict[str, Any]
    talk: dict[str, Any]
    employee: dict[str, Any]
    manager: dict[str, Any]


def _order(language: str, name: str, role: Role, pair: _Pair) -> RenderOrder:
    employee = a_person(
        "1042", **({"name": "Åsa Lindgren", "language": language, "email": "asa@example.com"} | pair.employee)
    )
    manager = a_person("7", **({"name": "Björn Ek", "language": language, "manager": None} | pair.manager))
    round_ = a_round(cycle=the_cycle(language, **pair.cycle))
    talk = a_talk(employee.id, manager=manager.id, start=START, **pair.talk)
    if name == "moved":
        talk = replace(talk, former_start=START - timedelta(days=6, hours=2), revision=1)
    person = employee if role is Role.EMPLOYEE else manager
    about_talk = name != "announcement"
    return RenderOrder(
        due=_due(name, role, f"person:{person.id}", talk.subject if about_talk else f"person:{person.id}"),
        round=round_,
        sender="samtal@example.com",
        transport=Transport.SMTP,
        recipient=hr_recipient(round_.cycle.hr, "SE", {}) if role is Role.HR else person_recipient(person, role, {}),
        made_at=MADE_AT,
        offer=OFFERS.get(name),
        talk=talk if about_talk else None,
        employee=employee if about_talk else None,
        manager=manager if about_talk else None,
        former=replace(manager, id="8", name="Stina Alm") if name in {"new-host", "handed-over"} else None,
        entry=_entry(talk.round, talk.id) if about_talk else None,
    )


def _entry(round_: str, talk: str) -> Entry:
    return Entry(
        round=round_,
        talk=talk,
        number=1,
        uid="uid@example.com",
        sequence=0,
        transport=Transport.SMTP,
        organizer="samtal@example.com",
    )


def the_cycle(language: str, **fields: Any) -> Any:
    hr = Contact(
        name="Eva Lind", email="hr@example.com", telephone="08-555 010 20", language=language, zone="Europe/Stockholm"
    )
    agenda = tuple(AgendaPoint(id=point.id, minutes=point.minutes, leads=Leads(point.leads)) for point in AGENDA)
    return a_cycle(**({"hr": hr, "language": language, "agenda": agenda, "organisation": "Norrsken"} | fields))


def _due(name: str, role: Role, recipient: str, subject: str) -> DueMessage:
    attach = {step.id: step.attach for step in shipped_steps()} | {"preparation-employee": ("agenda", "self-review")}
    return DueMessage(
        key=MessageKey(
            round="development-2027-03", subject=subject, step=name, occasion="", recipient=recipient, version=0
        ),
        kind=KINDS.get(name, Kind.MAIL),
        role=role,
        template=name,
        due_at=MADE_AT,
        expires_at=None,
        why="",
        attach=attach.get(name, ()),
    )


def _digests(language: str) -> Iterator[Example]:
    cycle = the_cycle(language)
    round_ = a_round(cycle=cycle)
    manager = person_recipient(a_person("7", name="Björn Ek", language=language), Role.MANAGER, {})
    names = ("Åsa Lindgren", "Bo Ahl", "Cilla Dahl", "Didrik Ek", "Eva Fors")
    before = (Need.UNDELIVERED, Need.UNPLACED, Need.UNCONFIRMED, Need.PRINT_AGENDA, Need.PREPARE)
    after = (Need.NOT_HELD, Need.FOLLOW_UP, Need.NOT_SETTLED, Need.OVERDUE, Need.OWN_DUE)

    def lines(needs: tuple[Need, ...]) -> tuple[DigestLine, ...]:
        return tuple(
            DigestLine(need=need, person=name, start=START, zone="Europe/Stockholm", talk=name)
            for need, name in zip(needs, names, strict=True)
        )

    talks = (TalkOfTheWeek(employee="Eva Fors", start=START, end=START + timedelta(hours=1), place=Place()),)
    full = ManagerDigest(monday=MONDAY, lines=lines(before), more=3, talks=talks)
    quiet = ManagerDigest(monday=MONDAY, lines=(), more=0, talks=talks)
    held = replace(full, lines=lines(after))
    for variant, digest in (("full", full), ("quiet", quiet), ("held", held)):
        order = RenderOrder(
            due=_due("digest-manager", Role.MANAGER, "person:7", "person:7"),
            round=round_,
            sender="samtal@example.com",
            transport=Transport.SMTP,
            recipient=manager,
            made_at=MADE_AT,
            digest=digest,
        )
        if digest is not held:
            yield _example(language, "digest-manager", variant, order)
        led = replace(digest, lines=tuple(replace(line, link=LINE_PAGE * bool(line.leads_to)) for line in digest.lines))
        yield _example(language, "digest-manager", f"{variant}-page", replace(order, digest=led, links=LINKS))
    hrs = (Need.UNDELIVERED, Need.HELD, Need.UNPLACED, Need.DELETED, Need.NEXT_ROUND)
    counts = {"talks": 36, "placed": 34, "invited": 34, "this-week": 8, "past": 0, "cancelled": 6, "opted-out": 1}
    early = counts | {"unplaced": 2, "held": 0, "not-held": 0, "followed-up": 0, "open": 0, "overdue": 0}
    later = early | {"past": 26, "held": 21, "not-held": 2, "followed-up": 18, "open": 43, "overdue": 4}
    hr = HrDigest(
        monday=MONDAY,
        lines=tuple(DigestLine(need=need, count=2, start=START, zone="Europe/Stockholm") for need in hrs),
        counts=early,
    )
    order = RenderOrder(
        due=_due("digest-hr", Role.HR, "hr", "round"),
        round=round_,
        sender="samtal@example.com",
        transport=Transport.SMTP,
        recipient=hr_recipient(cycle.hr, "SE", {}),
        made_at=MADE_AT,
        digest=hr,
    )
    yield _example(language, "digest-hr", "full", order)
    yield _example(language, "digest-hr", "later", replace(order, digest=replace(hr, counts=later)))
