"""The texts of a round: found by language, parsed once, and every fault in them known before anything is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from talkcycle.rendering.front_matter import MailTemplate, parse_mail
from talkcycle.rendering.sandbox import Compiled, Unusable, compile_html
from talkcycle.rendering.template_files import TEMPLATES
from talkcycle.rendering.variables import ABOUT_A_TALK
from talkcycle.rendering.words import (
    AGENDA,
    REQUIRED,
    SELF_REVIEW,
    WORDS,
    BadWords,
    Words,
    compile_words,
    merge,
    read_words,
)

MAILS = (
    "announcement",
    "invitation",
    "moved",
    "new-entry",
    "old-entry",
    "new-host",
    "handed-over",
    "cancellation",
    "opted-out",
    "time-declined",
    "hr-help",
    "proposal",
    "time-kept",
    "nudge",
    "preparation-employee",
    "preparation-manager",
    "reminder",
    "follow-up",
    "follow-up-nudge",
    "to-confirm",
    "agreed",
    "due-soon",
    "check-in",
    "digest-manager",
    "digest-hr",
)
"""A language that lacks one of these is not complete."""
LAYOUT = f"{TEMPLATES}/layout.html"
LAST_RESORT = "en"


def base_of(tag: str) -> str:
    """The language of a tag: ``sv`` of ``sv_FI``."""
    return tag.partition("_")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """A mail's template in the language it was found in, with that language's words."""

    language: str
    template: MailTemplate
    words: Words


@dataclass(slots=True)
class _Kept:
    """What was parsed so far."""

    mails: dict[str, MailTemplate] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)
    found: dict[tuple[str, str], MailText] = field(default_factory=dict)


class Library:
    """Templates by language, with fallbacks: the recipient's tag, its base language, the cycle's default, English.

    Safe to share between threads: parsing twice at worst.

    Args:
        files: ``templates/<tag>/<file>`` and ``templates/<layout file>`` to bytes.
        default_language: The cycle's.
        frozen: They are a running round's: every language was complete when it was approved, whatever came since.
    """

    def __init__(self, files: Mapping[str, bytes], *, default_language: str, frozen: bool = False) -> None:
        self.files: Mapping[str, bytes] = dict(files)
        self.default_language = default_language
        self.frozen = frozen
        self._kept = _Kept()

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Every language folder there is, complete or not."""
        folders = {path.split("/")[1] for path in self.files if path.count("/") == 2}
        return tuple(sorted(folders - {"fonts"}))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The complete languages. A tag without a folder of its own falls back to its base language."""
        return frozenset(tag for tag in self.tags if self.frozen or not any(self.missing(tag)))

    @cached_property
    def names(self) -> frozenset[str]:
        """Mail templates that exist for everybody: in the default language or in English."""
        return self.names_for(self.default_language)

    def names_for(self, language: str) -> frozenset[str]:
        """Mail templates a cycle with that default language can use."""
        folders = [*self._folders(language), LAST_RESORT]
        return frozenset(name for folder in folders for name in self.mails_in(folder))

    def needs_a_talk(self, name: str) -> bool:
        """Whether mail *name* speaks about one talk, in any language; no step about the round can use it.

        A text that cannot be read says nothing here: ``template_faults`` names it.
        """
        return any(self._speaks_of_a_talk(tag, name) for tag in self.tags if name in self.mails_in(tag))

    def _speaks_of_a_talk(self, tag: str, name: str) -> bool:
        try:
            return not self.mail_in(tag, name).names.isdisjoint(ABOUT_A_TALK)
        except (Unusable, UnicodeDecodeError):
            return False

    def mail(self, name: str, language: str) -> MailText:
        """Mail *name* for somebody who reads *language*. Dates and words follow the language it was found in.

        Raises:
            LookupError: It exists in none of the languages tried.
            Unusable, BadWords: It has a fault; ``template_faults`` names it.
        """
        key = (name, language)
        if key not in self._kept.found:
            self._kept.found[key] = self._find(name, language)
        return self._kept.found[key]

    @cached_property
    def layout(self) -> Compiled:
        """The mails' layout. Raises Unusable, KeyError."""
        return compile_html(self.text(LAYOUT))

    def layout_file(self, name: str) -> bytes:
        """A file beside the language folders, such as ``agenda.typ``. Raises KeyError."""
        return self.files[f"{TEMPLATES}/{name}"]

    def missing(self, tag: str) -> Iterator[tuple[str, str]]:
        """What keeps *tag* from being a complete language: files, each with the word it lacks (empty: the file)."""
        for name in MAILS:
            if not any(f"{TEMPLATES}/{folder}/{name}.md" in self.files for folder in self._folders(tag)):
                yield f"{TEMPLATES}/{tag}/{name}.md", ""
        for name, keys in REQUIRED.items():
            try:
                lacking = keys - self._merged(tag, name).keys()
            except (BadWords, UnicodeDecodeError):
                lacking = frozenset({""})
            yield from ((f"{TEMPLATES}/{tag}/{name}", key) for key in sorted(lacking))

    def _folders(self, tag: str) -> list[str]:
        return list(dict.fromkeys((tag, base_of(tag))))

    def mails_in(self, tag: str) -> list[str]:
        """Names of the mails in the folder of *tag* itself."""
        head = f"{TEMPLATES}/{tag}/"
        return sorted(path[len(head) : -3] for path in self.files if path.startswith(head) and path.endswith(".md"))

    def text(self, path: str) -> str:
        """The text of a file. Raises KeyError, UnicodeDecodeError."""
        return self.files[path].decode("utf-8-sig").replace("\r\n", "\n")

    def _find(self, name: str, language: str) -> MailText:
        for tag in dict.fromkeys((language, self.default_language, LAST_RESORT)):
            if not {tag, base_of(tag)} & self.languages:
                continue
            for folder in self._folders(tag):
                if f"{TEMPLATES}/{folder}/{name}.md" in self.files:
                    return MailText(language=tag, template=self.mail_in(folder, name), words=self._words(tag))
        raise LookupError(f"there is no text {name!r} in {language}, {self.default_language} or {LAST_RESORT}")

    def mail_in(self, folder: str, name: str) -> MailTemplate:
        """Mail *name* of that folder, without fallbacks. Raises KeyError, Unusable, UnicodeDecodeError."""
        path = f"{TEMPLATES}/{folder}/{name}.md"
        if path not in self._kept.mails:
            self._kept.mails[path] = parse_mail(self.text(path))
        return self._kept.mails[path]

    def _words(self, tag: str) -> Words:
        if tag not in self._kept.words:
            small, agenda, review = (self._merged(tag, name) for name in (WORDS, AGENDA, SELF_REVIEW))
            self._kept.words[tag] = Words(
                small=compile_words({key: str(text) for key, text in small.items()}), agenda=agenda, review=review
            )
        return self._kept.words[tag]

    def _merged(self, tag: str, name: str) -> dict[str, Any]:
        paths = [f"{TEMPLATES}/{folder}/{name}" for folder in self._folders(tag)]
        return merge(read_words(name, self.text(path)) for path in paths if path in self.files)
