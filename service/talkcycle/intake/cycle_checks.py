"""What must hold between the settings of a cycle file."""

from datetime import date
from pathlib import Path

from talkcycle.domain.cycle import LEAST_NOTICE_DAYS, Window
from talkcycle.domain.faults import Fault
from talkcycle.domain.repetition import following
from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.setting_types import slug
from talkcycle.intake.unusable import Unusable, quoted

LONGEST_WINDOW_DAYS = 366
MOST_NOTICE_DAYS, MOST_EARLIEST_DAYS, MOST_APPROVAL_DAYS = 90, 180, 60
GRIDS = (5, 10, 15, 20, 30, 60)


def check_days(findings: Findings, settings: CycleSettings) -> None:
    """The window, the notice, and how long things may take or are kept."""
    if findings.sound(("window",)):
        _check_window(findings, settings)
    if findings.sound(("notice",)):
        _check_notice(findings, settings)
    if findings.sound(("notice",), ("earliest",)) and settings.earliest is not None:
        _check_earliest(findings, settings, settings.earliest)
    for key in ("messages", "round", "agreed"):
        if findings.sound(("retention", key)) and getattr(settings.retention, key) < 1:
            findings.fault(("retention", key), "is less than a day.", "Write at least 1 day.")
    if settings.approval > MOST_APPROVAL_DAYS:
        findings.fault(
            ("approval",), f"{settings.approval} days are too long.", f"The most is {MOST_APPROVAL_DAYS} days."
        )


def _check_notice(findings: Findings, settings: CycleSettings) -> None:
    if settings.notice < LEAST_NOTICE_DAYS:
        mend = f"Write at least {LEAST_NOTICE_DAYS} days: people need time to prepare."
        findings.fault(("notice",), f"{settings.notice} days are under the least notice.", mend)
    elif settings.notice > MOST_NOTICE_DAYS:
        findings.fault(("notice",), f"{settings.notice} days are too long.", f"The most is {MOST_NOTICE_DAYS} days.")


def _check_earliest(findings: Findings, settings: CycleSettings, earliest: int) -> None:
    if earliest < settings.notice:
        mend = f"Write at least {settings.notice} days."
        findings.fault(("earliest",), f"is shorter than the notice of {settings.notice} days.", mend)
    elif earliest > MOST_EARLIEST_DAYS:
        mend = f"The most is {MOST_EARLIEST_DAYS} days."
        findings.fault(("earliest",), f"{earliest} days are too long.", mend)


def _check_window(findings: Findings, settings: CycleSettings) -> None:
    window = Window(first=settings.window.first, last=settings.window.last)
    if window.last < window.first:
        mend = "Let `last` be the same day as `first` or a later one."
        findings.fault(("window", "last"), f"{window.last} comes before {window.first}: the window is reversed.", mend)
    elif window.first < date(2000, 1, 1):
        findings.fault(
            ("window", "first"), f"{window.first} is long past.", "Write the year with four digits, such as 2027."
        )
    elif (window.last - window.first).days >= LONGEST_WINDOW_DAYS:
        mend = "Write a shorter window, and `repeat` if it returns."
        findings.fault(("window", "last"), "the window is longer than a year.", mend)
    elif settings.repeat is not None and following(window, settings.repeat).first <= window.last:
        mend = "Write a shorter window or a longer repetition."
        findings.fault(("repeat",), "the window returns before it has ended.", mend)


def check_talk(findings: Findings, settings: CycleSettings) -> None:
    """Talks fit their hours and begin at even minutes."""
    talk = settings.talk
    if not findings.sound(("talk",)):
        return
    if talk.grid not in GRIDS:
        mend = f"Write one of {', '.join(map(str, GRIDS))}."
        findings.fault(("talk", "grid"), f"{talk.grid} minutes do not divide an hour.", mend)
    if talk.hours[1] - talk.hours[0] < talk.minutes:
        mend = "Widen the hours, or shorten the talk."
        findings.fault(("talk", "hours"), f"a talk of {talk.minutes} minutes does not fit into these hours.", mend)


def check_id(findings: Findings, path: Path) -> None:
    """The file's name can name the cycle."""
    try:
        slug(path.stem)
    except Unusable:
        mend = "Name it in small letters, digits and hyphens, such as development.yaml: this is the cycle's id."
        findings.faults.append(Fault(file=str(path), problem=f"{quoted(path.name)} cannot be a cycle's name.", mend=mend))
