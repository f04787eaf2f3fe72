"""The texts of a round: found by language, parsed once, and every fault in them known before anything is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from talkcycle.domain.faults import Fault
from talkcycle.rendering.front_matter import MailTemplate, parse_mail
from talkcycle.rendering.sandbox import Compiled, Unusable, compile_html
from talkcycle.rendering.template_files import TEMPLATES
from talkcycle.rendering.variables import ABOUT_A_TALK, ATTRIBUTES, EVERY, allowed_in
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
    "cancellation",
    "preparation-employee",
    "preparation-manager",
    "reminder",
    "follow-up",
    "check-in",
    "digest-manager",
    "digest-hr",
)
"""A language that lacks one of these is not complete."""
LAYOUT = f"{TEMPLATES}/layout.html"
LAYOUT_VALUES = frozenset({"language", "subject", "preheader", "organisation", "body", "footer", "confidentiality"})
LAST_RESORT = "en"
MUST_NOT_MARK = "MUSTNOT"


def base_of(tag: str) -> str:
    """The language of a tag: ``sv`` of ``sv_FI``."""
    return tag.partition("_")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """A mail's template in the language it was found in, with that language's words."""

    language: str
    template: MailTemplate
    words: Words


@dataclass(slots=True, weakref_slot=True)
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
    """

    def __init__(self, files: Mapping[str, bytes], *, default_language: str) -> None:
        self._files = dict(files)
        self._default = default_language
        self._kept = _Kept()

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Every language folder there is, complete or not."""
        folders = {path.split("/")[1] for path in self._files if path.count("/") == 2}
        return tuple(sorted(folders - {"fonts"}))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The complete languages. A tag without a folder of its own falls back to its base language."""
        return frozenset(tag for tag in self.tags if not any(self._missing(tag)))

    @cached_property
    def names(self) -> frozenset[str]:
        """Mail templates that exist for everybody: in the default language or in English."""
        folders = [*self._folders(self._default), *self._folders(LAST_RESORT)]
        return frozenset(name for folder in folders for name in self._mails_in(folder))

    def needs_a_talk(self, name: str) -> bool:
        """Whether mail *name* speaks about one talk, in any language; no step about the round can use it."""
        texts = [self._mail(tag, name) for tag in self.tags if name in self._mails_in(tag)]
        return any(text.names & ABOUT_A_TALK for text in texts)

    def mail(self, name: str, language: str) -> MailText:
        """Mail *name* for somebody who reads *language*. Dates and words follow the language it was found in.

        Raises:
            LookupError: It exists in none of the languages tried.
            Unusable, BadWords: It has a fault; ``faults()`` names it.
        """
        key = (name, language)
        if key not in self._kept.found:
            self._kept.found[key] = self._find(name, language)
        return self._kept.found[key]

    @cached_property
    def layout(self) -> Compiled:
        """The mails' layout. Raises Unusable, KeyError."""
        return compile_html(self._text(LAYOUT))

    def layout_file(self, name: str) -> bytes:
        """A file beside the language folders, such as ``agenda.typ``. Raises KeyError."""
        return self._files[f"{TEMPLATES}/{name}"]

    def faults(self) -> tuple[Fault, ...]:
        """Everything wrong with the templates, in the order of file and line."""
        found = [*self._layout_faults(), *self._design_faults()]
        for tag in self.tags:
            found.extend(fault for name in self._mails_in(tag) for fault in self._mail_faults(tag, name))
            found.extend(fault for name in REQUIRED for fault in self._word_faults(tag, name))
            found.extend(self._missing(tag))
        return tuple(sorted(found))

    def warnings(self) -> tuple[Fault, ...]:
        """What HR should know but may want so."""
        return tuple(sorted(warning for tag in self.tags for warning in self._warnings(tag)))

    def _folders(self, tag: str) -> list[str]:
        return list(dict.fromkeys((tag, base_of(tag))))

    def _mails_in(self, tag: str) -> list[str]:
        head = f"{TEMPLATES}/{tag}/"
        return sorted(path[len(head) : -3] for path in self._files if path.startswith(head) and path.endswith(".md"))

    def _text(self, path: str) -> str:
        return self._files[path].decode("utf-8-sig").replace("\r\n", "\n")

    def _find(self, name: str, language: str) -> MailText:
        for tag in dict.fromkeys((language, self._default, LAST_RESORT)):
            if not {tag, base_of(tag)} & self.languages:
                continue
            for folder in self._folders(tag):
                if f"{TEMPLATES}/{folder}/{name}.md" in self._files:
                    return MailText(language=tag, template=self._mail(folder, name), words=self._words(tag))
        raise LookupError(f"there is no text {name!r} in {language}, {self._default} or {LAST_RESORT}")

    def _mail(self, folder: str, name: str) -> MailTemplate:
        path = f"{TEMPLATES}/{folder}/{name}.md"
        if path not in self._kept.mails:
            self._kept.mails[path] = parse_mail(self._text(path))
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
        return merge(read_words(name, self._text(path)) for path in paths if path in self._files)

    def _missing(self, tag: str) -> Iterator[Fault]:
        """What keeps *tag* from being a complete language."""
        place = f"{TEMPLATES}/{tag}"
        for name in MAILS:
            if not any(f"{TEMPLATES}/{folder}/{name}.md" in self._files for folder in self._folders(tag)):
                yield Fault(file=place, problem=f"the text {name}.md is missing.", mend=_COMPLETE)
        for name, keys in REQUIRED.items():
            try:
                missing = keys - self._merged(tag, name).keys()
            except (BadWords, UnicodeDecodeError):
                yield Fault(file=f"{place}/{name}", problem="it cannot be read.")
                continue
            for key in sorted(missing):
                yield Fault(file=f"{place}/{name}", place=key, problem="this word is missing.", mend=_COMPLETE)

    def _mail_faults(self, tag: str, name: str) -> Iterator[Fault]:
        path = f"{TEMPLATES}/{tag}/{name}.md"
        try:
            template = self._mail(tag, name)
        except Unusable as error:
            yield Fault(file=path, line=error.line, problem=f"{error.problem}.", mend=_SEE_SHIPPED)
            return
        except UnicodeDecodeError:
            yield Fault(file=path, problem="it is not UTF-8 text.", mend="Save it as UTF-8.")
            return
        allowed = allowed_in(name)
        for variable in sorted((template.names | template.declared) - allowed):
            known = "cannot be used in this text" if variable in EVERY else "is unknown"
            mend = _nearest(variable, allowed)
            yield Fault(
                file=path, line=template.line_of(variable), problem=f"the variable {variable} {known}.", mend=mend
            )
        for attribute in sorted(template.attributes - ATTRIBUTES):
            yield Fault(
                file=path,
                line=template.line_of(attribute),
                problem=f"nothing has a .{attribute}.",
                mend=_nearest(attribute, ATTRIBUTES),
            )
        for variable in sorted((template.names & allowed) - template.declared):
            yield Fault(
                file=path,
                line=template.line_of(variable),
                problem=f"the variable {variable} is not declared.",
                mend="Add it to variables at the top of the file.",
            )

    def _word_faults(self, tag: str, name: str) -> Iterator[Fault]:
        path = f"{TEMPLATES}/{tag}/{name}"
        if path not in self._files:
            return
        try:
            read_words(name, self._text(path))
        except BadWords as error:
            yield Fault(file=path, line=error.line, problem=f"{error.problem}.", mend=_SEE_SHIPPED)
        except UnicodeDecodeError:
            yield Fault(file=path, problem="it is not UTF-8 text.", mend="Save it as UTF-8.")

    def _layout_faults(self) -> Iterator[Fault]:
        try:
            unknown = self.layout.names - LAYOUT_VALUES
        except KeyError:
            yield Fault(file=LAYOUT, problem="the layout is missing.")
        except UnicodeDecodeError:
            yield Fault(file=LAYOUT, problem="it is not UTF-8 text.", mend="Save it as UTF-8.")
        except Unusable as error:
            yield Fault(file=LAYOUT, line=error.line, problem=f"{error.problem}.")
        else:
            for name in sorted(unknown):
                yield Fault(file=LAYOUT, problem=f"the variable {name} is unknown.", mend=_nearest(name, LAYOUT_VALUES))

    def _design_faults(self) -> Iterator[Fault]:
        from talkcycle.rendering.designs import DESIGNS, design_fault  # noqa: PLC0415  # loads typst

        for name in DESIGNS:
            path = f"{TEMPLATES}/{name}"
            if path not in self._files:
                yield Fault(file=path, problem="the design is missing.")
            elif fault := design_fault(name, self._files[path]):
                line, problem = fault
                yield Fault(file=path, line=line, problem=problem, mend=_SEE_SHIPPED)

    def _warnings(self, tag: str) -> Iterator[Fault]:
        path = f"{TEMPLATES}/{tag}/preparation-manager.md"
        if path in self._files and MUST_NOT_MARK.encode() not in self._files[path]:
            yield Fault(
                file=path,
                problem="the part on what must not happen in a talk is not marked in this text.",
                mend=f"Keep that part, and the mark {{# brief: {MUST_NOT_MARK} #}} above it.",
            )
        for name in self._mails_in(tag):
            if name not in self.names:
                yield Fault(
                    file=f"{TEMPLATES}/{tag}/{name}.md",
                    problem=f"this text exists neither in {self._default} nor in {LAST_RESORT}, so no step can use it.",
                )


_COMPLETE = "Add it, or remove the folder: a language is used when it is complete."
_SEE_SHIPPED = "Compare it with the shipped file of the same name."


def _nearest(name: str, known: frozenset[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only for a message

    close = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close[0]}?" if close else "The guide lists the variables there are."
