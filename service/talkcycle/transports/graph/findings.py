"""What the doctor finds without asking anybody: how long secret and certificate last, and what a token allows."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.routes import Transport
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph import mends

SOON = timedelta(days=30)
NEEDED_IN_TENANT = {"User.Read.All": "read the roster from the directory", "Place.Read.All": "know the rooms of a site"}
"""There is nothing narrower; each is needed only for what it is for."""
OF_CALENDARS = frozenset({"Calendars.Read", "Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.ReadWrite"})
"""In the whole tenant they make scoping void, but everybody may be in the round."""


def finding(check: str, grade: Grade, says: str, mend: str = "", **about: str) -> Finding:
    return Finding(transport=Transport.GRAPH.value, check=check, grade=grade, says=says, mend=mend, about=about)


def credential(settings: GraphSettings, now: datetime) -> Finding:
    """How long the application can go on logging in."""
    if settings.certificate is None:
        if settings.secret_expires is None:
            mend = "Write graph.secret_expires in service.yaml: the date that Entra shows beside the secret."
            return finding("secret", Grade.UNTOLD, "when the secret expires cannot be seen from outside", mend)
        ends = datetime.combine(settings.secret_expires, datetime.min.time(), UTC)
        return lasting("secret", "the secret", ends, now, mends.NEW_KEY.format(client=settings.client_id))
    try:
        ends = _end_of(settings.certificate.read_bytes())
    except (OSError, ValueError) as failure:
        says = f"the certificate's file cannot be read: {type(failure).__name__}"
        mend = f"Make {settings.certificate} a PEM file with certificate and private key that the service may read."
        return finding("certificate", Grade.BAD, says, mend)
    return lasting("certificate", "the certificate", ends, now, mends.CERTIFICATE.format(client=settings.client_id))


def lasting(
    check: str, what: str, ends: datetime, now: datetime, mend: str, *, soon: timedelta = SOON, **about: str
) -> Finding:
    """Whether *what* lasts for a while."""
    if ends <= now:
        return finding(check, Grade.BAD, f"{what} expired on {ends:%Y-%m-%d}", mend, **about)
    grade = Grade.WARNING if ends - now < soon else Grade.GOOD
    return finding(check, grade, f"{what} lasts until {ends:%Y-%m-%d}", mend if grade is Grade.WARNING else "", **about)


def tenant_wide(token: str, client: str) -> Iterator[Finding]:
    """What the token allows everywhere. What it may in single mailboxes (RBAC for Applications) stands in no token."""
    roles = _roles(token)
    if roles is None:
        mend = mends.tested(client, "MAILBOX")
        yield finding("rights", Grade.UNTOLD, "the token does not show what it allows in the whole tenant", mend)
        return
    for role in sorted(roles - NEEDED_IN_TENANT.keys()):
        grade = Grade.WARNING if role in OF_CALENDARS else Grade.BAD
        says = f"{role} is granted in the whole tenant: no scope narrows it, the union of all grants counts"
        yield finding("rights", grade, says, mends.revoked(role, client), right=role)
    for role, purpose in NEEDED_IN_TENANT.items():
        if role not in roles:
            says = f"{role} is not granted, without which the service cannot {purpose}"
            yield finding("rights", Grade.WARNING, says, mends.granted(role, client), right=role)
    if roles == NEEDED_IN_TENANT.keys():
        yield finding("rights", Grade.GOOD, f"in the whole tenant it may only: {', '.join(sorted(roles))}")


def _roles(token: str) -> frozenset[str] | None:
    """The claim of that name. Nobody checks the signature: it is Graph's to trust, we only show it to its owner."""
    try:
        packed = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        return frozenset(str(role) for role in claims.get("roles", ()))
    except (IndexError, ValueError, AttributeError, TypeError):
        return None


def _end_of(pem: bytes) -> datetime:
    from cryptography import x509  # noqa: PLC0415  # 40 ms, for the doctor alone

    return x509.load_pem_x509_certificate(pem).not_valid_after_utc
