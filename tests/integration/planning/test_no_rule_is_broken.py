"""Plans for random companies, judged with plain date arithmetic that shares nothing with the planner."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.cycle import Cycle, TalkRules, Window
from talkcycle.domain.people import OFFICE_WEEK, Absence, Person, WeekHours
from talkcycle.domain.plan import PlannedTalk
from talkcycle.planning.build import instance_of, planned_talks
from talkcycle.planning.instance import Plan
from talkplan_tools import solved

ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)
WEEKS: tuple[WeekHours, ...] = (
    OFFICE_WEEK,
    (((8 * 60, 12 * 60),),) * 5 + ((),) * 2,
    (((8 * 60 + 10, 16 * 60 + 50),),) * 5 + ((),) * 2,
    (((9 * 60 + 35, 11 * 60 + 5),),) * 5 + ((),) * 2,
    (((7 * 60, 11 * 60 + 30), (13 * 60, 19 * 60)),) * 6 + ((),),
    ((), ((9 * 60, 15 * 60),), (), ((9 * 60, 15 * 60),), (), (), ()),
    (((0, 5 * 60), (12 * 60, 1440)),) * 7,
    ((),) * 7,
)
NEAR_A_CLOCK_CHANGE = (
    date(2027, 3, 8),  # America on the 14th, Europe on the 28th
    date(2026, 10, 19),  # Europe on the 25th, America on 1 November
    date(2027, 3, 30),  # Auckland and Lord Howe on 4 April
    date(2026, 9, 22),  # Auckland on the 27th, Lord Howe on 4 October
)


@st.composite
def rules(draw: st.DrawFn) -> TalkRules:
    return TalkRules(
        minutes=draw(st.sampled_from((30, 50, 60, 90))),
        buffer_minutes=draw(st.sampled_from((0, 15, 20, 30))),
        grid_minutes=draw(st.sampled_from((5, 15, 30))),
        days=draw(st.sampled_from((frozenset(range(5)), frozenset(range(7)), frozenset({1, 6})))),
        hours=draw(st.sampled_from(((540, 960), (0, 1440), (480, 1080), (600, 690)))),
        most_per_day=draw(st.integers(1, 3)),
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    first = draw(st.sampled_from(NEAR_A_CLOCK_CHANGE)) + timedelta(days=draw(st.integers(-3, 3)))
    return Window(first=first, last=first + timedelta(days=draw(st.integers(0, 25))))


@st.composite
def companies(draw: st.DrawFn, window: Window) -> Mapping[str, Person]:
    """Mostly one big team, so that days fill up; managers are employees of others."""
    people = {}
    for number in range(draw(st.integers(2, 14))):
        above = draw(st.sampled_from((0, 0, 0, max(0, number - 1), number // 2)))
        absences = draw(st.lists(st.tuples(st.integers(-3, 25), st.integers(0, 9)), max_size=2))
        zone = draw(st.sampled_from(ZONES)) if draw(st.integers(0, 3)) == 0 else ZONES[0]
        people[f"P{number}"] = Person(
            id=f"P{number}",
            name="Somebody",
            email=None,
            manager=f"P{above}" if number else None,
            language="en",
            zone=zone,
            country=draw(st.sampled_from(("SE", "US", "??"))),
            hours=draw(st.sampled_from(WEEKS)) if draw(st.integers(0, 2)) == 0 else OFFICE_WEEK,
            starts=draw(st.sampled_from((None, None, None, window.first + timedelta(days=4)))),
            ends=draw(st.sampled_from((None, None, None, window.last - timedelta(days=4)))),
            absences=tuple(
                Absence(first=window.first + timedelta(days=at), last=window.first + timedelta(days=at + length))
                for at, length in absences
            ),
            excluded=draw(st.sampled_from((None, None, None, None, "on a sabbatical"))),
        )
    return people


HOLIDAYS = {
    "SE": frozenset({date(2027, 3, 26), date(2027, 3, 29), date(2026, 10, 31)}),
    "US": frozenset({date(2026, 10, 12), date(2026, 11, 11)}),
}


@settings(max_examples=60)
@given(data=st.data())
def test_a_plan_breaks_no_rule_and_forgets_nobody(data: st.DataObject, cycle: Callable[..., Cycle]) -> None:
    window, talk = data.draw(windows()), data.draw(rules())
    notice = data.draw(st.sampled_from((7, 14)))
    today = window.first - timedelta(days=data.draw(st.integers(0, 20)))
    people = data.draw(companies(window))
    names = ("minutes", "buffer_minutes", "grid_minutes", "days", "hours", "most_per_day")
    asked = cycle(window, notice_days=notice, **{name: getattr(talk, name) for name in names})

    instance, left_out = instance_of(asked, people, HOLIDAYS, today=today)
    plan = solved(instance, attempts=500).plan
    talks, unplaced = planned_talks(instance, plan, asked, people)

    assert sorted([*left_out, *(t.employee for t in talks), *(t.employee for t in unplaced)]) == sorted(people)
    assert all(each.reason for each in unplaced)
    assert [fault for t in talks for fault in faults_of(t, asked, people, today)] == []
    assert overlaps(talks) == []
    assert overfull(talks, people, talk.most_per_day) == []
    assert all(people[t.employee].excluded is None for t in talks)


@settings(max_examples=15)
@given(data=st.data())
def test_the_same_people_in_another_order_get_the_same_plan(data: st.DataObject, cycle: Callable[..., Cycle]) -> None:
    window = data.draw(windows())
    people = data.draw(companies(window))
    shuffled = dict(data.draw(st.permutations(list(people.items()))))
    today = window.first - timedelta(days=14)

    def plan(of: Mapping[str, Person]) -> Plan:
        return solved(instance_of(cycle(window), of, HOLIDAYS, today=today)[0], attempts=2_000).plan

    assert plan(people) == plan(people) == plan(shuffled)


def faults_of(talk: PlannedTalk, cycle: Cycle, people: Mapping[str, Person], today: date) -> list[str]:
    """Everything wrong with one talk by itself."""
    employee, manager = people[talk.employee], people[talk.manager]
    day = wall(talk.start, employee.zone).date()
    end = talk.start + timedelta(minutes=talk.minutes)
    found = []
    if talk.start.tzinfo is not UTC or talk.start.timestamp() % (cycle.talk.grid_minutes * 60):
        found.append("off the grid")
    if not cycle.window.first <= day <= cycle.window.last:
        found.append("outside the window")
    if (day - today).days < cycle.notice_days:
        found.append("short notice")
    both = (person.zone for person in (employee, manager))
    if not all(inside(talk.start, end, zone, [cycle.talk.hours], days=cycle.talk.days) for zone in both):
        found.append("outside the hours for talks")
    if not at_work(talk.start, end, employee):
        found.append("employee not at work")
    if not at_work(talk.start, end + timedelta(minutes=talk.buffer_minutes), manager):
        found.append("manager not at work")
    return found


def wall(instant: datetime, zone: str) -> datetime:
    """What a clock on the wall shows; naive."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def inside(start: datetime, end: datetime, zone: str, hours: list[tuple[int, int]], *, days: frozenset[int]) -> bool:
    midnight = datetime.combine(wall(start, zone).date(), time())
    return midnight.weekday() in days and any(
        midnight + timedelta(minutes=opens) <= wall(start, zone)
        and wall(end, zone) <= midnight + timedelta(minutes=closes)
        for opens, closes in hours
    )


