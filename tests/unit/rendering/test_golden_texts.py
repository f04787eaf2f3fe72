"""Every shipped text in every language, as people get it. Rewrite the files with GOLDEN=write and read the difference."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader

from rendering_round import CYCLE, EMPLOYEE, ENTRY, MANAGER, ROUND, TALK, make_order
from talkcycle.domain.agreements import Agreement
from talkcycle.domain.answer_messages import Misfit, Offer
from talkcycle.domain.answers import Proposal
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.digests import DigestLine, HrDigest, ManagerDigest, Need, TalkOfTheWeek
from talkcycle.domain.follow_ups import NEXT_STEPS
from talkcycle.domain.messages import DUE_SOON, FOLLOW_UP_NUDGE, TO_CONFIRM, Kind
from talkcycle.domain.people import Role
from talkcycle.rendering.library import MAILS, Library
from talkcycle.rendering.message import Composed, compose, render
from talkcycle.rendering.order import PersonLinks, RenderOrder
from talkcycle.rendering.template_faults import faults_of, warnings_of
from talkcycle.rendering.template_files import shipped_files
from talkcycle.rendering.values import talk_pair
from talkcycle.rounds.example_agreement import example_agreement

GOLDEN = Path(__file__).parents[2] / "golden"
LIBRARY = Library(shipped_files(None), default_language="en")
LANGUAGES = sorted(LIBRARY.languages)
EACH_LANGUAGE = pytest.mark.parametrize(
    "language", [pytest.param(each, marks=pytest.mark.xdist_group(f"texts {each}")) for each in LANGUAGES]
)

STRATEGY = {
    "sv": "Vi ska vara **den lokala banken** i varje ort vi finns i.",
    "en": "We want to be **the local bank** in every town we are in.",
    "nb": "Vi vil være **den lokale banken** overalt der vi er.",
    "da": "Vi vil være **den lokale bank** overalt, hvor vi er.",
    "fi": "Haluamme olla **paikallinen pankki** kaikkialla, missä olemme.",
}
MONDAY = date(2027, 3, 8)
PAGES = "https://talks.norrsken.example"
PAGE = f"{PAGES}/q2Xk0c7n_Wg4d-example"
LINKS = PersonLinks(page=PAGE, follow_up=f"{PAGES}/f0llow_up-example", actions=f"{PAGES}/ac7ions-example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One text as one person gets it. *name*: of its golden file."""

    name: str
    template: str
    role: Role
    kind: Kind = Kind.MAIL
    attach: tuple[str, ...] = ()
    about_talk: bool = True
    moved: bool = False
    elsewhere: bool = False
    online: bool = False
    to_agree: bool = False
    no_mailbox: bool = False
    former: bool = False
    page: bool = False
    no_times: bool = False
    noted: bool = False
    no_steps: bool = False


CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
AGENDA, BOTH_SHEETS, DAYS = ("agenda",), ("agenda", "self-review"), (NEXT_STEPS,)
EMPLOYEES, MANAGERS = Role.EMPLOYEE, Role.MANAGER
CASES = (
    Case(name="announcement-employee", template="announcement", role=EMPLOYEES, about_talk=False),
    Case(name="announcement-manager", template="announcement", role=MANAGERS, about_talk=False),
    Case(name="invitation-employee", template="invitation", role=EMPLOYEES, kind=CREATE, attach=AGENDA),
    Case(name="invitation-manager", template="invitation", role=MANAGERS, kind=CREATE, attach=AGENDA),
    Case(name="invitation-elsewhere", template="invitation", role=MANAGERS, kind=CREATE, elsewhere=True, online=True),
    Case(name="invitation-no-mailbox", template="invitation", role=MANAGERS, no_mailbox=True, to_agree=True),
    Case(name="invitation-employee-page", template="invitation", role=EMPLOYEES, kind=CREATE, attach=AGENDA, page=True),
    Case(name="invitation-manager-page", template="invitation", role=MANAGERS, kind=CREATE, attach=AGENDA, page=True),
    Case(name="moved-employee", template="moved", role=EMPLOYEES, kind=CHANGE, attach=AGENDA, moved=True),
    Case(name="moved-manager", template="moved", role=MANAGERS, kind=CHANGE, attach=AGENDA, moved=True),
    Case(name="new-entry-employee", template="new-entry", role=EMPLOYEES, kind=CREATE, attach=AGENDA),
    Case(name="new-host-employee", template="new-host", role=EMPLOYEES, kind=CREATE, attach=AGENDA, former=True),
    Case(name="new-host-later", template="new-host", role=EMPLOYEES, kind=CREATE, former=True, moved=True),
    Case(name="new-host-manager", template="new-host", role=MANAGERS, kind=CREATE, attach=AGENDA, former=True),
    Case(name="handed-over-employee", template="handed-over", role=EMPLOYEES, kind=CANCEL, former=True),
    Case(name="handed-over-manager", template="handed-over", role=MANAGERS, kind=CANCEL, former=True),
    Case(name="opted-out-employee", template="opted-out", role=EMPLOYEES),
    Case(name="opted-out-employee-page", template="opted-out", role=EMPLOYEES, page=True),
    Case(name="nudge-employee", template="nudge", role=EMPLOYEES),
    Case(name="nudge-employee-page", template="nudge", role=EMPLOYEES, page=True),
    Case(name="proposal", template="proposal", role=MANAGERS),
    Case(name="proposal-page", template="proposal", role=MANAGERS, page=True),
    Case(name="time-kept-employee", template="time-kept", role=EMPLOYEES, kind=Kind.COUNTER_DECLINED),
    Case(name="time-declined-employee", template="time-declined", role=EMPLOYEES),
    Case(name="time-declined-employee-page", template="time-declined", role=EMPLOYEES, page=True),
    Case(name="time-declined-no-times", template="time-declined", role=EMPLOYEES, no_times=True),
    Case(name="time-declined-manager", template="time-declined", role=MANAGERS),
    Case(name="hr-help", template="hr-help", role=Role.HR),
    Case(name="old-entry-employee", template="old-entry", role=EMPLOYEES, kind=CANCEL),
    Case(name="cancellation-employee", template="cancellation", role=EMPLOYEES, kind=CANCEL),
    Case(name="cancellation-manager", template="cancellation", role=MANAGERS, kind=CANCEL),
    Case(name="preparation-employee", template="preparation-employee", role=EMPLOYEES, attach=BOTH_SHEETS),
    Case(name="preparation-manager", template="preparation-manager", role=MANAGERS),
    Case(name="preparation-manager-page", template="preparation-manager", role=MANAGERS, page=True),
    Case(name="reminder-employee", template="reminder", role=EMPLOYEES, attach=AGENDA),
    Case(name="reminder-to-agree", template="reminder", role=MANAGERS, attach=AGENDA, to_agree=True),
    Case(name="follow-up-employee", template="follow-up", role=EMPLOYEES),
    Case(name="follow-up-manager", template="follow-up", role=MANAGERS),
    Case(name="follow-up-employee-page", template="follow-up", role=EMPLOYEES, page=True),
    Case(name="follow-up-nudge-employee", template="follow-up-nudge", role=EMPLOYEES, page=True),
    Case(name="follow-up-nudge-to-confirm", template="follow-up-nudge", role=EMPLOYEES, page=True, noted=True),
    Case(name="to-confirm-employee", template="to-confirm", role=EMPLOYEES, page=True, noted=True),
    Case(name="to-confirm-no-steps", template="to-confirm", role=EMPLOYEES, page=True, noted=True, no_steps=True),
    Case(name="agreed-employee", template="agreed", role=EMPLOYEES, page=True, noted=True, attach=DAYS),
    Case(name="agreed-manager", template="agreed", role=MANAGERS, page=True, noted=True, attach=DAYS),
    Case(name="agreed-no-steps", template="agreed", role=MANAGERS, page=True, noted=True, no_steps=True),
    Case(name="due-soon-employee", template="due-soon", role=EMPLOYEES, page=True, noted=True),
    Case(name="due-soon-manager", template="due-soon", role=MANAGERS, page=True, noted=True),
    Case(name="check-in-employee", template="check-in", role=EMPLOYEES),
    Case(name="check-in-employee-page", template="check-in", role=EMPLOYEES, page=True, noted=True),
    Case(name="digest-manager", template="digest-manager", role=MANAGERS, about_talk=False),
    Case(name="digest-manager-page", template="digest-manager", role=MANAGERS, about_talk=False, page=True),
    Case(name="digest-hr", template="digest-hr", role=Role.HR, about_talk=False),
)
ONLY_WITH_PAGES = frozenset({Need.NOT_HELD, Need.FOLLOW_UP, Need.NOT_SETTLED, Need.OVERDUE, Need.OWN_DUE})
TRACES = ("{{", "{%", "{#", "**", "](", "\\", "None", "()", " ,", " .", "<", ">")


