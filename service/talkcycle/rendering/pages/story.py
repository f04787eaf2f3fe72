"""One person's round from the announcement to the check-in, by which a newcomer understands it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.localtime import day_of
from talkcycle.domain.talks import Talk
from talkcycle.rendering.pages.plain_words import distance, moment
from talkcycle.rendering.pages.rehearsed import RehearsedRound, ShownMail
from talkcycle.rendering.pages.steps import StepLook

LANGUAGE = "en"
"""The page's own: somebody who reads it is preferred."""
LEAST_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One card. *look*: None for the talk itself; *distance*: from the talk, in words."""

    at: datetime
    look: StepLook | None
    when: str
    distance: str
    headline: str
    detail: str
    page: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """*moments*: the employee's, the talk among them; *managers*: what the manager gets about the same talk."""

    employee: str
    manager: str
    moments: tuple[Moment, ...]
    managers: tuple[Moment, ...]


def story_of(facts: RehearsedRound) -> Story | None:
    """Of the earliest talk whose employee hosts none and gets several steps; None when there is no such talk."""
    talks = [talk for talk in facts.placed if talk.employee not in facts.hosts]
    telling = [talk for talk in talks if len({mail.step for mail in _about(facts, talk)}) >= LEAST_STEPS]
    if not telling:
        return None
    readable = (talk for talk in telling if facts.people[talk.employee].language.startswith(LANGUAGE))
    talk = next(readable, telling[0])
    moments = [*(_told(facts, mail, talk) for mail in _about(facts, talk)), _the_talk(facts, talk)]
    return Story(
        employee=facts.name(talk.employee),
        manager=facts.name(talk.manager),
        moments=tuple(sorted(moments, key=lambda each: each.at)),
        managers=tuple(
            _told(facts, mail, talk)
            for mail in facts.mails_of.get(talk.manager, ())
            if mail.row.key.subject == talk.subject
        ),
    )


def _about(facts: RehearsedRound, talk: Talk) -> Sequence[ShownMail]:
    """What the employee gets about *talk*, and about the round itself."""
    subjects = {talk.subject, f"person:{talk.employee}"}
    return [mail for mail in facts.mails_of.get(talk.employee, ()) if mail.row.key.subject in subjects]


def _told(facts: RehearsedRound, mail: ShownMail, talk: Talk) -> Moment:
    assert talk.start is not None
    zone = facts.zone(mail.person)
    return Moment(
        at=mail.at,
        look=facts.looks[mail.step],
        when=moment(mail.at, zone),
        distance=distance((day_of(mail.at, zone) - day_of(talk.start, zone)).days),
        headline=mail.subject,
        detail=mail.preheader,
        page=mail.page,
        files=mail.files,
    )


def _the_talk(facts: RehearsedRound, talk: Talk) -> Moment:
    assert talk.start is not None
    return Moment(
        at=talk.start,
        look=None,
        when=moment(talk.start, talk.zone),
        distance="the day",
        headline=f"The talk with {facts.name(talk.manager)}",
        detail=f"{talk.minutes} minutes, and {talk.buffer_minutes} kept free after it.",
    )
