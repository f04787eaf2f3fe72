"""Routes in service.yaml: which transport serves whose mailbox."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from talkcycle.domain.routes import RouteRule, Transport
from talkcycle.intake.findings import Findings
from talkcycle.intake.mailbox_model import RouteSection
from talkcycle.intake.nearest import choices
from talkcycle.intake.unusable import quoted
from talkcycle.intake.yaml_lines import Value

ROUTES = ("routes",)
ALL = "*"


def read_routes(
    findings: Findings, value: Value, configured: Sequence[Transport]
) -> tuple[tuple[RouteRule, ...], Transport]:
    """The rules, and who serves a mailbox that fits none.

    Args:
        value: As written; None: there are none.
        configured: Transports the file has a section of, faulty ones too.
    """
    rules = _rules(findings, value, configured)
    otherwise = Transport.SMTP if Transport.SMTP in configured or not configured else configured[0]
    undecided = len(configured) > 1 and Transport.SMTP not in configured
    if undecided and findings.sound(ROUTES) and not any(_covers(rule.address, ALL) for rule in rules):
        problem = f"nothing says whether {choices(configured)} serves a mailbox that fits no rule."
        mend = f'End with `- {{address: "*", by: {otherwise}}}`.'
        findings.fault(ROUTES, problem, mend if rules else mend.replace("End with", "Write below `routes:`"))
    return rules, otherwise


def _rules(findings: Findings, value: Value, configured: Sequence[Transport]) -> tuple[RouteRule, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        mend = 'Write each on a line of its own, such as `- {address: "*@shop.example.com", by: smtp}`.'
        findings.fault(ROUTES, "must be a list of rules.", mend)
        return ()
    rules: list[RouteRule] = []
    for place, item in enumerate(value):
        path = (*ROUTES, place)
        section = findings.section(RouteSection, item, path)
        if findings.sound((*path, "by")) and section.by not in configured:
            mend = f"Write a section `{section.by}:`"
            mend += f", or {choices(configured)} here." if configured else "."
            findings.fault((*path, "by"), f"{quoted(section.by)} is not configured in this file.", mend)
        if findings.sound((*path, "address")):
            before = _reached_first(section.address, rules)
            if before is not None:
                mend = "Put the narrower rule first, or take this one away."
                findings.fault((*path, "address"), f"is never reached: {quoted(before)} comes first.", mend)
        if findings.sound(path):
            rules.append(RouteRule(address=section.address, transport=section.by))
    return tuple(rules)


def _reached_first(address: str, rules: Iterable[RouteRule]) -> str | None:
    """The pattern of *rules* that takes everything that *address* would."""
    return next((rule.address for rule in rules if _covers(rule.address, address)), None)


def _covers(wide: str, narrow: str) -> bool:
    """Whether whatever fits *narrow* fits *wide*. May miss some.

    A star of *narrow*, taken as a letter, can only be met by a star of *wide*, which then meets whatever it stands for.
    """
    if wide in {ALL, "*@*"}:
        return True
    return "?" not in wide and fnmatchcase(narrow.casefold(), wide.casefold())