def order_of(case: Case, language: str) -> RenderOrder:
    hr = replace(CYCLE.hr, language=language)
    places = {"online": Place(kind=PlaceKind.ONLINE, name="https://meet.example/abc"), "agree": Place()}
    cycle = replace(CYCLE, name={}, hr=hr, strategy=STRATEGY, strategy_link="https://norrsken.example/strategi")
    employee = replace(EMPLOYEE, language=language, email=None if case.no_mailbox else EMPLOYEE.email)
    zone = "Europe/London" if case.elsewhere else MANAGER.zone
    talk = replace(
        TALK,
        place=places["online"] if case.online else places["agree"] if case.to_agree else TALK.place,
        former_start=datetime(2027, 3, 5, 9, 0, tzinfo=UTC) if case.moved else None,
    )
    order = make_order(
        case.template,
        role=case.role,
        kind=case.kind,
        attach=case.attach,
        round_=replace(ROUND, cycle=cycle),
        talk=talk if case.about_talk else None,
        employee=employee,
        manager=replace(MANAGER, language=language, zone=zone),
        entry=replace(ENTRY, sequence=int(case.kind is not CREATE)),
        former=replace(MANAGER, id="m0", name="Stina Alm", language=language) if case.former else None,
    )
    agreement = agreement_of(case, order)
    if case.template == DUE_SOON and agreement is not None:
        (own,) = agreement.open_for(order.recipient.key.removeprefix("person:"))
        order = replace(order, due=replace(order.due, key=replace(order.due.key, occasion=own.due.isoformat())))
    links = LINKS if case.page else PersonLinks()
    return replace(order, digest=digest_of(case), offer=offer_of(case), agreement=agreement, links=links)


def agreement_of(case: Case, order: RenderOrder) -> Agreement | None:
    if not case.noted:
        return None
    agreement = example_agreement(order.round, *talk_pair(order))
    if case.template in {TO_CONFIRM, FOLLOW_UP_NUDGE}:
        agreement = replace(agreement, confirmed_at=None)
    return replace(agreement, actions=()) if case.no_steps else agreement


def offer_of(case: Case) -> Offer | None:
    if case.template == "proposal":
        start, made = datetime(2027, 3, 11, 9, tzinfo=UTC), datetime(2027, 2, 12, 8, tzinfo=UTC)
        other = Proposal(role=Role.EMPLOYEE, since=made, span=(start, start + timedelta(hours=1)))
        return Offer(proposal=other, misfit=Misfit.BUSY, keeps_at=made + timedelta(days=5))
    if case.template not in {"time-declined", "hr-help"}:
        return None
    starts = [] if case.no_times else [datetime(2027, 3, day, 9, tzinfo=UTC) for day in (16, 18, 17)]
    help_at = None if case.no_times else datetime(2027, 2, 17, 8, tzinfo=UTC)
    return Offer(times=tuple((start, start + timedelta(hours=1)) for start in starts), help_at=help_at)


