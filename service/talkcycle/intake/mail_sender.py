"""Who sent a mail, and whether our own mail server vouches for it (RFC 8601). Pure."""

import re
from collections.abc import Iterator
from email.message import Message

from talkcycle.domain.mails import Verification

LONGEST = 4_000
"""Characters of a header that is looked at; longer ones count as not there."""
MOST_RESULTS = 50
UNDECIDED = frozenset({"none", "temperror", "bestguesspass"})
"""DMARC's result where the domain publishes no policy, or it could not be looked up: signature and server decide."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_ADDRESS = r"[^\s@<>\"(),;:\\\[\]]+@[^\s@<>\"(),;:\\]+"
_NAMED = re.compile(rf"[^<>,;:]*<\s*({_ADDRESS})\s*>\s*")
_BARE = re.compile(rf"\s*({_ADDRESS})\s*")
_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header|smtp|policy|body)\.([a-z0-9-]+)\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


def sender_of(mail: Message) -> str | None:
    """The one address in the one From there is; None when there are none or several: nobody knows which one counts."""
    fields = [value for name, value in _headers(mail) if name == "from"]
    if len(fields) != 1 or len(fields[0]) > LONGEST:
        return None
    plain = _COMMENT.sub(" ", _QUOTED.sub("", " ".join(fields[0].split())))
    found = (_NAMED if "<" in plain else _BARE).fullmatch(plain)
    return found[1] if found else None


def verification_of(mail: Message, sender: str | None, authserv_id: str | None) -> Verification:
    """What the mail server called *authserv_id* says of *sender*. Others' words do not count.

    Servers write on top. Only the topmost results of that name count, up to the next server's trace: what lies below
    came with the mail, and is forged. (RFC 8601 section 5: the server takes away others' headers with its own name.)
    """
    results = list(_results(mail, authserv_id)) if authserv_id is not None else []
    if not results:
        return Verification.NOT_SAID
    domain = "" if sender is None else sender.rpartition("@")[2].casefold()
    if sender is None or not domain:
        return Verification.UNVERIFIED
    policy = next((each for each in results if each[0] == "dmarc"), None)
    if policy is not None and policy[1] not in UNDECIDED:
        passed = policy[1] == "pass" and policy[2].get("header.from", domain).casefold() == domain
        return Verification.VERIFIED if passed else Verification.UNVERIFIED
    vouched = any(
        _vouches(method, properties, sender, domain) for method, result, properties in results if result == "pass"
    )
    return Verification.VERIFIED if vouched else Verification.UNVERIFIED


def _vouches(method: str, properties: dict[str, str], sender: str, domain: str) -> bool:
    """Whether something that passed is about *sender*: a login, a signature of their domain, or a server of it."""
    if method == "auth":
        return sender.casefold() in {properties.get(key, "").casefold() for key in ("smtp.auth", "smtp.mailfrom")}
    if method == "dkim":
        signed = properties.get("header.d") or properties.get("header.i", "")
        return _is_within(domain, signed)
    return method == "spf" and _is_within(domain, properties.get("smtp.mailfrom", ""))


def _is_within(domain: str, other: str) -> bool:
    """Whether *domain* is *other*, an address's domain or a bare one, or below it."""
    parent = other.rpartition("@")[2].casefold().rstrip(".")
    return "." in parent and (domain == parent or domain.endswith(f".{parent}"))


def _results(mail: Message, authserv_id: str | None) -> Iterator[tuple[str, str, dict[str, str]]]:
    found = False
    for name, value in _headers(mail):
        if name == "received" and found:
            return
        if name != "authentication-results" or len(value) > LONGEST:
            continue
        server, *results = _without_comments(value).split(";")
        if server.split()[:1] and server.split()[0].casefold() == (authserv_id or "").casefold():
            found = True
            yield from (each for each in map(_result, results[:MOST_RESULTS]) if each is not None)


def _headers(mail: Message) -> Iterator[tuple[str, str]]:
    """In their order. Addresses beyond ASCII are UTF-8 as it is (RFC 6532), which the parser keeps in surrogates."""
    for name, value in mail.raw_items():
        yield name.lower(), str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _result(text: str) -> tuple[str, str, dict[str, str]] | None:
    head = _RESULT.match(text)
    if head is None:
        return None
    properties = {f"{kind}.{name}".lower(): value for kind, name, value in _PROPERTY.findall(text)}
    return head[1].lower(), head[2].lower(), properties


def _without_comments(text: str) -> str:
    """Comments and quoted texts may hold what looks like a result: the first go, the second lose what makes one."""
    kept: list[str] = []
    depth, quoted = 0, False
    characters = iter(" ".join(text.split()))
    for character in characters:
        if character == "\\":
            next(characters, None)
        elif character == '"' and depth == 0:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and not quoted:
            depth = max(0, depth - 1)
        elif depth == 0 and not (quoted and character in ";= "):
            kept.append(character)
    return "".join(kept)
