"""Who has no talk in a round, and why."""

from collections.abc import Mapping
from datetime import date, timedelta

from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk, TalkState


def why_no_talk(
    person: Person,
    people: Mapping[str, Person],
    holidays: Mapping[str, frozenset[date]],
    cycle: Cycle,
    under_way: Talk | None,
) -> str | None:
    """Why *person* has no talk with their manager; None if they have one.

    Args:
        people: By roster id.
        holidays: Country to public holidays.
        under_way: Their talk of this round, if it was approved before.
    """
    if under_way is not None:
        return None if under_way.state is TalkState.PLACED else "their talk of this round was called off"
    if person.excluded is not None:
        return "excluded in the roster"
    if person.manager is None:
        return "has no manager in the roster"
    if person.manager not in people:
        return "their manager is not in the roster"
    for pair in cycle.wishes.excluded:
        if (pair.employee, pair.manager) == (person.id, person.manager):
            return f"excluded in the cycle file: {pair.reason}"
    window = cycle.window
    if (person.starts and person.starts > window.last) or (person.ends and person.ends < window.first):
        return "not employed in the window"
    if _away_throughout(person, holidays.get(person.country, frozenset()), window):
        return "away the whole window"
    return None


def _away_throughout(person: Person, holidays: frozenset[date], window: Window) -> bool:
    """Whether absences cover every working day of the window on which they are employed, and there is one."""
    first = max(window.first, person.starts or window.first)
    last = min(window.last, person.ends or window.last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    working = [day for day in days if person.hours[day.weekday()] and day not in holidays]
    return bool(working) and not any(person.works_on(day) for day in working)
