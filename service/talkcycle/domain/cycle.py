"""What HR configures once: the cycle, as it stands after every check. The content brief is the source of the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import PlanningRules, RoomList, SiteRoom, Wishes

Texts = Mapping[str, str]
"""A text per language tag."""

LEAST_NOTICE_DAYS = 7
DEFAULT_NOTICE_DAYS = 14
DEFAULT_EARLIEST_DAYS = 21


class Recipients(StrEnum):
    """To whom a step goes. Of a step about the round, ``both`` means everybody who has a talk in it."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    BOTH = "both"
    HR = "hr"


class Anchor(StrEnum):
    """What a step is counted from. A step about the talk is sent per talk, every other once per person."""

    TALK = "talk"
    APPROVAL = "approval"
    WINDOW_START = "window-start"
    WINDOW_END = "window-end"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A distance in calendar days of the recipient's zone; negative is before the anchor, 0 the same day.

    A step about the talk lies at least a day before it or after it: shifted off a holiday, one of the same day could
    come after what it announces.
    """

    days: int
    anchor: Anchor = Anchor.TALK

    @property
    def before(self) -> bool:
        return self.days < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """The condition under which a step applies; each is about the employee, all given ones must hold.

    Attributes:
        new_employees: True: only who is employed for less than a year on the day of the talk; False: only others.
    """

    sites: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    places: frozenset["PlaceKind"] = frozenset()
    new_employees: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something sent at an offset from a talk, or from the round's approval or window.

    Attributes:
        at: Local time of day in the recipient's zone.
        template: Name of a text, without folder and ending.
        attach: ``agenda`` and ``self-review`` are made per talk; everything else names a file beside the cycle file.
        calendar: This step carries the meeting itself; exactly one step of a cycle does.
        latest: Not sent later than this many days before the talk; None: until the talk begins.
        again_when_moved: Sent anew when the talk has got another time after it went out.
    """

    id: str
    when: When
    to: Recipients
    template: str
    at: time = time(9, 0)
    attach: tuple[str, ...] = ()
    calendar: bool = False
    latest: int | None = None
    again_when_moved: bool = False
    applies: Applies = field(default_factory=Applies)


class Leads(StrEnum):
    """Who leads a point of the agenda."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaPoint:
    """One point. Title and questions that are empty come from the language folder's ``agenda.yaml`` under the same id."""

    id: str
    minutes: int
    leads: Leads
    title: Texts = field(default_factory=dict)
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SUMMARY = "summary"
"""The id of the agenda's last point, always there."""


class PlaceKind(StrEnum):
    """What kind of place a talk has; a room is named."""

    AGREE = "agree"
    ONLINE = "online"
    NAMED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a talk is. *name*: a room or a link when the kind is named or online; None when the two agree it."""

    kind: PlaceKind = PlaceKind.AGREE
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """HR, as people meet it: named in every mail, recipient of HR's digest."""

    name: str
    email: str
    telephone: str | None
    language: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """First and last day of a round, both included; local days of each employee."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkRules:
    """How talks may lie. Days are 0 (Monday) to 6; hours are minutes of the local day of both."""

    minutes: int = 60
    buffer_minutes: int = 30
    grid_minutes: int = 15
    days: frozenset[int] = frozenset(range(5))
    hours: Interval = (9 * 60, 16 * 60)
    most_per_day: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Weekly summaries; *day* is 0 (Monday) to 6, *at* local to the recipient.

    Attributes:
        most_mails: So many mails somebody gets in a week before what can wait does.
    """

    managers: bool = True
    hr: bool = True
    day: int = 0
    at: time = time(8, 0)
    most_mails: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Thresholds that stop a round until HR confirms: shares of the earlier roster, 0 to 1."""

    roster_shrinks: float = 0.1
    managers_change: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days until things are dropped. *agreed_days*: what was agreed, from the talk: the next one opens with it."""

    payload_days: int = 14
    round_days: int = 365
    agreed_days: int = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One cycle, checked and complete: every setting has its value.

    Attributes:
        id: The file's name without its ending.
        name: HR's name of the cycle per language; a title only. Empty: the language folder's own word.
        repeat_months: Months from one window to the next; None for a cycle run once.
        language: Default language; *zone* and *country* likewise are what a person without one gets.
        notice_days: An invitation goes out at least this many calendar days before its talk.
        earliest_days: ... and at most this many, approval permitting.
        approval_days: A plan is made so that it may be approved this many days later without breaking the notice.
        strategy: HR's strategy text per language; may be empty.
        strategy_link: A link to it; may be None.
        opt_out_policy, confidentiality: Replace the shipped lines, per language; may be empty.
        places: Site id to place; the key ``*`` is for everybody else.
        rooms: Site id to its rooms, which the planner gives to talks.
        room_lists: Site id to the list of further rooms, which a mail server is asked for.
    """

    id: str
    name: Texts
    organisation: str
    hr: Contact
    window: Window
    repeat_months: int | None
    language: str
    zone: str
    country: str
    talk: TalkRules
    places: Mapping[str, Place]
    agenda: tuple[AgendaPoint, ...]
    strategy: Texts
    strategy_link: str | None
    opt_out_policy: Texts
    confidentiality: Texts
    steps: tuple[Step, ...]
    digests: Digests
    notice_days: int
    earliest_days: int
    approval_days: int
    guards: Guards
    retention: Retention
    rooms: Mapping[str, tuple[SiteRoom, ...]] = field(default_factory=dict)
    room_lists: Mapping[str, RoomList] = field(default_factory=dict)
    planning: PlanningRules = field(default_factory=PlanningRules)
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def calendar_step(self) -> Step:
        return next(step for step in self.steps if step.calendar)

    def room_at(self, site: str | None, place: Place) -> SiteRoom | None:
        """The room of *site* that *place* names; None where it names none."""
        if site is None or place.kind is not PlaceKind.NAMED:
            return None
        return next((room for room in self.rooms.get(site, ()) if room.name == place.name), None)

    def place_for(self, site: str | None) -> Place:
        """The place of a talk whose employee sits at *site*."""
        if site is not None and site in self.places:
            return self.places[site]
        return self.places.get("*", Place())
