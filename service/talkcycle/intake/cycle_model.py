"""The settings of a cycle file: names, kinds, descriptions and defaults. The schema is made from these."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, create_model

from talkcycle.domain.cycle import DEFAULT_NOTICE_DAYS, LEAST_NOTICE_DAYS, Leads, PlaceKind, Recipients
from talkcycle.domain.cycle import Digests as DigestValues
from talkcycle.domain.cycle import Guards as GuardValues
from talkcycle.domain.cycle import Retention as RetentionValues
from talkcycle.domain.cycle import TalkRules as TalkValues
from talkcycle.intake.planning_model import PlanningSettings, RoomSettings, SiteRoomsSettings, WishSettings
from talkcycle.intake.setting_types import (
    Address,
    BlockTexts,
    Clock,
    Day,
    Days,
    Distance,
    Hours,
    Line,
    Lines,
    LineTexts,
    Link,
    Places,
    Questions,
    Repeat,
    Section,
    Share,
    Slug,
    Weekday,
    Weekdays,
    required,
    setting,
)

NINE = DigestValues().at.replace(hour=9)


class WindowSettings(Section):
    """First and last day on which talks may take place."""

    first: Day = required("First day on which talks may take place.", "2027-03-01")
    last: Day = required("Last day on which talks may take place.", "2027-03-26")


class ContactSettings(Section):
    """HR, as people meet it: named in every mail, and where replies and HR's summary go."""

    name: Line = setting("HR", "Who people reach; a person's name is best.", "Eva Lind, HR", shown="HR")
    email: Address | None = setting(
        None, "Where replies and HR's summary go. Default: the service's mailbox.", "hr@example.com"
    )
    telephone: Line | None = setting(None, "A number to call; every mail names it.", "+46 8 123 45 67")
    language: Line | None = setting(None, "HR's language. Default: the cycle's.", "sv")
    zone: Line | None = setting(None, "HR's time zone. Default: the cycle's.", "Europe/Stockholm")


class TalkSettings(Section):
    """How long talks are and when they may lie."""

    minutes: Annotated[int, Field(ge=15, le=240)] = setting(
        TalkValues().minutes, "Length of a talk, minutes.", 60, shown=60
    )
    buffer: Annotated[int, Field(ge=0, le=120)] = setting(
        TalkValues().buffer_minutes, "Minutes the manager is kept free after a talk: talks run over.", 30, shown=30
    )
    grid: Annotated[int, Field(ge=5, le=60)] = setting(
        TalkValues().grid_minutes, "Talks begin at multiples of this many minutes: 5, 10, 15, 20, 30 or 60.", 15, shown=15
    )
    days: Weekdays = setting(
        TalkValues().days, "Days on which talks may lie.", "mon-thu", ["mon", "wed"], shown="mon-fri"
    )
    hours: Hours = setting(
        TalkValues().hours, "Hours within which talks may lie, local to both.", "09:00-16:00", shown="09:00-16:00"
    )
    most_per_day: Annotated[int, Field(ge=1, le=12)] = setting(
        TalkValues().most_per_day, "Most talks a manager holds a day.", 2, shown=2
    )


class PointSettings(Section):
    """One point of the agenda. What a shipped point leaves out comes with it."""

    id: Slug = required(
        "Shipped: previous, situation, strategy, competence, expectations, follow-up, summary; or your own.", "situation"
    )
    minutes: Annotated[int | None, Field(ge=1, le=240)] = setting(None, "Minutes. Default: as shipped, else 10.", 15)
    leads: Leads | None = setting(None, "Who leads the point. Default: as shipped, else both.", "employee")
    title: LineTexts = setting({}, "Title. A shipped point has its own.", "The year to come", {"sv": "Året som kommer"})
    questions: Questions = setting({}, "Open questions. A shipped point has its own.", ["What do you look forward to?"])


class AppliesSettings(Section):
    """The condition under which a step applies; all that is given must hold. Each is about the employee."""

    sites: Lines = setting([], "Only employees of these sites.", ["Stockholm"])
    countries: Lines = setting([], "Only employees in these countries.", ["SE", "GB-ENG"])
    languages: Lines = setting([], "Only employees with these languages.", ["sv"])
    places: Annotated[list[PlaceKind], Field(max_length=3)] = setting(
        [], "Only talks in this kind of place: agree, online or named.", ["online"]
    )
    new_employees: bool | None = setting(
        None, "true: only who is employed for less than a year; false: only the others.", True
    )


