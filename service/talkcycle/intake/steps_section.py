"""The steps of a cycle file: the shipped ones, changes to them, or a list of HR's own."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from talkcycle.domain.cycle import Anchor, Applies, Recipients, Step
from talkcycle.domain.messages import BUILT_IN_STEPS
from talkcycle.intake.attachments import MADE_PER_TALK, attachment_faults
from talkcycle.intake.cycle_model import AppliesSettings, StepChanges, StepSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.languages import language_tag
from talkcycle.intake.nearest import did_you_mean
from talkcycle.intake.public_holidays import country_code
from talkcycle.intake.setting_faults import keys_of, unknown_key
from talkcycle.intake.shipped_cycle import shipped_steps
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.yaml_lines import KeyPath, Value

KEY = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What steps are checked against.

    Attributes:
        folder: Of the cycle file.
        texts: Language to the names of its texts.
        language: The cycle's default.
        attachment_limit: Bytes that one message's own files may take together.
    """

    folder: Path
    texts: Mapping[str, AbstractSet[str]]
    language: str
    attachment_limit: int

    @property
    def templates(self) -> AbstractSet[str]:
        """Texts that exist in the default language."""
        base = self.language.partition("_")[0]
        return self.texts.get(self.language, frozenset()) | self.texts.get(base, frozenset())


def read_steps(
    findings: Findings, value: Value, around: Surroundings, *, notice: int, earliest: int | None, default_earliest: int
) -> tuple[Step, ...]:
    """The steps, checked. *value*: as written; None: the shipped steps. *notice*, *earliest*: days."""
    steps: list[tuple[KeyPath, Step]] = []
    ids: set[str] = set()
    for path, raw in _raw_steps(findings, value, earliest or max(default_earliest, notice)):
        settings = findings.section(StepSettings, raw, path)
        _check_id(findings, path, settings, ids)
        _check_files(findings, path, settings, around)
        applies = _applies(findings, settings.applies, (*path, "applies"), around)
        if findings.sound(path):
            step = _step(settings, applies)
            _check_sense(findings, path, step)
            steps.append((path, step))
    _check_calendar(findings, steps, notice=notice, earliest=earliest)
    return tuple(step for _, step in steps)


def _raw_steps(findings: Findings, value: Value, earliest: int) -> Iterator[tuple[KeyPath, Value]]:
    """Every step as written, and where; of a shipped one, where it would be."""
    shipped = shipped_steps(earliest)
    if isinstance(value, list):
        yield from (((KEY, place), item) for place, item in enumerate(value))
    elif value is None:
        yield from (((KEY, id_), raw) for id_, raw in shipped.items())
    elif isinstance(value, dict):
        yield from _changed(findings, value, shipped)
    else:
        mend = "Write each step on a line of its own, beginning with a dash; or `change:`, `remove:` and `add:`."
        findings.fault((KEY,), "must be a list of steps, or changes to the shipped ones.", mend)


def _changed(
    findings: Findings, value: dict[str, Value], shipped: dict[str, dict[str, Value]]
) -> Iterator[tuple[KeyPath, Value]]:
    for key in value.keys() - set(keys_of(StepChanges)):
        findings.fault((KEY, key), *unknown_key(key, keys_of(StepChanges)))
    change = _known(findings, value.get("change", {}), "change", shipped, dict)
    removed = value.get("remove", [])
    remove = _known(findings, [removed] if isinstance(removed, str) else removed, "remove", shipped, list)
    for id_, raw in shipped.items():
        if id_ not in remove:
            changes = change.get(id_, {})
            if isinstance(changes, dict):
                if "id" in changes:
                    findings.fault((KEY, "change", id_, "id"), *unknown_key("id", keys_of(StepSettings)[1:]))
                yield (KEY, "change", id_), raw | {key: each for key, each in changes.items() if key != "id"}
            else:
                mend = "Write what changes below it, indented, such as `when: 3 days before`."
                findings.fault((KEY, "change", id_), "must be a group of settings.", mend)
    added = value.get("add", [])
    if isinstance(added, list):
        yield from (((KEY, "add", place), item) for place, item in enumerate(added))
    else:
        findings.fault((KEY, "add"), "must be a list.", "Write each step on a line of its own, beginning with a dash.")


def _known(
    findings: Findings, value: Value, key: str, shipped: Collection[str], kind: type[dict[str, Value]] | type[list[Value]]
) -> dict[str, Value]:
    """Ids of shipped steps in *value*, with what is said of each."""
    if not isinstance(value, kind):
        form = "a group of steps" if kind is dict else "a list of ids"
        findings.fault((KEY, key), f"must be {form}.", f"The shipped steps are {', '.join(shipped)}.")
        return {}
    found: dict[str, Value] = {}
    for place, id_ in enumerate(value):
        if isinstance(id_, str) and id_ in shipped:
            found[id_] = value[id_] if isinstance(value, dict) else None
        elif id_ is not None:
            mend = did_you_mean(str(id_), shipped, f"The shipped steps are {', '.join(shipped)}.")
            spot: KeyPath = (KEY, key, str(id_) if isinstance(value, dict) else place)
            findings.fault(spot, f"{quoted(id_)} is not a shipped step.", mend)
    return found


