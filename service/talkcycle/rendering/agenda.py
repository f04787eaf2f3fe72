"""The agenda's points in the words of one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from talkcycle.domain.cycle import AgendaPoint, Cycle
from talkcycle.rendering.words import Words

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class PointText:
    """One point of the agenda as it is shown. *leads*: who leads, in words."""

    title: str
    minutes: int
    leads: str
    questions: tuple[str, ...]


def in_language(texts: Mapping[str, Value], language: str) -> Value | None:
    """HR's text for exactly that tag, or for its base language."""
    return texts.get(language) or texts.get(language.partition("_")[0]) or None


def in_any_language(texts: Mapping[str, Value], language: str, default: str) -> Value | None:
    """HR's text for that tag; without one the default language's, else any: better in another language than left out."""
    return in_language(texts, language) or in_language(texts, default) or next(filter(None, texts.values()), None)


def agenda_points(cycle: Cycle, words: Words, language: str) -> tuple[PointText, ...]:
    """Every point of the cycle's agenda, in order.

    HR's own words in this language come first, then the language folder's, then HR's in the default language.

    Raises:
        LookupError: A point of HR's own has no title in any language.
    """
    return tuple(_point(point, cycle, words, language) for point in cycle.agenda)


def _point(point: AgendaPoint, cycle: Cycle, words: Words, language: str) -> PointText:
    shipped = words.agenda["points"].get(point.id, {})
    title = in_language(point.title, language) or shipped.get("title")
    title = title or in_any_language(point.title, language, cycle.language)
    if title is None:
        raise LookupError(f"the agenda point {point.id!r} has no title")
    questions = in_language(point.questions, language) or tuple(shipped.get("questions", ()))
    questions = questions or in_any_language(point.questions, language, cycle.language) or ()
    return PointText(
        title=title, minutes=point.minutes, leads=words.agenda["leads"][point.leads], questions=tuple(questions)
    )
