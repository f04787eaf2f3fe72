"""What a cycle file means."""

from datetime import date, time
from pathlib import Path

from talkcycle.domain.cycle import (
    AgendaPoint,
    Anchor,
    Applies,
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
from talkcycle.domain.messages import BUILT_IN_STEPS
from talkcycle.intake.attachments import attached_files
from talkcycle.intake.cycle_file import read_cycle
from talkcycle.intake.hr_files import read_cycle_and_roster
from talkcycle.intake.shipped_cycle import shipped_minutes
from talkcycle.resources import shipped

LEAST = "window: {first: 2027-03-01, last: 2027-03-26}\nroster: roster.csv\n"

Texts = dict[str, set[str]]


def cycle_of(folder: Path, text: str, templates: Texts) -> Cycle:
    path = folder / "spring.yaml"
    path.write_text(text, encoding="utf-8")
    return read_cycle(path, templates=templates, default_contact="talks@norrsken.example")[0]


def talk_step(id_: str, days: int, to: Recipients, *attach: str, **more: bool | int) -> Step:
    return Step(id=id_, when=When(days=days), to=to, template=id_, attach=attach, **more)  # type: ignore[arg-type]


def test_the_smallest_file_has_a_default_for_everything_else(tmp_path: Path, templates: Texts) -> None:
    path = tmp_path / "spring.yaml"
    path.write_text(LEAST, encoding="utf-8")
    cycle, roster = read_cycle(path, templates=templates, default_contact="talks@norrsken.example")
    assert roster == tmp_path / "roster.csv"
    assert cycle == Cycle(
        id="spring",
        name={},
        organisation="norrsken.example",
        hr=Contact(name="HR", email="talks@norrsken.example", telephone=None, language="sv", zone="Europe/Stockholm"),
        window=Window(first=date(2027, 3, 1), last=date(2027, 3, 26)),
        repeat_months=None,
        language="sv",
        zone="Europe/Stockholm",
        country="SE",
        talk=TalkRules(),
        places={},
        agenda=(
            AgendaPoint(id="previous", minutes=5, leads=Leads.EMPLOYEE),
            AgendaPoint(id="situation", minutes=15, leads=Leads.EMPLOYEE),
            AgendaPoint(id="strategy", minutes=10, leads=Leads.EMPLOYEE),
            AgendaPoint(id="competence", minutes=10, leads=Leads.EMPLOYEE),
            AgendaPoint(id="expectations", minutes=10, leads=Leads.MANAGER),
            AgendaPoint(id="follow-up", minutes=5, leads=Leads.BOTH),
            AgendaPoint(id="summary", minutes=5, leads=Leads.BOTH),
        ),
        strategy={},
        strategy_link=None,
        opt_out_policy={},
        confidentiality={},
        steps=(
            Step(
                id="announcement",
                when=When(days=0, anchor=Anchor.APPROVAL),
                to=Recipients.BOTH,
                template="announcement",
            ),
            talk_step("invitation", -21, Recipients.BOTH, "agenda", calendar=True),
            talk_step("preparation-employee", -10, Recipients.EMPLOYEE, "agenda", "self-review", latest=2),
            talk_step("preparation-manager", -10, Recipients.MANAGER, "agenda", latest=2),
            talk_step("reminder", -2, Recipients.EMPLOYEE, "agenda", again_when_moved=True),
            talk_step("follow-up", 1, Recipients.BOTH),
            talk_step("check-in", 30, Recipients.EMPLOYEE),
        ),
        digests=Digests(),
        notice_days=14,
        earliest_days=21,
        approval_days=5,
        guards=Guards(),
        retention=Retention(),
    )


def test_the_shipped_example_writes_out_what_holds_anyway(tmp_path: Path, templates: Texts) -> None:
    """The example's steps, agenda and rules are the defaults, written out for HR to see."""
    example, roster = read_cycle_and_roster(
        shipped("config") / "cycle.yaml", templates=templates, default_contact="talks@norrsken.example"
    )
    least = cycle_of(tmp_path, LEAST, templates)
    for setting in ("talk", "agenda", "steps", "digests", "notice_days", "earliest_days", "guards", "retention"):
        assert getattr(example, setting) == getattr(least, setting)
    assert example.window == Window(first=date(2027, 3, 8), last=date(2027, 4, 9))
    assert len(roster.people) == 39


def test_every_setting_can_be_written(tmp_path: Path, templates: Texts) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.pdf").write_bytes(b"%PDF")
    cycle = cycle_of(
        tmp_path,
        """
window:
  first: 2027-03-01
  last: 26.3.2027
roster: people.xlsx
name: {en: Talks, Swedish: Samtal}
organisation: 2027 AB
hr: {name: Eva Lind, email: eva@norrsken.example, telephone: 0701234567, language: sv, zone: Europe/Helsinki}
repeat: every 6 months
language: en
zone: europe/london
country: gb-eng
talk: {minutes: 45, buffer: 15, grid: 30, days: [mån, tis-tors], hours: 10-15.30, most_per_day: "3"}
place:
  Stockholm: Room Polstjärnan
  Helsinki: online, https://meet.example/talk
  others: to be agreed
agenda:
  - {id: situation, minutes: 20}
  - id: travel
    title: Travelling
    questions: {en: How is it?, sv: [Hur är det?, Vad mer?]}
strategy: |
  First line.

  Second paragraph.
strategy_link: https://intranet.example/strategy
opt_out_policy: Talk to us.
confidentiality: {en: Between you two.}
steps:
  - {id: invite, when: 3 weeks before, to: both, template: invitation, at: 08:30, calendar: yes, attach: agenda}
  - id: extra
    when: 5 days before the window
    to: hr
    template: reminder
    attach: [docs/guide.pdf]
  - id: last
    when: 1 week after
    to: manager
    template: check-in
    attach: [docs/guide.pdf, agenda]
    applies: {sites: Oslo, countries: [SE, FI], languages: [sv], places: [online], new_employees: true}
digests: {managers: false, hr: true, day: fredag, at: 07:15, most_mails: 3}
notice: 2 weeks
earliest: 30
approval: 3 days
guards: {roster_shrinks: 5%, managers_change: 0.5}
retention: {messages: 7 days, round: 2 weeks, agreed: 1000 days}
""",
        templates,
    )
    assert cycle == Cycle(
        id="spring",
        name={"en": "Talks", "sv": "Samtal"},
        organisation="2027 AB",
        hr=Contact(
            name="Eva Lind",
            email="eva@norrsken.example",
            telephone="0701234567",
            language="sv",
            zone="Europe/Helsinki",
        ),
        window=Window(first=date(2027, 3, 1), last=date(2027, 3, 26)),
        repeat_months=6,
        language="en",
        zone="Europe/London",
        country="GB-ENG",
        talk=TalkRules(
            minutes=45,
            buffer_minutes=15,
            grid_minutes=30,
            days=frozenset({0, 1, 2, 3}),
            hours=(600, 930),
            most_per_day=3,
        ),
        places={
            "Stockholm": Place(kind=PlaceKind.NAMED, name="Room Polstjärnan"),
            "Helsinki": Place(kind=PlaceKind.ONLINE, name="https://meet.example/talk"),
            "*": Place(),
        },
        agenda=(
            AgendaPoint(id="situation", minutes=20, leads=Leads.EMPLOYEE),
            AgendaPoint(
                id="travel",
                minutes=10,
                leads=Leads.BOTH,
                title={"en": "Travelling"},
                questions={"en": ("How is it?",), "sv": ("Hur är det?", "Vad mer?")},
            ),
            AgendaPoint(id="summary", minutes=5, leads=Leads.BOTH),
        ),
        strategy={"en": "First line.\n\nSecond paragraph."},
        strategy_link="https://intranet.example/strategy",
        opt_out_policy={"en": "Talk to us."},
        confidentiality={"en": "Between you two."},
        steps=(
            Step(
                id="invite",
                when=When(days=-21),
                to=Recipients.BOTH,
                template="invitation",
                at=time(8, 30),
                attach=("agenda",),
                calendar=True,
            ),
            Step(
                id="extra",
                when=When(days=-5, anchor=Anchor.WINDOW_START),
                to=Recipients.HR,
                template="reminder",
                attach=("docs/guide.pdf",),
            ),
            Step(
                id="last",
                when=When(days=7),
                to=Recipients.MANAGER,
                template="check-in",
                attach=("docs/guide.pdf", "agenda"),
                applies=Applies(
                    sites=frozenset({"Oslo"}),
                    countries=frozenset({"SE", "FI"}),
                    languages=frozenset({"sv"}),
                    places=frozenset({PlaceKind.ONLINE}),
                    new_employees=True,
                ),
            ),
        ),
        digests=Digests(managers=False, hr=True, day=4, at=time(7, 15), most_mails=3),
        notice_days=14,
        earliest_days=30,
        approval_days=3,
        guards=Guards(roster_shrinks=0.05, managers_change=0.5),
        retention=Retention(payload_days=7, round_days=14, agreed_days=1000),
    )
    assert attached_files(cycle) == ("docs/guide.pdf",)


def test_shipped_steps_can_be_changed_removed_and_added_to(tmp_path: Path, templates: Texts) -> None:
    changes = """
steps:
  change:
    reminder: {when: 3 days before, at: 07:30}
  remove: [check-in, follow-up]
  add:
    - {id: welcome, when: 2 days after approval, to: employee, template: announcement}
"""
    before = {step.id: step for step in cycle_of(tmp_path, LEAST, templates).steps}
    after = {step.id: step for step in cycle_of(tmp_path, LEAST + changes, templates).steps}
    assert [id_ for id_ in before if id_ not in after] == ["follow-up", "check-in"]
    assert {id_: step for id_, step in after.items() if before.get(id_) != step} == {
        "reminder": talk_step("reminder", -3, Recipients.EMPLOYEE, "agenda", again_when_moved=True, at=time(7, 30)),  # type: ignore[arg-type]
        "welcome": Step(
            id="welcome",
            when=When(days=2, anchor=Anchor.APPROVAL),
            to=Recipients.EMPLOYEE,
            template="announcement",
        ),
    }


def test_the_shipped_invitation_goes_out_as_early_as_the_cycle_says(tmp_path: Path, templates: Texts) -> None:
    cycle = cycle_of(tmp_path, LEAST + "earliest: 5 weeks\nnotice: 3 weeks\n", templates)
    assert (cycle.calendar_step.when, cycle.earliest_days) == (When(days=-35), 35)


def test_a_notice_over_the_shipped_invitations_distance_moves_it(tmp_path: Path, templates: Texts) -> None:
    cycle = cycle_of(tmp_path, LEAST + "notice: 28 days\n", templates)
    assert (cycle.calendar_step.when, cycle.earliest_days) == (When(days=-28), 28)


def test_a_cycles_own_steps_say_how_early_the_invitation_goes(tmp_path: Path, templates: Texts) -> None:
    steps = "steps: [{id: invitation, when: 15 days before, to: both, calendar: true}]\n"
    assert cycle_of(tmp_path, LEAST + steps, templates).earliest_days == 15


def test_the_shipped_agenda_fills_a_talk_of_any_length() -> None:
    for minutes in range(15, 241):
        points = shipped_minutes(minutes)
        assert (sum(points.values()), min(points.values()) >= 1) == (minutes, True)
        assert points["situation"] == max(points.values())


def test_a_norwegian_language_is_no_boolean(tmp_path: Path, templates: Texts) -> None:
    cycle = cycle_of(tmp_path, LEAST + "language: no\n", {"nb": templates["sv"]})
    assert cycle.language == "nb"


def test_a_regional_language_is_known_when_its_base_is(tmp_path: Path, templates: Texts) -> None:
    cycle = cycle_of(tmp_path, LEAST + "language: sv-fi\nname: Samtal\n", templates)
    assert (cycle.language, cycle.name) == ("sv_FI", {"sv_FI": "Samtal"})


def test_no_shipped_step_has_a_built_in_name(tmp_path: Path, templates: Texts) -> None:
    assert {step.id for step in cycle_of(tmp_path, LEAST, templates).steps}.isdisjoint(BUILT_IN_STEPS)