class StepSettings(Section):
    """Something that is sent about a talk or about the round."""

    id: Slug = required("Name of the step: small letters, digits and hyphens.", "reminder")
    when: Distance = required(
        "Calendar days where the recipient is; never a weekend or holiday: earlier before the talk, later after it.",
        "14 days before",
        "1 day after",
        "at approval",
        "3 days after approval",
        "5 days before the window",
        "2 days after the window",
    )
    to: Recipients = required("Who gets it: employee, manager, both or hr.", "employee")
    template: Line | None = setting(None, "The text to send. Default: the one named like the step.", "reminder")
    at: Clock = setting(NINE, "Local time of day where the recipient is.", "09:00", shown="09:00")
    attach: Lines = setting(
        [], "agenda, self-review, or your own files beside this file.", ["agenda", "self-review", "guide.pdf"], shown=[]
    )
    calendar: bool = setting(False, "The step that puts the talk into calendars; exactly one does.", True, shown=False)
    latest: Annotated[int | None, Field(ge=0, le=365)] = setting(
        None, "Not sent later than this many days before the talk. Default: until the talk begins.", 2
    )
    again_when_moved: bool = setting(
        False, "Sent again when the talk has got another time after it went out.", True, shown=False
    )
    applies: AppliesSettings = setting(AppliesSettings(), "When it applies. Default: always.", {"sites": ["London"]})


def _change_of(field: Any) -> Any:
    checked = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return (checked | None, setting(None, field.description, *(field.examples or ())))


if TYPE_CHECKING:
    StepChange = StepSettings
else:
    StepChange = create_model(
        "StepChange",
        __base__=Section,
        __doc__="What is different from the shipped step.",
        **{name: _change_of(field) for name, field in StepSettings.model_fields.items() if name != "id"},
    )


class StepChanges(Section):
    """The shipped steps, with changes."""

    change: dict[str, StepChange] = setting(
        {}, "Settings of shipped steps to change, by id.", {"reminder": {"when": "3 days before"}}
    )
    remove: Lines = setting([], "Ids of shipped steps to leave out.", ["check-in"])
    add: list[StepSettings] = setting(
        [], "Steps of your own.", [{"id": "welcome", "when": "at approval", "to": "employee", "template": "welcome"}]
    )


class DigestSettings(Section):
    """Weekly summaries. No mail where there is nothing to say."""

    managers: bool = setting(DigestValues().managers, "Managers get theirs.", True, shown=True)
    hr: bool = setting(DigestValues().hr, "HR gets its own.", True, shown=True)
    day: Weekday = setting(DigestValues().day, "Day of the week.", "monday", shown="monday")
    at: Clock = setting(DigestValues().at, "Local time of day where the recipient is.", "08:00", shown="08:00")
    most_mails: Annotated[int, Field(ge=1, le=50)] = setting(
        DigestValues().most_mails,
        "Emails to one person in a week before what can wait goes into the summary, or into the next week.",
        5,
        shown=5,
    )


class GuardSettings(Section):
    """Changes of the roster that stop a round until HR confirms them."""

    roster_shrinks: Share = setting(GuardValues().roster_shrinks, "Share of people who have gone.", "10%", shown="10%")
    managers_change: Share = setting(
        GuardValues().managers_change, "Share of people with another manager.", "20%", shown="20%"
    )


class RetentionSettings(Section):
    """How long things are kept."""

    messages: Days = setting(
        RetentionValues().payload_days, "The exact text of each message, after it was sent.", "14 days", shown="14 days"
    )
    round: Days = setting(RetentionValues().round_days, "A round, after its end.", "365 days", shown="365 days")
    agreed: Days = setting(
        RetentionValues().agreed_days,
        "What two have agreed, from their talk; the next one opens with it. Never shorter than its round.",
        "730 days",
        shown="730 days",
    )


