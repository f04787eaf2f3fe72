"""What is somebody's own to do, as values for the template of their page. Pure: facts in, words out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from talkcycle.domain.agreements import Action, ActionProblem, Progress
from talkcycle.domain.people import Person
from talkcycle.rendering.pages.own_pages import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """One of them.

    Attributes:
        place: Of the page's, from 1.
        about, number, wording: What its forms send.
        by, shared: By when, and with whom it was agreed, in words.
        progress: ``open``, ``done`` or ``dropped``; *how*: that in words.
        link: Of the page of all that was agreed there.
        back: The day it had before its last change, as a form sends it; *back_to*: in words. Empty: there is none.
        due: What stands in the field for another day: one as browsers send it, or whatever was typed.
        fault: What is wrong with that, in words; mostly empty.
    """

    place: int
    about: str
    number: int
    wording: int
    what: str
    support: str
    by: str
    shared: str
    progress: str
    how: str
    link: str
    back: str
    back_to: str
    due: str
    typed: bool
    fault: str


def action_line(
    reader: Reader,
    action: Action,
    other: Person,
    *,
    place: int,
    about: str,
    wording: int,
    link: str,
    typed: str = "",
    problem: ActionProblem | None = None,
    said: Mapping[str, Any],
) -> ActionLine:
    """*action*, agreed with *other*, as its owner sees it.

    Args:
        typed: What was written for its day and cannot be one; with *problem* what is wrong with it.
        said: What texts about days may name.
    """
    page, before = reader.page, action.before
    back = before[1] if before is not None and action.progress is Progress.OPEN and before[1] != action.due else None
    key = "fault_not_a_day" if problem is ActionProblem.NO_DAY and typed else f"fault_{problem or ''}".replace("-", "_")
    return ActionLine(
        place=place,
        about=about,
        number=action.number,
        wording=wording,
        what=action.what,
        support=action.support,
        by=page.say("step_by", {"by": reader.dates.day(action.due)}),
        shared=page.say("steps_with", {"other_name": other.name}),
        progress=action.progress.value,
        how=page.say(f"progress_{action.progress.value}", {}),
        link=link,
        back="" if back is None else back.isoformat(),
        back_to="" if back is None else page.say("steps_back", {"by": reader.dates.day(back)}),
        due=action.due.isoformat() if problem is None else typed,
        typed=problem is not None and not _is_day(typed),
        fault="" if problem is None else page.say(key, said),
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return not text
    return True
