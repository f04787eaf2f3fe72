"""Whether a text can be a mail address."""

import re
from functools import lru_cache

from talkcycle.intake.unusable import Unusable, quoted

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_MEND = "Write one address such as anna.berg@example.com."


def mail_address(text: str) -> str:
    """*text* if it can be an address: a dotted local part and a domain that DNS could know.

    Internationalised addresses are welcome; quoted local parts, comments and bare addresses of machines are not.
    Source: RFC 5321 section 4.5.3.1 (lengths), RFC 5322 section 3.2.3 (atoms), RFC 6531 (beyond ASCII).

    Raises:
        Unusable: It cannot be one.
    """
    local, at, domain = text.rpartition("@")
    if not at or "@" in local:
        raise Unusable(f"{quoted(text)} is not an address: it needs exactly one @.", _MEND)
    if not text.isprintable() or any(each.isspace() for each in text):
        raise Unusable(f"{quoted(text)} is not an address: it has a space or a control character in it.", _MEND)
    if not (_PLAIN.fullmatch(local) or _LOCAL.fullmatch(local)) or len(local.encode()) > 64:
        raise Unusable(f"{quoted(text)} is not an address: {quoted(local)} cannot stand before the @.", _MEND)
    if not is_domain(domain) or len(text.encode()) > 254:
        raise Unusable(f"{quoted(text)} is not an address: {quoted(domain)} is not a domain.", _MEND)
    return text


@lru_cache(maxsize=4096)
def is_domain(domain: str) -> bool:
    """Say whether DNS could know *domain*; it has a dot and may have letters beyond ASCII."""
    try:
        encoded = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        return False
    return len(encoded) <= 253 and _DOMAIN.fullmatch(encoded.lower()) is not None
