"""What the DNS says of the sender's domain: may others answer it (MX), and do they believe its mails (SPF, DMARC)?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.transports.sender_policy import Judged, judge_dmarc, judge_spf

if TYPE_CHECKING:
    from dns.resolver import Resolver

LABEL = "dns"
"""Stands where other findings name their transport: the records are of the domain, whoever carries its mail."""
ASK_AGAIN = "Run this where the domain's public DNS can be asked, or name a server: talkcycle doctor --resolver 9.9.9.9"


class Unasked(Exception):
    """The DNS gives no answer, which says nothing about the domain. The text says why."""


class NoDomain(Exception):
    """The DNS says that there is no such name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRecords:
    """Looks up what concerns the mails of one sender.

    Attributes:
        sender: The service's mailbox.
        sources: What SPF has to allow, as SPF writes it, such as ``include:spf.protection.outlook.com``; None: not known.
        server: Address and port of the DNS server to ask; None: the system's.
        patience: Seconds for one question, over all servers.
    """

    sender: str
    sources: str | None = None
    server: tuple[str, int] | None = None
    patience: float = 3.0

    def examine(self) -> Iterator[Finding]:
        """A finding for MX, SPF and DMARC each; UNTOLD where nobody answers. Never raises for what a server does."""
        try:
            domain = self.sender.rpartition("@")[2].encode("idna").decode("ascii").lower()
            resolver = _resolver(self.server, self.patience)
        except (UnicodeError, Unasked) as why:
            yield _finding("dns", Judged(grade=Grade.UNTOLD, says=f"nothing can be looked up: {why}", mend=ASK_AGAIN))
            return
        for check, judge in (("mx", _mx), ("spf", self._spf), ("dmarc", _dmarc)):
            try:
                yield _finding(check, judge(resolver, domain))
            except Unasked as why:
                says = f"{domain} cannot be looked up here: {why}"
                yield _finding(check, Judged(grade=Grade.UNTOLD, says=says, mend=ASK_AGAIN))

    def _spf(self, resolver: "Resolver", domain: str) -> Judged:
        try:
            texts = _texts(resolver, domain)
        except NoDomain:
            texts = ()
        return judge_spf(domain, texts, sources=self.sources)


def _mx(resolver: "Resolver", domain: str) -> Judged:
    """Answers to invitations and to mails go to the sender's domain: somebody has to take them."""
    wanted = f"{domain}. IN MX 10 <your mail server>."
    try:
        hosts = [str(record.exchange).rstrip(".") for record in _ask(resolver, domain, "MX")]
    except NoDomain:
        says = f"the DNS knows no {domain}: other organisations refuse its mails, and nobody there can answer them"
        return Judged(grade=Grade.WARNING, says=says, mend=wanted)
    if hosts == [""]:
        says = f"{domain} says that it takes no mail (RFC 7505): nobody can answer an invitation"
        return Judged(grade=Grade.BAD, says=says, mend=wanted)
    if hosts:
        return Judged(grade=Grade.GOOD, says=f"answers to {domain} reach {hosts[0]}")
    says = f"{domain} names no server that takes its mail: answers from outside may not arrive"
    return Judged(grade=Grade.WARNING, says=says, mend=wanted)


def _dmarc(resolver: "Resolver", domain: str) -> Judged:
    """Asks the domain, then those above it, as RFC 9989's tree walk does; a list of public suffixes is not needed."""
    labels = domain.split(".")
    for depth in range(max(1, len(labels) - 1)):
        at = ".".join(labels[depth:])
        try:
            records = [text for text in _texts(resolver, f"_dmarc.{at}") if text.lower().startswith("v=dmarc1")]
        except NoDomain:
            continue
        if records:
            return judge_dmarc(domain, records, at=at)
    return judge_dmarc(domain, (), at=domain)


def _texts(resolver: "Resolver", name: str) -> tuple[str, ...]:
    """TXT records, the strings of one joined (RFC 7208 section 3.3)."""
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in _ask(resolver, name, "TXT"))


def _ask(resolver: "Resolver", name: str, kind: str) -> Sequence[Any]:
    """Raises NoDomain, Unasked."""
    import dns.exception  # noqa: PLC0415  # only for doctor
    import dns.resolver  # noqa: PLC0415

    try:
        answer = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN as nobody:
        raise NoDomain from nobody
    except dns.exception.Timeout as failure:
        raise Unasked("no DNS server answers in time") from failure
    except dns.resolver.NoNameservers as failure:
        raise Unasked("the DNS server fails or refuses to answer") from failure
    except (dns.exception.DNSException, OSError) as failure:
        raise Unasked(type(failure).__name__) from failure
    return () if answer.rrset is None else tuple(answer.rrset)


def _resolver(server: tuple[str, int] | None, patience: float) -> "Resolver":
    """Raises Unasked: this machine knows no DNS server."""
    import dns.resolver  # noqa: PLC0415

    try:
        resolver = dns.resolver.Resolver(configure=server is None)
    except (dns.resolver.NoResolverConfiguration, OSError) as failure:
        raise Unasked("this machine knows no DNS server") from failure
    if server is not None:
        resolver.nameservers, resolver.port = [server[0]], server[1]
    resolver.lifetime = patience
    return resolver


def _finding(check: str, judged: Judged) -> Finding:
    return Finding(transport=LABEL, check=check, grade=judged.grade, says=judged.says, mend=judged.mend)
