"""What the pages say, in each language: ``pages.yaml`` of its folder, and whatever it lacks as shipped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup

from talkcycle.rendering.library import LAST_RESORT, base_of
from talkcycle.rendering.markdown import both_forms
from talkcycle.rendering.sandbox import Compiled, Unusable, compile_markdown, compile_plain
from talkcycle.rendering.template_files import TEMPLATES, shipped_files
from talkcycle.rendering.words import BadWords, merge
from talkcycle.rendering.yaml_text import BadYaml, line_of_key, read_yaml

PAGES = "pages.yaml"
IN_MARKDOWN = frozenset({"talk_opted_out", "prepare", "out_others", "hosted_prepare", "refused"})
VARIABLES = frozenset(
    {
        *("recipient_name", "other_name", "organisation", "hr_name", "hr_email", "hr_telephone"),
        *("minutes", "date_time", "other_zone_time", "proposed_date_time"),
        *("who", "by", "number", "latest", "example_day"),
    }
)
"""What a text of a page may use. Those of no talk - refused, busy, broken - have nothing, nor have words in files."""
ABOUT_NOTHING = frozenset(
    {
        *("skip", "steps_file", "step_title", "before_title", "before_manager"),
        *("progress_open", "progress_done", "progress_dropped"),
        *(f"{name}{part}" for name in ("refused", "busy", "broken") for part in ("", "_title")),
    }
)


@dataclass(frozen=True, slots=True)
class PageWords:
    """The texts of the pages in one language. *language*: a Babel tag."""

    language: str
    texts: Mapping[str, Compiled]

    def say(self, key: str, values: Mapping[str, Any]) -> str:
        """*key* as plain text on one line."""
        return " ".join(self.texts[key].text(values).split())

    def html(self, key: str, values: Mapping[str, Any]) -> Markup:
        """*key* as HTML made from Markdown."""
        return Markup(both_forms(self.texts[key].text(values)).html)  # noqa: S704  # raw HTML is off


def page_words(files: Mapping[str, bytes], languages: tuple[str, ...]) -> PageWords:
    """The texts in the first of *languages* that has them, English at last.

    Args:
        files: HR's and the round's own, ``templates/<tag>/pages.yaml`` among them; shipped texts stand behind them.
    """
    for tag in (*languages, LAST_RESORT):
        texts = _compiled(_layers(files, tag))
        if page_keys() <= texts.keys():
            return PageWords(tag, texts)
    raise LookupError("there are no texts for pages")


@cache
def page_languages() -> tuple[str, ...]:
    """Tags in which the shipped pages can be read."""
    tags = (path.split("/")[1] for path in _shipped())
    return tuple(sorted(tag for tag in tags if page_keys() <= _compiled(_layers({}, tag)).keys()))


@cache
def page_keys() -> frozenset[str]:
    """Every text there is."""
    return frozenset(read_page_words(_shipped()[f"{TEMPLATES}/{LAST_RESORT}/{PAGES}"].decode()))


@lru_cache(maxsize=64)
def read_page_words(source: str) -> Mapping[str, str]:
    """The content of a ``pages.yaml``, not to be changed. Raises BadWords."""
    try:
        content = read_yaml(source)
    except BadYaml as error:
        raise BadWords(f"it is not YAML: {error.problem}", error.line) from error
    if not isinstance(content, dict):
        raise BadWords("it is not a list of keys with words", 1)
    for key, problem in _problems(content):
        raise BadWords(f"{key} {problem}", line_of_key(source, str(key)))
    return content


def _problems(content: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, text in content.items():
        if not isinstance(text, str):
            yield key, "is not text"
            continue
        try:
            names = _compile(key, text).names
        except Unusable as error:
            yield key, f"has {error.problem}"
            continue
        for unknown in sorted(names - (frozenset() if key in ABOUT_NOTHING else VARIABLES)):
            yield key, f"uses the variable {unknown}, which it cannot"


def _compile(key: str, text: str) -> Compiled:
    return compile_markdown(text) if key in IN_MARKDOWN else compile_plain(text)


def _layers(files: Mapping[str, bytes], tag: str) -> tuple[bytes, ...]:
    """What *tag* has, HR's own before what is shipped, its own before its language's."""
    paths = [f"{TEMPLATES}/{folder}/{PAGES}" for folder in dict.fromkeys((tag, base_of(tag)))]
    return tuple(kept[path] for path in paths for kept in (files, _shipped()) if path in kept)


@lru_cache(maxsize=64)
def _compiled(layers: tuple[bytes, ...]) -> Mapping[str, Compiled]:
    """Ready to be said. It takes a tenth of a second, and the same for every page of a language."""
    merged = merge(read_page_words(layer.decode("utf-8-sig")) for layer in layers)
    return {key: _compile(key, str(text)) for key, text in merged.items()}


@cache
def _shipped() -> Mapping[str, bytes]:
    return {path: data for path, data in shipped_files(None).items() if path.endswith(f"/{PAGES}")}