def at_work(start: datetime, end: datetime, person: Person) -> bool:
    day = wall(start, person.zone).date()
    away = any(absence.first <= day <= absence.last for absence in person.absences)
    employed = (person.starts or day) <= day <= (person.ends or day)
    off = away or not employed or day in HOLIDAYS.get(person.country, ())
    return not off and inside(start, end, person.zone, list(person.hours[day.weekday()]), days=frozenset(range(7)))


def overlaps(talks: tuple[PlannedTalk, ...]) -> list[str]:
    """People who would be in two talks at once, as employee or as manager; the buffer is the manager's."""
    taken = defaultdict(list)
    for talk in talks:
        end = talk.start + timedelta(minutes=talk.minutes)
        taken[talk.employee].append((talk.start, end))
        taken[talk.manager].append((talk.start, end + timedelta(minutes=talk.buffer_minutes)))
    return [
        person
        for person, spans in taken.items()
        for number, (start, end) in enumerate(spans)
        if any(start < other_end and other < end for other, other_end in spans[number + 1 :])
    ]


def overfull(talks: tuple[PlannedTalk, ...], people: Mapping[str, Person], most: int) -> list[str]:
    held = Counter((talk.manager, wall(talk.start, people[talk.manager].zone).date()) for talk in talks)
    return [manager for (manager, _), count in held.items() if count > most]
