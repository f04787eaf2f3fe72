"""The agenda of a cycle file."""

from collections.abc import Collection

from talkcycle.domain.cycle import SUMMARY, AgendaPoint, Leads
from talkcycle.intake.cycle_model import PointSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.shipped_cycle import AGENDA, shipped_minutes
from talkcycle.intake.texts_section import by_language
from talkcycle.intake.unusable import quoted
from talkcycle.intake.yaml_lines import KeyPath, Value

SHIPPED = {point.id: point for point in AGENDA}
OTHER_MINUTES = 10
KEY = "agenda"


def read_agenda(
    findings: Findings, value: Value, *, talk_minutes: int, language: str, languages: Collection[str]
) -> tuple[AgendaPoint, ...]:
    """The agenda's points, the summary last. *value*: as written; None: the shipped agenda."""
    minutes = shipped_minutes(talk_minutes)
    if value is None:
        return tuple(_shipped(id_, minutes) for id_ in SHIPPED)
    if not isinstance(value, list):
        findings.fault((KEY,), "must be a list.", "Write each point on a line of its own, beginning with a dash.")
        return ()
    points: list[AgendaPoint] = []
    for place, item in enumerate(value):
        settings = findings.section(PointSettings, item, (KEY, place))
        if findings.sound((KEY, place)):
            _check_place(findings, settings.id, place, len(value), points)
            points.append(_point(findings, settings, (KEY, place), minutes, language=language, languages=languages))
    if SUMMARY not in {point.id for point in points}:
        points.append(_shipped(SUMMARY, minutes))
    total = sum(point.minutes for point in points)
    if total > talk_minutes and findings.sound((KEY,), ("talk",)):
        mend = "Shorten points or lengthen the talk (talk.minutes); the summary always takes part."
        findings.fault((KEY,), f"takes {total} minutes, the talk has {talk_minutes}.", mend)
    return tuple(points)


def _check_place(findings: Findings, id_: str, place: int, count: int, before: list[AgendaPoint]) -> None:
    path: KeyPath = (KEY, place, "id")
    if id_ in {point.id for point in before}:
        findings.fault(path, f"{quoted(id_)} is the id of two points.", "Give one of them another id.")
    elif id_ == SUMMARY and place != count - 1:
        findings.fault(path, "the summary is not the last point.", "Move it to the end: every talk ends with a summary.")


def _point(
    findings: Findings,
    settings: PointSettings,
    path: KeyPath,
    minutes: dict[str, int],
    *,
    language: str,
    languages: Collection[str],
) -> AgendaPoint:
    shipped = SHIPPED.get(settings.id)
    if shipped is None and not settings.title:
        mend = f"Write `title: ...`, or use a shipped point: {', '.join(SHIPPED)}."
        findings.fault((*path, "id"), f"{quoted(settings.id)} is not a shipped point and has no title.", mend)
    questions = by_language(findings, (*path, "questions"), settings.questions, default=language, known=languages)
    return AgendaPoint(
        id=settings.id,
        minutes=settings.minutes or minutes.get(settings.id, OTHER_MINUTES),
        leads=settings.leads or (shipped.leads if shipped else Leads.BOTH),
        title=by_language(findings, (*path, "title"), settings.title, default=language, known=languages),
        questions={tag: tuple(each) for tag, each in questions.items()},
    )


def _shipped(id_: str, minutes: dict[str, int]) -> AgendaPoint:
    return AgendaPoint(id=id_, minutes=minutes[id_], leads=SHIPPED[id_].leads)
