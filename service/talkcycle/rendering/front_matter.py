"""A mail template in its parts: front matter (subject, preheader, declared variables) and body."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from talkcycle.rendering.sandbox import Compiled, Unusable, compile_markdown, compile_plain
from talkcycle.rendering.yaml_text import BadYaml, read_yaml

_FENCE = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_KEYS = frozenset({"subject", "preheader", "variables"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate:
    """One mail's template.

    Attributes:
        declared: The variables its front matter names.
        source: The whole file, for finding the line of a mistake.
    """

    subject: Compiled
    preheader: Compiled
    body: Compiled
    declared: frozenset[str]
    source: str

    @property
    def names(self) -> frozenset[str]:
        """Every variable it reads."""
        return self.subject.names | self.preheader.names | self.body.names

    @property
    def attributes(self) -> frozenset[str]:
        """Every attribute it reads, of whatever variable."""
        return self.subject.attributes | self.preheader.attributes | self.body.attributes

    def line_of(self, name: str) -> int:
        """The first line below the declarations that reads variable *name*, or where it is declared."""
        lines = self.source.splitlines()
        uses = [number for number, line in enumerate(lines, 1) if re.search(rf"\b{re.escape(name)}\b", line)]
        reads = [number for number in uses if "{" in lines[number - 1] and not lines[number - 1].startswith("variables")]
        return (reads or uses or [1])[0]


@lru_cache(maxsize=512)
def parse_mail(source: str) -> MailTemplate:
    """Take a mail template apart; once, since rounds have most of theirs in common.

    Raises:
        Unusable: Its front matter or its Jinja is not right; the line is one of the whole file.
    """
    source = source.removeprefix("\ufeff")
    fence = _FENCE.match(source)
    if fence is None:
        raise Unusable("it does not begin with front matter between two lines of ---", 1)
    head = _read_head(fence[1])
    above = source[: fence.end()].count("\n")
    return MailTemplate(
        subject=_within(head, "subject", source),
        preheader=_within(head, "preheader", source),
        body=_body(source[fence.end() :], above),
        declared=frozenset(head["variables"]),
        source=source,
    )


def _read_head(text: str) -> dict[str, Any]:
    try:
        head = read_yaml(text)
    except BadYaml as error:
        raise Unusable(f"its front matter is not YAML: {error.problem}", error.line + 1) from error
    if not isinstance(head, dict):
        raise Unusable("its front matter has no keys", 1)
    unknown = sorted(str(key) for key in set(head) - _KEYS)
    if unknown:
        raise Unusable(f"its front matter has the unknown key {unknown[0]}", 1)
    subject, preheader, variables = head.get("subject"), head.get("preheader", ""), head.get("variables", [])
    if not isinstance(subject, str) or not subject.strip():
        raise Unusable("it has no subject", 1)
    if not isinstance(preheader, str):
        raise Unusable("its preheader is not text", 1)
    if not isinstance(variables, list) or not all(isinstance(name, str) for name in variables):
        raise Unusable("its variables are not a list of names", 1)
    return {"subject": subject, "preheader": preheader, "variables": variables}


def _within(head: dict[str, Any], key: str, source: str) -> Compiled:
    try:
        return compile_plain(head[key])
    except Unusable as error:
        line = next((n for n, text in enumerate(source.splitlines(), 1) if text.startswith(f"{key}:")), 1)
        raise Unusable(f"{key}: {error.problem}", line) from error


def _body(text: str, above: int) -> Compiled:
    try:
        return compile_markdown(text)
    except Unusable as error:
        raise Unusable(error.problem, error.line + above) from error