def _step(settings: StepSettings, applies: Applies) -> Step:
    return Step(
        id=settings.id,
        when=settings.when,
        to=settings.to,
        template=settings.template or settings.id,
        at=settings.at,
        attach=tuple(settings.attach),
        calendar=settings.calendar,
        latest=settings.latest,
        again_when_moved=settings.again_when_moved,
        applies=applies,
    )


def _check_files(findings: Findings, path: KeyPath, settings: StepSettings, around: Surroundings) -> None:
    """The text and the organisation's own files exist."""
    template = settings.template or getattr(settings, "id", None)
    if template and template not in around.templates and findings.sound((*path, "template"), ("language",)):
        mend = did_you_mean(template, around.templates, f"Write {template}.md, or name another text.")
        problem = f"there is no text {quoted(template)} in {around.language}, the cycle's default language."
        findings.fault((*path, "template"), problem, mend)
    for place, error in attachment_faults(around.folder, tuple(settings.attach), around.attachment_limit):
        findings.unusable((*path, "attach", place) if place >= 0 else (*path, "attach"), error)


def _applies(findings: Findings, settings: AppliesSettings, path: KeyPath, around: Surroundings) -> Applies:
    countries, languages = set(), set()
    for place, country in enumerate(settings.countries):
        try:
            countries.add(country_code(country))
        except Unusable as error:
            findings.unusable((*path, "countries", place), error)
    for place, language in enumerate(settings.languages):
        try:
            languages.add(language_tag(language, around.texts))
        except Unusable as error:
            findings.unusable((*path, "languages", place), error)
    return Applies(
        sites=frozenset(settings.sites),
        countries=frozenset(countries),
        languages=frozenset(languages),
        places=frozenset(settings.places),
        new_employees=settings.new_employees,
    )


def _check_id(findings: Findings, path: KeyPath, settings: StepSettings, ids: set[str]) -> None:
    """No two steps have one id, nor that of a built-in step. *ids*: of the steps so far; this one is added."""
    id_ = getattr(settings, "id", None)
    if id_ in BUILT_IN_STEPS:
        findings.fault((*path, "id"), f"{quoted(id_)} is the name of a built-in step.", "Give the step another id.")
    elif id_ in ids:
        findings.fault((*path, "id"), f"{quoted(id_)} is the id of two steps.", "Give one of them another id.")
    elif id_ is not None:
        ids.add(id_)


def _check_sense(findings: Findings, path: KeyPath, step: Step) -> None:
    """Refuse what would be ignored: half of the settings only make sense of a step about the talk."""
    about_talk, before = step.when.anchor is Anchor.TALK, step.when.before
    made = [name for name in step.attach if name in MADE_PER_TALK]
    if not about_talk and made:
        mend = "Attach it to a step counted from the talk."
        findings.fault((*path, "attach"), f"{made[0]} belongs to a talk, and this step is about the round.", mend)
    if not about_talk and step.applies != Applies():
        mend = "Take it away, or count the step from the talk."
        findings.fault((*path, "applies"), "works for steps counted from the talk only.", mend)
    if not about_talk and step.again_when_moved:
        mend = "Take it away, or count the step from the talk."
        findings.fault((*path, "again_when_moved"), "works for steps counted from the talk only.", mend)
    if step.latest is not None and not (about_talk and before):
        findings.fault((*path, "latest"), "works for steps before the talk only.", "Take it away.")
    elif step.latest is not None and step.latest >= -step.when.days:
        mend = f"Write less than {-step.when.days}: the step could never be sent on its day."
        findings.fault((*path, "latest"), "is not later than the step's own day.", mend)


def _check_calendar(findings: Findings, steps: list[tuple[KeyPath, Step]], *, notice: int, earliest: int | None) -> None:
    carriers = [(path, step) for path, step in steps if step.calendar]
    if not carriers:
        if findings.sound((KEY,)):
            mend = "Write `calendar: true` in the step that invites."
            findings.fault((KEY,), "no step puts the talk into calendars.", mend)
        return
    for path, _ in carriers[1:]:
        mend = "Leave it to one step: a talk has one calendar entry."
        findings.fault((*path, "calendar"), "a second step puts the talk into calendars.", mend)
    path, step = carriers[0]
    days = -step.when.days
    if step.to is not Recipients.BOTH:
        findings.fault((*path, "to"), "the calendar entry is for the two who talk.", "Write `to: both`.")
    if step.when.anchor is not Anchor.TALK or days <= 0:
        findings.fault(
            (*path, "when"), "the step with the calendar entry must lie before the talk.", "Write 21 days before."
        )
    elif not findings.sound(("notice",), ("earliest",)):
        return
    elif days < notice:
        mend = f"Write at least {notice} days before, or lower the notice."
        findings.fault((*path, "when"), f"the invitation would break the notice of {notice} days.", mend)
    elif earliest is not None and days > earliest:
        mend = f"Write at most {earliest} days before, or raise `earliest`."
        findings.fault((*path, "when"), f"the invitation would go out {days} days ahead, over `earliest`.", mend)