class CycleSettings(Section):
    """A cycle of talks between employees and their managers. Only `window` and `roster` have no default."""

    window: WindowSettings = required("The days of the round.", {"first": "2027-03-01", "last": "2027-03-26"})
    roster: Line = required("The people: a CSV or XLSX file, its path counted from this file.", "roster.csv")
    name: LineTexts = setting(
        {}, "HR's name of the cycle, a title only. Default: the language's own word.", {"sv": "Medarbetarsamtal"}
    )
    organisation: Line | None = setting(
        None, "The organisation's name. Default: the domain of the service's mailbox.", "Norrsken Konsult AB"
    )
    hr: ContactSettings = setting(ContactSettings(), "HR, named in every mail.", {"name": "Eva Lind, HR"})
    repeat: Repeat = setting(None, "How often the window returns.", "once", "every 6 months", "every year", shown="once")
    language: Line = setting("sv", "Default language: of whom the roster gives none.", "sv", "en", shown="sv")
    zone: Line = setting(
        "Europe/Stockholm",
        "Default time zone: of whom the roster gives none.",
        "Europe/Helsinki",
        shown="Europe/Stockholm",
    )
    country: Line = setting("SE", "Default country, whose public holidays hold.", "FI", "GB-ENG", shown="SE")
    talk: TalkSettings = setting(TalkSettings(), "How long talks are and when they may lie.", {"minutes": 45})
    place: Places = setting(
        {},
        "Where talks are: to be agreed, online (and a link), or a room; or one of these per site, `others` for the rest.",
        "to be agreed",
        "online",
        {"Stockholm": "Room Polstjärnan", "others": "online"},
        shown="to be agreed",
    )
    rooms: dict[str, list[RoomSettings] | SiteRoomsSettings] = setting(
        {},
        "Rooms for talks, by site: listed here, or a room list of Exchange. Where there is none for a talk, its place "
        "is the one under `place`.",
        {"Stockholm": [{"name": "Vättern", "seats": 4}, {"name": "Mälaren", "seats": 2}]},
        {"Stockholm": {"list": "rooms-stockholm@example.com"}},
    )
    planning: PlanningSettings = setting(PlanningSettings(), "What a good plan is.", {"cascade": "soft"})
    wishes: WishSettings = setting(
        WishSettings(),
        "What you decide about single talks: times that are settled, times without talks, and who does not talk.",
        {"pin": [{"employee": "1002", "at": "2027-03-10 10:00"}]},
    )
    agenda: list[PointSettings] | None = setting(
        None,
        "The agenda's points; the summary is always last. Default: the shipped agenda.",
        [{"id": "situation", "minutes": 20}],
    )
    strategy: BlockTexts = setting(
        {}, "What the organisation wants to reach, for everybody to relate to.", "We want to ..."
    )
    strategy_link: Link | None = setting(None, "Where the strategy can be read.", "https://intranet.example/strategy")
    opt_out_policy: BlockTexts = setting({}, "The organisation's own words on opting out.", "Talk to HR if ...")
    confidentiality: BlockTexts = setting(
        {}, "Replaces the shipped line on confidentiality.", "Notes may be public records."
    )
    steps: list[StepSettings] | StepChanges | None = setting(
        None,
        "What is sent when: the whole list, or changes to the shipped steps. Default: the shipped steps.",
        {"change": {"reminder": {"when": "3 days before"}}, "remove": ["check-in"]},
    )
    digests: DigestSettings = setting(DigestSettings(), "Weekly summaries.", {"day": "tuesday"})
    notice: Days = setting(
        DEFAULT_NOTICE_DAYS,
        f"An invitation goes out at least this long before its talk; never under {LEAST_NOTICE_DAYS} days.",
        "14 days",
        shown="14 days",
    )
    earliest: Days | None = setting(
        None,
        "And at most this long before. Default: as the step with the calendar entry says, 21 days as shipped.",
        "21 days",
    )
    approval: Days = setting(5, "A plan can be approved this long after it was made.", "5 days", shown="5 days")
    guards: GuardSettings = setting(GuardSettings(), "When a changed roster stops the round.", {"roster_shrinks": "5%"})
    retention: RetentionSettings = setting(RetentionSettings(), "How long things are kept.", {"round": "365 days"})
