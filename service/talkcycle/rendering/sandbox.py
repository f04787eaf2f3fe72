"""HR's templates run in a sandbox: no loaders, nothing undefined, and no value can bring markup of its own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ANYWHERE = re.compile(r"[\\`*_{}\[\]<>()#+!|&~=\"]")
_AT_THE_START = re.compile(r"^(\d*)([.\-:])")
_BLANKS = re.compile(r"[ \t\r\n\v\f\x00-\x08\x0e-\x1f\x7f\x85\u2028\u2029]+")
_NEWLINE = re.compile(r"\r\n|\r")
_FORBIDDEN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Markdown(str):
    """Text that is Markdown already: HR's or ours. It is put in as it is."""

    __slots__ = ()


@lru_cache(maxsize=4096)
def escape_markdown(value: str) -> str:
    """*value* so that Markdown shows exactly it, wherever it stands: on one line, marks escaped.

    Source: CommonMark section 2.4: any ASCII punctuation may be escaped with a backslash. A leading digit, dot or dash
    could open a list or a rule.
    """
    return _AT_THE_START.sub(r"\1\\\2", _ANYWHERE.sub(r"\\\g<0>", _BLANKS.sub(" ", value).strip()))


def one_line(value: str) -> str:
    """*value* without line breaks and control characters."""
    return _BLANKS.sub(" ", value).strip()


def _for_markdown(value: Any) -> str:
    return str(value) if isinstance(value, Markdown) else escape_markdown(str(value))


def _environment(finalize: Callable[[Any], str] | None, *, autoescape: bool = False) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


_MARKDOWN = _environment(_for_markdown)
_PLAIN = _environment(None)
_HTML = _environment(None, autoescape=True)


class Unusable(Exception):
    """A template cannot be compiled. *line*: one-based within its source."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template ready to run.

    Attributes:
        template: A text where there is nothing to fill in: most words are one, and compiling all takes a second.
        names: Every variable it reads, in any branch. *attributes*: every ``.attribute``.
    """

    template: Template | str
    names: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    def text(self, values: Mapping[str, Any]) -> str:
        """Raises UndefinedError or SecurityError rather than giving half a text."""
        return self.template if isinstance(self.template, str) else self.template.render(values)


def compile_markdown(source: str) -> Compiled:
    """A body in Markdown: plain values are escaped. Raises Unusable."""
    return _compile(_MARKDOWN, source)


def compile_plain(source: str) -> Compiled:
    """A subject or a word: values are put in as they are. Raises Unusable."""
    return _compile(_PLAIN, source)


def compile_html(source: str) -> Compiled:
    """The layout: values are escaped for HTML. Raises Unusable."""
    return _compile(_HTML, source)


@lru_cache(maxsize=4096)
def _compile(environment: ImmutableSandboxedEnvironment, source: str) -> Compiled:
    if "{" not in source:
        return Compiled(_NEWLINE.sub("\n", source).removesuffix("\n"))
    try:
        tree = environment.parse(source)
        for node in tree.find_all(_FORBIDDEN):
            raise Unusable("it wants to include another file, which texts cannot do", node.lineno)
        names = frozenset(meta.find_undeclared_variables(tree))
        attributes = frozenset(node.attr for node in tree.find_all(nodes.Getattr))
        return Compiled(environment.from_string(tree), names, attributes)
    except TemplateSyntaxError as error:
        what = str(error.message).partition(". ")[0].rstrip(".")
        raise Unusable(f"a mistake in the template: {what}", error.lineno) from error
