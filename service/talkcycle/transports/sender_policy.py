"""SPF and DMARC records, read by simple rules: whether a domain's mails are believed, and what to publish."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from talkcycle.domain.mailboxes import Grade

MOST_LOOKUPS = 10
"""RFC 7208 section 4.6.4. Only those of the record itself are counted; an ``include`` may hide more."""
SOURCES = {
    "graph.microsoft.com": "include:spf.protection.outlook.com",
    "smtp.office365.com": "include:spf.protection.outlook.com",
}
"""By the host that takes our mail: from which servers it leaves, as SPF writes them, where that is public knowledge."""
_LOOKS_UP = re.compile(r"[+\-~?]?(include:|a$|a[:/]|mx$|mx[:/]|ptr$|ptr:|exists:)|redirect=", re.IGNORECASE)
_ALL = re.compile(r"([+\-~?]?)all", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be said of a record, and the record to publish instead; empty: nothing."""

    grade: Grade
    says: str
    mend: str = ""


def judge_spf(domain: str, texts: Sequence[str], *, sources: str | None) -> Judged:
    """Judge the SPF record among the TXT records *texts* of *domain* (RFC 7208).

    Args:
        sources: What it has to allow, as SPF writes it; None: not known.
    """
    records = [text for text in texts if text.lower().split(" ", 1)[0] == "v=spf1"]
    wanted = f'{domain}. IN TXT "v=spf1 {sources or "mx"} -all"'
    if sources is None:
        wanted += " (in place of mx: the servers from which your mail leaves for other organisations)"
    if not records:
        says = f"{domain} has no SPF record: its mails look like anybody's"
        return Judged(grade=Grade.WARNING, says=says, mend=wanted)
    if len(records) > 1:
        says = f"{domain} has {len(records)} SPF records, which count as an error (RFC 7208 section 4.5)"
        return Judged(grade=Grade.BAD, says=says, mend=f"Keep one: {wanted}")
    terms = records[0].split()[1:]
    lookups = sum(_LOOKS_UP.match(term) is not None for term in terms)
    if lookups > MOST_LOOKUPS:
        says = f"the SPF record of {domain} needs {lookups} look-ups, and more than {MOST_LOOKUPS} count as an error"
        return Judged(grade=Grade.BAD, says=says, mend="Name networks (ip4:, ip6:) in place of some include:, a and mx.")
    return _judge_end(domain, records[0], terms, sources)


def _judge_end(domain: str, record: str, terms: Sequence[str], sources: str | None) -> Judged:
    ends = [found[1] or "+" for term in terms if (found := _ALL.fullmatch(term))]
    end = ends[0] if ends else None
    if end == "+":
        says = f"the SPF record of {domain} lets the whole world send in its name ({record})"
        return Judged(grade=Grade.BAD, says=says, mend=_publish(domain, _ending(terms)))
    if sources is not None and sources.lower() not in (term.lstrip("+").lower() for term in terms):
        says = f"the SPF record of {domain} does not name {sources} itself ({record}); another record may include it"
        return Judged(grade=Grade.WARNING, says=says, mend=_publish(domain, [sources, *_ending(terms)]))
    if end is None and any(term.lower().startswith("redirect=") for term in terms):
        return Judged(grade=Grade.GOOD, says=f"{domain} leaves SPF to another domain ({record})")
    if end in {None, "?"}:
        says = f"the SPF record of {domain} says nothing of other servers ({record})"
        return Judged(grade=Grade.WARNING, says=says, mend=_publish(domain, _ending(terms)))
    return Judged(grade=Grade.GOOD, says=f"{domain} says who sends in its name ({record})")


def _ending(terms: Sequence[str]) -> list[str]:
    return [*(term for term in terms if not _ALL.fullmatch(term)), "~all"]


def _publish(domain: str, terms: Sequence[str]) -> str:
    return f'{domain}. IN TXT "{" ".join(["v=spf1", *terms])}"'


def judge_dmarc(domain: str, records: Sequence[str], *, at: str) -> Judged:
    """Judge the DMARC *records* that hold for *domain* and were found at ``_dmarc.<at>`` (RFC 7489, RFC 9989)."""
    wanted = f'_dmarc.{at}. IN TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@{at}"'
    if not records:
        says = f"{domain} has no DMARC record: anybody can write in its name, and large providers trust it less"
        return Judged(grade=Grade.WARNING, says=says, mend=wanted)
    if len(records) > 1:
        says = f"{at} has {len(records)} DMARC records, so none of them counts"
        return Judged(grade=Grade.BAD, says=says, mend=f"Keep one: {wanted}")
    tags = _tags(records[0])
    policy = tags.get("p", "").lower()
    if at != domain:
        policy = tags.get("sp", policy).lower()
    if policy in {"quarantine", "reject"}:
        says = f"{at} asks others to {policy} what is sent in its name without SPF or DKIM ({records[0]})"
        return Judged(grade=Grade.GOOD, says=says)
    if policy == "none":
        says = f"the DMARC record of {at} only watches ({records[0]}); forged invitations are delivered"
        return Judged(grade=Grade.WARNING, says=says, mend=wanted)
    says = f"the DMARC record of {at} has no policy that anybody knows ({records[0]})"
    return Judged(grade=Grade.WARNING, says=says, mend=wanted)


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
