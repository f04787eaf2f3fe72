"""Read a cycle file: every fault at once, or a cycle in which every setting has its value."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from talkcycle.domain.cycle import (
    DEFAULT_EARLIEST_DAYS,
    Contact,
    Cycle,
    Digests,
    Guards,
    Retention,
    TalkRules,
    Window,
)
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.agenda_section import read_agenda
from talkcycle.intake.cycle_checks import check_days, check_id, check_talk
from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.languages import language_tag, time_zone
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.planning_section import planning_rules
from talkcycle.intake.public_holidays import country_code
from talkcycle.intake.rooms_section import WrittenRooms, read_rooms
from talkcycle.intake.served_by import TRANSPORTS
from talkcycle.intake.setting_types import ELSEWHERE
from talkcycle.intake.steps_section import Surroundings, read_steps
from talkcycle.intake.texts_section import by_language
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.wishes_section import WrittenWishes, read_wishes
from talkcycle.intake.yaml_lines import Document, KeyPath, read_document

ATTACHMENT_LIMIT = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedCycle:
    """A cycle file after reading. *cycle*: None when it has faults; *roster*: None when it names none.

    Attributes:
        rooms, wishes: Those that are well written, whatever is wrong with the rest.
    """

    document: Document
    cycle: Cycle | None
    roster: Path | None
    defaults: PersonDefaults
    rooms: WrittenRooms
    wishes: WrittenWishes
    faults: tuple[Fault, ...]


def read_cycle(
    path: Path,
    *,
    templates: Mapping[str, AbstractSet[str]],
    default_contact: str,
    attachment_limit: int = ATTACHMENT_LIMIT,
    transports: AbstractSet[str] = frozenset(TRANSPORTS),
) -> tuple[Cycle, Path]:
    """The cycle of *path*, and its roster's file.

    Args:
        templates: Language to the names of its texts; a language is known when it is here.
        default_contact: HR's address where the file names none: the service's mailbox.
        attachment_limit: Bytes that one message's own files may take together.
        transports: Those service.yaml has.

    Raises:
        FaultyInput: With every fault.
    """
    found = examine_cycle(
        path,
        templates=templates,
        default_contact=default_contact,
        attachment_limit=attachment_limit,
        transports=transports,
    )
    if found.cycle is None or found.roster is None:
        raise FaultyInput(found.faults)
    return found.cycle, found.roster


def examine_cycle(
    path: Path,
    *,
    templates: Mapping[str, AbstractSet[str]],
    default_contact: str,
    attachment_limit: int = ATTACHMENT_LIMIT,
    transports: AbstractSet[str] = frozenset(TRANSPORTS),
) -> ExaminedCycle:
    """Like ``read_cycle``, with the faults returned, so that the roster can be read nevertheless.

    Raises:
        FaultyInput: The file cannot be read at all.
    """
    findings = Findings(read_document(path))
    raw = findings.document.value
    settings = findings.section(CycleSettings, raw, apart=frozenset({"agenda", "steps", "rooms", "wishes"}))
    languages = templates.keys()
    defaults = _defaults(findings, settings, languages, transports)
    check_days(findings, settings)
    check_talk(findings, settings)
    around = Surroundings(
        folder=path.parent, texts=templates, language=defaults.language, attachment_limit=attachment_limit
    )
    steps = read_steps(
        findings,
        raw.get("steps"),
        around,
        notice=settings.notice,
        earliest=settings.earliest,
        default_earliest=DEFAULT_EARLIEST_DAYS,
    )
    agenda = read_agenda(
        findings,
        raw.get("agenda"),
        talk_minutes=settings.talk.minutes,
        language=defaults.language,
        languages=languages,
    )
    texts = {
        key: by_language(findings, (key,), getattr(settings, key), default=defaults.language, known=languages)
        for key in ("name", "strategy", "opt_out_policy", "confidentiality")
    }
    hr = _contact(findings, settings, defaults, default_contact)
    rooms = read_rooms(findings, raw.get("rooms"), settings, transports)
    wishes = read_wishes(findings, raw.get("wishes"), settings)
    check_id(findings, path)
    cycle = None
    if not findings.faults:
        earliest = settings.earliest or next(-step.when.days for step in steps if step.calendar)
        cycle = Cycle(
            id=path.stem,
            name=texts["name"],
            organisation=settings.organisation or default_contact.rpartition("@")[2],
            hr=hr,
            window=Window(first=settings.window.first, last=settings.window.last),
            repeat_months=settings.repeat,
            language=defaults.language,
            zone=defaults.zone,
            country=defaults.country,
            talk=TalkRules(
                minutes=settings.talk.minutes,
                buffer_minutes=settings.talk.buffer,
                grid_minutes=settings.talk.grid,
                days=settings.talk.days,
                hours=settings.talk.hours,
                most_per_day=settings.talk.most_per_day,
            ),
            places={"*" if site == ELSEWHERE else site: place for site, place in settings.place.items()},
            agenda=agenda,
            strategy=texts["strategy"],
            strategy_link=settings.strategy_link,
            opt_out_policy=texts["opt_out_policy"],
            confidentiality=texts["confidentiality"],
            steps=steps,
            digests=Digests(
                managers=settings.digests.managers,
                hr=settings.digests.hr,
                day=settings.digests.day,
                at=settings.digests.at,
                most_mails=settings.digests.most_mails,
            ),
            notice_days=settings.notice,
            earliest_days=earliest,
            approval_days=settings.approval,
            guards=Guards(roster_shrinks=settings.guards.roster_shrinks, managers_change=settings.guards.managers_change),
            retention=Retention(
                payload_days=settings.retention.messages,
                round_days=settings.retention.round,
                agreed_days=settings.retention.agreed,
            ),
            rooms=rooms.rooms,
            room_lists=rooms.lists,
            planning=planning_rules(settings.planning),
            wishes=wishes.wishes,
        )
    roster = path.parent / settings.roster if findings.sound(("roster",)) else None
    return ExaminedCycle(
        document=findings.document,
        cycle=cycle,
        roster=roster,
        defaults=defaults,
        rooms=rooms,
        wishes=wishes,
        faults=tuple(sorted(findings.faults)),
    )


def _defaults(
    findings: Findings, settings: CycleSettings, languages: AbstractSet[str], transports: AbstractSet[str]
) -> PersonDefaults:
    """Language, zone and country for whom the roster gives none; the shipped ones where the file's are faulty."""
    return PersonDefaults(
        language=_language(findings, ("language",), settings.language, languages),
        zone=_zone(findings, ("zone",), settings.zone),
        country=_country(findings, settings.country),
        languages=languages,
        transports=transports,
    )


def _language(findings: Findings, path: KeyPath, text: str, languages: AbstractSet[str]) -> str:
    try:
        return language_tag(text, languages)
    except Unusable as error:
        findings.unusable(path, error)
        return next(iter(sorted(languages)), "sv")


def _zone(findings: Findings, path: KeyPath, text: str) -> str:
    try:
        return time_zone(text)
    except Unusable as error:
        findings.unusable(path, error)
        return "Europe/Stockholm"


def _country(findings: Findings, text: str) -> str:
    try:
        return country_code(text)
    except Unusable as error:
        findings.unusable(("country",), error)
        return "SE"


def _contact(findings: Findings, settings: CycleSettings, defaults: PersonDefaults, default_contact: str) -> Contact:
    hr = settings.hr
    language, zone = defaults.language, defaults.zone
    return Contact(
        name=hr.name,
        email=hr.email or default_contact,
        telephone=hr.telephone,
        language=_language(findings, ("hr", "language"), hr.language, defaults.languages) if hr.language else language,
        zone=_zone(findings, ("hr", "zone"), hr.zone) if hr.zone else zone,
    )
