"""Who serves a mailbox, as people write it in a roster."""

from collections.abc import Set as AbstractSet

from talkcycle.domain.routes import Transport
from talkcycle.intake.nearest import choices, did_you_mean
from talkcycle.intake.unusable import Unusable, quoted

TRANSPORTS = tuple(each.value for each in Transport)

_NAMES = {
    Transport.SMTP: "smtp, mail, e-mail, email, e-post, epost, mejl",
    Transport.EXCHANGE: "exchange, on-premises, on premises, on-prem, onprem, exchange on-premises, ews, lokal",
    Transport.GRAPH: "graph, online, exchange online, office 365, office365, o365, microsoft 365, m365, 365, molnet",
}
_BY_NAME = {name: transport.value for transport, names in _NAMES.items() for name in names.split(", ")}


def transport_named(text: str, available: AbstractSet[str]) -> str:
    """``smtp``, ``exchange`` or ``graph``.

    Args:
        available: Those that service.yaml has.

    Raises:
        Unusable: It is none, or none that the service has.
    """
    found = _BY_NAME.get(" ".join(text.casefold().split()))
    if found is None:
        mend = did_you_mean(text, _BY_NAME, f"Write {choices(TRANSPORTS)}, or leave it empty.")
        raise Unusable(f"{quoted(text)} is no way to reach a mailbox.", mend)
    if found not in available:
        mend = "Leave it empty, so that the rules of service.yaml hold, or let IT configure it there."
        raise Unusable(f"service.yaml has no {found}.", mend)
    return found
