"""A small round with one talk to render, and small templates in Swedish."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from talkcycle.domain.cycle import (
    AgendaPoint,
    Anchor,
    Contact,
    Cycle,
    Digests,
    Guards,
    Leads,
    Place,
    PlaceKind,
    Recipients,
    Retention,
    Step,
    TalkRules,
    When,
    Window,
)
from talkcycle.domain.derive import hr_recipient, person_recipient
from talkcycle.domain.messages import DueMessage, Kind, MessageKey
from talkcycle.domain.people import Person, Role
from talkcycle.domain.routes import Transport
from talkcycle.domain.talks import Entry, Round, Talk, TalkState
from talkcycle.rendering.library import MAILS
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.template_files import shipped_files

POINTS = (
    ("previous", 5, Leads.EMPLOYEE),
    ("situation", 15, Leads.EMPLOYEE),
    ("strategy", 10, Leads.EMPLOYEE),
    ("competence", 10, Leads.EMPLOYEE),
    ("expectations", 10, Leads.MANAGER),
    ("follow-up", 5, Leads.BOTH),
    ("summary", 5, Leads.BOTH),
)
APPROVED = datetime(2027, 2, 1, 9, tzinfo=UTC)

CYCLE = Cycle(
    id="development",
    name={"sv": "Medarbetarsamtal 2027"},
    organisation="Norrsken AB",
    hr=Contact(
        name="Maria Åkesson",
        email="hr@norrsken.example",
        telephone="+46 8 123 45 67",
        language="sv",
        zone="Europe/Stockholm",
    ),
    window=Window(first=date(2027, 3, 1), last=date(2027, 4, 30)),
    repeat_months=12,
    language="sv",
    zone="Europe/Stockholm",
    country="SE",
    talk=TalkRules(),
    places={"*": Place(kind=PlaceKind.NAMED, name="Rum Tärnan, plan 3")},
    agenda=tuple(AgendaPoint(id=id_, minutes=minutes, leads=leads) for id_, minutes, leads in POINTS),
    strategy={},
    strategy_link=None,
    opt_out_policy={},
    confidentiality={},
    steps=(
        Step(
            id="invitation",
            when=When(days=-21, anchor=Anchor.TALK),
            to=Recipients.BOTH,
            template="invitation",
            attach=("agenda",),
            calendar=True,
        ),
    ),
    digests=Digests(),
    notice_days=14,
    earliest_days=21,
    approval_days=3,
    guards=Guards(),
    retention=Retention(),
)
ROUND = Round(
    id="development-2027-03",
    cycle=CYCLE,
    roster="r1",
    holidays={},
    approved_at=APPROVED,
    approved_by="hr",
    seed="5eed",
    plan="plan",
)
EMPLOYEE = Person(
    id="e1",
    name="Åsa Lindqvist",
    email="asa@norrsken.example",
    manager="m1",
    language="sv",
    zone="Europe/Stockholm",
    country="SE",
)
MANAGER = Person(
    id="m1",
    name="Björn Öberg",
    email="bjorn@norrsken.example",
    manager=None,
    language="sv",
    zone="Europe/Stockholm",
    country="SE",
)
TALK = Talk(
    round=ROUND.id,
    id="e1",
    employee="e1",
    manager="m1",
    start=datetime(2027, 3, 9, 13, 30, tzinfo=UTC),
    minutes=60,
    buffer_minutes=30,
    zone="Europe/Stockholm",
    place=Place(kind=PlaceKind.NAMED, name="Rum Tärnan, plan 3"),
    state=TalkState.PLACED,
    changed_at=APPROVED,
)
ENTRY = Entry(
    round=ROUND.id,
    talk="e1",
    number=1,
    uid="0f0e9a52-talk@norrsken.example",
    sequence=0,
    transport=Transport.SMTP,
    organizer="samtal@norrsken.example",
)

OrderFor = Callable[..., RenderOrder]


def make_order(
    template: str = "invitation",
    *,
    role: Role = Role.EMPLOYEE,
    kind: Kind = Kind.MAIL,
    attach: tuple[str, ...] = (),
    round_: Round = ROUND,
    talk: Talk | None = TALK,
    employee: Person = EMPLOYEE,
    manager: Person = MANAGER,
    entry: Entry | None = ENTRY,
    **more: Any,
) -> RenderOrder:
    recipient = (
        hr_recipient(round_.cycle.hr, "SE", {})
        if role is Role.HR
        else person_recipient(employee if role is Role.EMPLOYEE else manager, role, {})
    )
    order = RenderOrder(
        due=DueMessage(
            key=MessageKey(
                round=round_.id,
                subject=talk.subject if talk else recipient.key,
                step=template,
                occasion="",
                recipient=recipient.key,
                version=0,
            ),
            kind=kind,
            role=role,
            template=template,
            due_at=APPROVED,
            expires_at=None,
            why="",
            attach=attach,
        ),
        round=round_,
        sender="samtal@norrsken.example",
        transport=Transport.SMTP,
        recipient=recipient,
        made_at=datetime(2027, 2, 12, 8, 0, tzinfo=UTC),
        talk=talk,
        employee=employee if talk else None,
        manager=manager if talk else None,
        entry=entry if talk else None,
    )
    return replace(order, **more)


WORDS = """\
language_name: svenska
calendar_title: Samtal
cycle_name: Medarbetarsamtal
place_agree: ni bestämmer plats
place_online: på nätet
confidentiality: "Det ni säger stannar mellan er."
opt_out: "Du kan avstå. Skriv till [{{ hr_email }}](mailto:{{ hr_email }})."
opt_out_line: "Vill du avstå? Skriv till {{ hr_email }}."
footer: "{{ hr_name }}, [{{ hr_email }}](mailto:{{ hr_email }}){% if hr_telephone %}, {{ hr_telephone }}{% endif %}"
agenda_file: Samtalspunkter
self_review_file: Egna tankar inför samtalet
invitation_file: Inbjudan
hr_sender: "HR, {{ organisation }}"
"""
AGENDA = """\
title: Samtalspunkter
employee: Medarbetare
manager: Chef
when: När
where: Var
minutes: min
leads: {employee: Medarbetaren leder, manager: Chefen leder, both: Ni båda}
in_calendar: Se kalendern
speaks_first: Medarbetaren börjar.
ground_rules: Håll er till saken och visa respekt.
footer: Papperet är ert.
strategy_heading: Dit vi är på väg
points:
  previous: {title: Sedan sist, questions: [Hur gick det vi kom överens om?]}
  situation: {title: Läget nu, questions: [Vad ger dig energi?, När längtar du till jobbet?]}
  strategy: {title: Vart vi är på väg, questions: [Vad vill du bidra med?]}
  competence: {title: Det du kan, questions: [Vad vill du lära dig mer om?]}
  expectations: {title: Förväntningar, questions: [Vad är otydligt?]}
  follow-up: {title: Nästa steg, questions: ['Vad, vem och när?']}
  summary: {title: Sammanfattning, questions: []}
