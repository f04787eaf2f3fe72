"""What is wrong with the templates, each fault with its file, its line and a way to mend it."""

from collections.abc import Iterator
from difflib import get_close_matches

from talkcycle.domain.faults import Fault
from talkcycle.rendering.designs import DESIGNS, design_fault
from talkcycle.rendering.library import LAST_RESORT, LAYOUT, Library
from talkcycle.rendering.page_words import PAGES, page_keys, read_page_words
from talkcycle.rendering.sandbox import Unusable
from talkcycle.rendering.template_files import TEMPLATES
from talkcycle.rendering.variables import ATTRIBUTES, EVERY, ONLY_IN_THE_BODY, allowed_in
from talkcycle.rendering.words import REQUIRED, BadWords, read_words
from talkcycle.rendering.yaml_text import line_of_key

LAYOUT_VALUES = frozenset({"language", "subject", "preheader", "organisation", "body", "footer", "confidentiality"})
MUST_NOT_MARK = "MUSTNOT"
_COMPLETE = "Add it, or remove the folder: a language is used when it is complete."
_SEE_SHIPPED = "Compare it with the shipped file of the same name."
_SAVE_AS_UTF_8 = "Save it as UTF-8."


def faults_of(library: Library) -> tuple[Fault, ...]:
    """Every fault, in the order of file and line."""
    found = [*_layout_faults(library), *_design_faults(library)]
    for tag in library.tags:
        found.extend(fault for name in library.mails_in(tag) for fault in _mail_faults(library, tag, name))
        found.extend(fault for name in REQUIRED for fault in _word_faults(library, tag, name))
        found.extend(_page_faults(library, tag))
        found.extend(_missing(library, tag))
    return tuple(sorted(found))


def warnings_of(library: Library) -> tuple[Fault, ...]:
    """What HR should know but may want so."""
    return tuple(sorted(warning for tag in library.tags for warning in _warnings(library, tag)))


def _missing(library: Library, tag: str) -> Iterator[Fault]:
    for path, word in library.missing(tag):
        if word:
            yield Fault(file=path, place=word, problem="this word is missing.", mend=_COMPLETE)
        elif path.endswith(".md"):
            yield Fault(file=path, problem="this text is missing.", mend=_COMPLETE)


def _mail_faults(library: Library, tag: str, name: str) -> Iterator[Fault]:
    path = f"{TEMPLATES}/{tag}/{name}.md"
    try:
        template = library.mail_in(tag, name)
    except Unusable as error:
        yield Fault(file=path, line=error.line, problem=f"{error.problem}.", mend=_SEE_SHIPPED)
        return
    except UnicodeDecodeError:
        yield Fault(file=path, problem="it is not UTF-8 text.", mend=_SAVE_AS_UTF_8)
        return
    allowed = allowed_in(name)
    for variable in sorted((template.names | template.declared) - allowed):
        known = "cannot be used in this text" if variable in EVERY else "is unknown"
        mend = _nearest(variable, allowed)
        yield Fault(file=path, line=template.line_of(variable), problem=f"the variable {variable} {known}.", mend=mend)
    for variable in sorted((template.subject.names | template.preheader.names) & ONLY_IN_THE_BODY):
        yield Fault(
            file=path,
            line=template.line_of(variable),
            problem=f"the variable {variable} stands in the subject or the preheader, which others may see.",
            mend="Leave it to the text below.",
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


def _word_faults(library: Library, tag: str, name: str) -> Iterator[Fault]:
    path = f"{TEMPLATES}/{tag}/{name}"
    if path not in library.files:
        return
    try:
        read_words(name, library.text(path))
    except BadWords as error:
        yield Fault(file=path, line=error.line, problem=f"{error.problem}.", mend=_SEE_SHIPPED)
    except UnicodeDecodeError:
        yield Fault(file=path, problem="it is not UTF-8 text.", mend=_SAVE_AS_UTF_8)


def _page_faults(library: Library, tag: str) -> Iterator[Fault]:
    """What a language lacks of the pages' words is taken from the shipped ones, so nothing is missing."""
    path = f"{TEMPLATES}/{tag}/{PAGES}"
    if path not in library.files:
        return
    try:
        content = read_page_words(library.text(path))
    except BadWords as error:
        yield Fault(file=path, line=error.line, problem=f"{error.problem}.", mend=_SEE_SHIPPED)
        return
    except UnicodeDecodeError:
        yield Fault(file=path, problem="it is not UTF-8 text.", mend=_SAVE_AS_UTF_8)
        return
    for key in sorted(content.keys() - page_keys()):
        line = line_of_key(library.text(path), key)
        yield Fault(file=path, line=line, place=key, problem="no page says this.", mend=_nearest(key, page_keys()))


def _layout_faults(library: Library) -> Iterator[Fault]:
    try:
        unknown = library.layout.names - LAYOUT_VALUES
    except KeyError:
        yield Fault(file=LAYOUT, problem="the layout is missing.")
    except UnicodeDecodeError:
        yield Fault(file=LAYOUT, problem="it is not UTF-8 text.", mend=_SAVE_AS_UTF_8)
    except Unusable as error:
        yield Fault(file=LAYOUT, line=error.line, problem=f"{error.problem}.")
    else:
        for name in sorted(unknown):
            yield Fault(file=LAYOUT, problem=f"the variable {name} is unknown.", mend=_nearest(name, LAYOUT_VALUES))


def _design_faults(library: Library) -> Iterator[Fault]:
    for name in DESIGNS:
        path = f"{TEMPLATES}/{name}"
        if path not in library.files:
            yield Fault(file=path, problem="the design is missing.")
        elif fault := design_fault(name, library.files[path]):
            line, problem = fault
            yield Fault(file=path, line=line, problem=problem, mend=_SEE_SHIPPED)


def _warnings(library: Library, tag: str) -> Iterator[Fault]:
    path = f"{TEMPLATES}/{tag}/preparation-manager.md"
    if path in library.files and MUST_NOT_MARK.encode() not in library.files[path]:
        yield Fault(
            file=path,
            problem="the part on what must not happen in a talk is not marked in this text.",
            mend=f"Keep that part, and the mark {{# brief: {MUST_NOT_MARK} #}} above it.",
        )
    for name in library.mails_in(tag):
        if name not in library.names:
            yield Fault(
                file=f"{TEMPLATES}/{tag}/{name}.md",
                problem=f"this text is neither in {library.default_language} nor in {LAST_RESORT}; no step can use it.",
            )


def _nearest(name: str, known: frozenset[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close[0]}?" if close else "The guide lists the variables there are."
