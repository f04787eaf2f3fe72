"""HR's wishes in a cycle file: what can be said of them without the roster."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from talkcycle.domain.people import Absence
from talkcycle.domain.wishes import EVERYBODY, ExcludedPair, ForbiddenTime, PinnedTalk, Wishes
from talkcycle.intake.cycle_checks import LONGEST_WINDOW_DAYS
from talkcycle.intake.cycle_model import CycleSettings, WindowSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.planning_model import ExcludeSettings, ForbidSettings, PinSettings, WishSettings
from talkcycle.intake.setting_faults import NOT_A_GROUP, keys_of, unknown_key
from talkcycle.intake.unusable import quoted
from talkcycle.intake.yaml_lines import KeyPath, Value

KEY = "wishes"
ALL = "everybody"

Wish = TypeVar("Wish")
Model = TypeVar("Model", PinSettings, ForbidSettings, ExcludeSettings)


@dataclass(frozen=True, slots=True)
class Written(Generic[Wish]):
    """A wish, and where it stands."""

    path: KeyPath
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenWishes:
    """Wishes that are well written, each alone."""

    pinned: tuple[Written[PinnedTalk], ...] = ()
    forbidden: tuple[Written[ForbiddenTime], ...] = ()
    excluded: tuple[Written[ExcludedPair], ...] = ()

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            pinned=tuple(each.wish for each in self.pinned),
            forbidden=tuple(each.wish for each in self.forbidden),
            excluded=tuple(each.wish for each in self.excluded),
        )


def read_wishes(findings: Findings, value: Value, settings: CycleSettings) -> WrittenWishes:
    """The wishes, checked. *value*: as written; None: there are none."""
    if value is None:
        return WrittenWishes()
    if not isinstance(value, dict):
        findings.fault((KEY,), NOT_A_GROUP[0], "Write `pin:`, `forbid:` or `exclude:` below it, indented.")
        return WrittenWishes()
    for key in value:
        if key not in keys_of(WishSettings):
            findings.fault((KEY, key), *unknown_key(key, keys_of(WishSettings)))
    window = settings.window if findings.sound(("window",)) else None
    written = WrittenWishes(
        pinned=tuple(_each(findings, value, "pin", PinSettings, _pins)),
        forbidden=tuple(_each(findings, value, "forbid", ForbidSettings, _forbidden)),
        excluded=tuple(_each(findings, value, "exclude", ExcludeSettings, _excluded)),
    )
    _check_pins(findings, written, window, repeats=settings.repeat is not None)
    _check_forbidden(findings, written, window)
    _check_excluded(findings, written)
    return written


def _each(
    findings: Findings,
    value: dict[str, Value],
    key: str,
    model: type[Model],
    wishes: Callable[[Model], Iterator[Wish]],
) -> Iterator[Written[Wish]]:
    items = value.get(key, [])
    if not isinstance(items, list):
        mend = "Write each wish on a line of its own, beginning with a dash."
        findings.fault((KEY, key), "must be a list.", mend)
        return
    for place, item in enumerate(items):
        path: KeyPath = (KEY, key, place)
        settings = findings.section(model, item, path)
        if findings.sound(path):
            yield from (Written(path, wish) for wish in wishes(settings))


def _pins(settings: PinSettings) -> Iterator[PinnedTalk]:
    yield PinnedTalk(employee=settings.employee, at=settings.at, room=settings.room)


def _forbidden(settings: ForbidSettings) -> Iterator[ForbiddenTime]:
    who = frozenset(EVERYBODY if each.casefold() == ALL else each for each in settings.who)
    for span in settings.days:
        yield ForbiddenTime(who=who, first=span.first, last=span.last, hours=settings.hours, weekdays=settings.weekdays)


def _excluded(settings: ExcludeSettings) -> Iterator[ExcludedPair]:
    yield ExcludedPair(employee=settings.employee, manager=settings.manager, reason=settings.reason)


def _check_pins(findings: Findings, written: WrittenWishes, window: WindowSettings | None, *, repeats: bool) -> None:
    excluded = {each.wish.employee for each in written.excluded}
    seen: set[str] = set()
    for pin in written.pinned:
        id_, path = pin.wish.employee, (*pin.path, "employee")
        if id_ in seen:
            findings.fault(path, f"{quoted(id_)} has two times.", "Keep one of them.")
        elif id_ in excluded:
            mend = "Take away one of the two wishes."
            findings.fault(path, f"{quoted(id_)} has a time here and no talk under `exclude`.", mend)
        seen.add(id_)
        if window is not None and not window.first <= pin.wish.at.date() <= window.last:
            mend = f"Write a day from {window.first} to {window.last}"
            mend += ", or set `window` to the round that is meant." if repeats else "."
            findings.fault((*pin.path, "at"), f"{pin.wish.at.date()} is outside the window.", mend)


def _check_forbidden(findings: Findings, written: WrittenWishes, window: WindowSettings | None) -> None:
    """Refuse what would forbid nothing."""
    for each in written.forbidden:
        wish, path = each.wish, each.path
        if window is not None and (wish.last < window.first or wish.first > window.last):
            mend = f"Write days from {window.first} to {window.last}, or take the wish away."
            findings.fault((*path, "days"), f"{_shown(wish)} is outside the window.", mend)
        elif (wish.last - wish.first).days >= LONGEST_WINDOW_DAYS:
            findings.fault((*path, "days"), f"{_shown(wish)} is longer than a year.", "Write the days that are meant.")
        elif wish.weekdays and not wish.weekdays & _weekdays(Absence(first=wish.first, last=wish.last)):
            mend = "Write another day of the week, or take `weekdays` away."
            findings.fault((*path, "weekdays"), f"{_shown(wish)} has no such day.", mend)


def _check_excluded(findings: Findings, written: WrittenWishes) -> None:
    seen: set[str] = set()
    for each in written.excluded:
        id_ = each.wish.employee
        if id_ in seen:
            findings.fault((*each.path, "employee"), f"{quoted(id_)} is excluded twice.", "Keep one of them.")
        seen.add(id_)


def _weekdays(span: Absence) -> set[int]:
    days = min((span.last - span.first).days + 1, 7)
    return {(span.first + timedelta(days=n)).weekday() for n in range(days)}


def _shown(wish: ForbiddenTime) -> str:
    return str(wish.first) if wish.first == wish.last else f"{wish.first}..{wish.last}"