"""
SELF_REVIEW = """\
title: Egna tankar inför samtalet
intro: Ta den tid du behöver.
note: Ingen samlar in det här.
prompts: [Vad är du nöjd med?, Vad vill du lära dig mer om?, Vad behöver du?]
footer: Papperet är ditt.
"""
INVITATION = """\
---
subject: Samtal {{ short_date }} med {{ other_name }}
preheader: Tid och plats för ert samtal, och några punkter att tänka på
variables: [recipient_name, other_name, short_date, date_time, place, agenda_points, is_manager, opt_out_line]
---
{# brief: E4 L1 #}
Hej {{ recipient_name }}!

Ni har en tid för ert samtal, {{ other_name }} och du.

> **När:** {{ date_time }}\\
> **Var:** {{ place }}

{% for point in agenda_points %}
- {{ point.title }} ({{ point.minutes }} min)
{% endfor %}

{% if is_manager %}
Tack för att du tar dig tid.
{% endif %}
{{ opt_out_line }}

Vänliga hälsningar\\
HR
"""
OTHER = """\
---
subject: Hej {{ recipient_name }}
preheader: En rad från HR
variables: [recipient_name]
---
{# brief: MUSTNOT #}
Hej {{ recipient_name }}!
"""


def mini_templates() -> dict[str, bytes]:
    """Swedish templates, small and complete, in the shipped layout."""
    layout = {path: data for path, data in shipped_files(None).items() if path.count("/") == 1}
    swedish = {
        "words.yaml": WORDS,
        "agenda.yaml": AGENDA,
        "self-review.yaml": SELF_REVIEW,
        "invitation.md": INVITATION,
        **{f"{name}.md": OTHER for name in MAILS if name != "invitation"},
    }
    return layout | {f"templates/sv/{name}": text.encode() for name, text in swedish.items()}
