"""What every page has that people reach through their links: its reader, and its words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round
from talkcycle.rendering.agenda import in_any_language
from talkcycle.rendering.dates import Dates, local
from talkcycle.rendering.library import Library
from talkcycle.rendering.markdown import both_forms
from talkcycle.rendering.page_words import PageWords, page_words
from talkcycle.rendering.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a page, and with which words. *words*: of the round's texts, for the agenda and the names of places."""

    round: Round
    person: Person
    page: PageWords
    words: Words
    dates: Dates

    @property
    def zone(self) -> str:
        return self.person.zone

    @property
    def general(self) -> dict[str, Any]:
        hr = self.round.cycle.hr
        return {
            "recipient_name": self.person.name,
            "organisation": self.round.cycle.organisation,
            "hr_name": hr.name,
            "hr_email": hr.email,
            "hr_telephone": hr.telephone or "",
        }


def reader_of(round_: Round, person: Person, library: Library, *, now: datetime) -> Reader:
    """*person* as a reader of a page about *round_*: in their language, or else in the cycle's.

    Args:
        library: The round's texts: the agenda and the names of places come from there.
    """
    page = page_words(library.files, (person.language, round_.cycle.language))
    words = library.mail("invitation", page.language).words
    dates = Dates(page.language, local(now, person.zone).year)
    return Reader(round=round_, person=person, page=page, words=words, dates=dates)


def common(reader: Reader) -> dict[str, Any]:
    """What every page of somebody has: words, HR, and what the two talk about staying between them."""
    general, cycle = reader.general, reader.round.cycle
    own = in_any_language(cycle.confidentiality, reader.page.language, cycle.language)
    return (
        words_of(reader.page, general)
        | general
        | {
            "confidentiality": from_markdown(own or reader.words.say("confidentiality", general)),
        }
    )


def nobodys(page: PageWords) -> dict[str, Any]:
    """What a page has that is about nothing and nobody."""
    return words_of(page, {})


def words_of(page: PageWords, values: Mapping[str, Any]) -> dict[str, Any]:
    """How a template says something: ``say`` on one line, ``prose`` in paragraphs."""
    return {
        "language": page.language.replace("_", "-"),
        "say": lambda key: page.say(key, values),
        "prose": lambda key: page.html(key, values),
    }


def from_markdown(markdown: str) -> Markup:
    return Markup(both_forms(markdown).html)  # noqa: S704  # raw HTML is off