def digest_of(case: Case) -> ManagerDigest | HrDigest | None:
    start, end = datetime(2027, 3, 9, 13, 30, tzinfo=UTC), datetime(2027, 3, 9, 14, 30, tzinfo=UTC)
    zone = "Europe/Stockholm"
    match case.template:
        case "digest-manager":
            needs = [need for need in Need if need not in {Need.NEXT_ROUND, Need.DELETED}]
            lines = [DigestLine(need=need, person="Åsa Lindqvist", start=start, zone=zone, talk="e1") for need in needs]
            if case.page:
                lines = [replace(line, link=f"{PAGES}/{line.need.value}" * bool(line.leads_to)) for line in lines]
            else:
                lines = [line for line in lines if line.need not in ONLY_WITH_PAGES]
            talks = (
                TalkOfTheWeek(employee="Åsa Lindqvist", start=start, end=end, place=TALK.place),
                TalkOfTheWeek(employee="Ömer Ek", start=start, end=end, place=Place()),
            )
            return ManagerDigest(monday=MONDAY, lines=tuple(lines), more=2, talks=talks)
        case "digest-hr":
            lines = [
                DigestLine(need=need, count=2) for need in (Need.UNDELIVERED, Need.HELD, Need.UNPLACED, Need.DELETED)
            ]
            lines.append(DigestLine(need=Need.NEXT_ROUND, start=datetime(2027, 9, 1, 10, tzinfo=UTC), zone=zone))
            names = (
                *("talks", "placed", "invited", "this-week", "past", "cancelled", "opted-out", "unplaced"),
                *("held", "not-held", "followed-up", "open", "overdue"),
            )
            return HrDigest(monday=MONDAY, lines=tuple(lines), counts=dict(zip(names, range(40, 27, -1), strict=True)))
        case _:
            return None


@cache
def composed_of(case: Case, language: str) -> Composed:
    return compose(order_of(case, language), LIBRARY, {})


def as_text(composed: Composed) -> str:
    files = "".join(f"File: {name}\n" for name, _, _ in composed.files)
    return f"Subject: {composed.subject}\nPreheader: {composed.preheader}\n{files}\n{composed.text}"


def written(language: str) -> Iterator[tuple[str, bytes]]:
    """Every golden file of *language* with what it should hold."""
    for case in CASES:
        composed = composed_of(case, language)
        yield f"{language}/{case.name}.txt", as_text(composed).encode()
        if composed.calendar is not None and case.role is Role.EMPLOYEE:
            yield f"{language}/{case.name}.ics", composed.calendar
        if case.name == "agreed-employee":
            yield f"{language}/next-steps.ics", composed.files[0][2]
        if case.attach != BOTH_SHEETS:
            continue
        for attached, (_, _, data) in zip(case.attach, composed.files, strict=True):
            text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
            yield f"{language}/{attached}.pdf.txt", f"{text.strip()}\n".encode()
    whole = next(case for case in CASES if case.name == "follow-up-employee")
    yield f"{language}/{whole.name}.html", composed_of(whole, language).html.encode()
    yield f"{language}/{whole.name}.eml", render(order_of(whole, language), LIBRARY, {}).payload


@EACH_LANGUAGE
def test_every_text_is_as_it_was_read_and_approved(language: str) -> None:
    now = dict(written(language))

    if os.environ.get("GOLDEN") == "write":
        for name, data in now.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes(data)

    kept = {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in (GOLDEN / language).iterdir()}
    assert {name: data.decode() for name, data in kept.items()} == {name: data.decode() for name, data in now.items()}


def test_every_shipped_mail_is_among_the_cases() -> None:
    assert {case.template for case in CASES} == set(MAILS) == LIBRARY.names


def test_the_shipped_texts_have_no_faults() -> None:
    assert (faults_of(LIBRARY), warnings_of(LIBRARY)) == ((), ())


@EACH_LANGUAGE
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_text_leaves_a_trace_of_markup_or_an_empty_value(case: Case, language: str) -> None:
    composed = composed_of(case, language)

    text = f"{composed.subject}\n{composed.preheader}\n{composed.text}"
    assert [trace for trace in TRACES if trace in text] == []
