"""A language's small words: labels, file names, lines of the footer, and the words of the two PDFs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from talkcycle.rendering.sandbox import Compiled, Markdown, Unusable, compile_markdown, compile_plain
from talkcycle.rendering.variables import ABOUT_A_TALK, GENERAL
from talkcycle.rendering.yaml_text import BadYaml, line_of_key, read_yaml

WORDS, AGENDA, SELF_REVIEW = "words.yaml", "agenda.yaml", "self-review.yaml"
IN_MARKDOWN = frozenset({"confidentiality", "opt_out", "opt_out_line", "footer"})
REQUIRED = {
    WORDS: frozenset(
        {
            "language_name",
            "calendar_title",
            "cycle_name",
            "place_agree",
            "place_online",
            "confidentiality",
            "opt_out",
            "opt_out_line",
            "footer",
            "agenda_file",
            "self_review_file",
            "invitation_file",
            "hr_sender",
        }
    ),
    AGENDA: frozenset(
        {
            "title",
            "employee",
            "manager",
            "when",
            "where",
            "minutes",
            "leads",
            "in_calendar",
            "speaks_first",
            "ground_rules",
            "footer",
            "strategy_heading",
            "points",
        }
    ),
    SELF_REVIEW: frozenset({"title", "intro", "note", "prompts", "footer"}),
}
_ALLOWED = GENERAL | ABOUT_A_TALK
_ONES_OWN = frozenset({"page_link", "follow_up_link", "actions_link"})
"""For one person's eyes: in no word but the line that ends a mail, since both read what calendars and agendas say."""
_NO_LOOP = frozenset(IN_MARKDOWN)
"""Words that are variables themselves, so that words must not build on them."""


class BadWords(Exception):
    """A file of words cannot be used. *line*: one-based."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of one language.

    Attributes:
        small: words.yaml.
        agenda, review: The words of the PDFs, plain values.
    """

    small: Mapping[str, Compiled]
    agenda: Mapping[str, Any]
    review: Mapping[str, Any]

    def say(self, key: str, values: Mapping[str, Any]) -> str:
        """The small word *key*; a Markdown string when the word is Markdown."""
        text = self.small[key].text(values).strip()
        return Markdown(text) if key in IN_MARKDOWN else " ".join(text.split())


def merge(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Mappings one over another, the first wins; mappings within them likewise."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if key not in merged:
                merged[key] = value
            elif isinstance(merged[key], Mapping) and isinstance(value, Mapping):
                merged[key] = merge([merged[key], value])
    return merged


@lru_cache(maxsize=256)
def read_words(name: str, source: str) -> Mapping[str, Any]:
    """The content of the words file *name*; not to be changed, since every round with these words gets the same.

    Raises:
        BadWords: It is not a mapping of words, or a word's Jinja is wrong.
    """
    try:
        content = read_yaml(source)
    except BadYaml as error:
        raise BadWords(f"it is not YAML: {error.problem}", error.line) from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise BadWords("it is not a list of keys with words", 1)
    for key, problem in _problems(name, content):
        raise BadWords(f"{key} {problem}", line_of_key(source, key))
    return content


def compile_words(content: Mapping[str, str]) -> dict[str, Compiled]:
    """The small words, ready to be said. Raises Unusable."""
    return {key: _compile(key, text) for key, text in content.items()}


def _compile(key: str, text: str) -> Compiled:
    return compile_markdown(text) if key in IN_MARKDOWN else compile_plain(text)


def _problems(name: str, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        if name == WORDS:
            yield from _problems_of_word(key, value)
        elif key not in {"leads", "points", "prompts"} and not isinstance(value, str):
            yield key, "is not text"
    yield from _problems_of_shape(content)


def _problems_of_word(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        yield key, "is not text"
        return
    try:
        names = _compile(key, value).names
    except Unusable as error:
        yield key, f"has {error.problem}"
        return
    shared = _NO_LOOP if key == "opt_out_line" else _NO_LOOP | _ONES_OWN
    for unknown in sorted(names - _ALLOWED | names & shared):
        yield key, f"uses the variable {unknown}, which it cannot"


def _problems_of_shape(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    leads, points, prompts = content.get("leads", {}), content.get("points", {}), content.get("prompts", ["", "", ""])
    if not isinstance(leads, dict) or not all(isinstance(word, str) for word in leads.values()):
        yield "leads", "is not a list of who leads with a word each"
    if not isinstance(points, dict) or not all(_is_point(point) for point in points.values()):
        yield "points", "is not a list of points, each with a title and questions"
    if not isinstance(prompts, list) or len(prompts) != 3 or not all(_is_prompt(prompt) for prompt in prompts):
        yield "prompts", "is not three questions"


def _is_point(point: Any) -> bool:
    if not isinstance(point, dict) or not isinstance(point.get("title"), str):
        return False
    questions = point.get("questions", [])
    return isinstance(questions, list) and all(isinstance(question, str) for question in questions)


def _is_prompt(prompt: Any) -> bool:
    if isinstance(prompt, dict):
        return isinstance(prompt.get("title"), str) and isinstance(prompt.get("help", ""), str)
    return isinstance(prompt, str)
