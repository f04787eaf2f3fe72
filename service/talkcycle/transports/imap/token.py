"""The token with which an application opens a mailbox of Exchange Online over IMAP (XOAUTH2)."""

from collections.abc import Callable

from talkcycle.domain.ports import Clock
from talkcycle.domain.service import GraphSettings, ImapSettings


def token_source(settings: ImapSettings, clock: Clock) -> Callable[[], str]:
    """Gives a token that has some time left. Asked for as Graph's are, for another server of the same cloud.

    It raises TransientDeliveryError when there is none now; after a refusal nobody asks again for a quarter of an hour.
    """
    from talkcycle.transports.graph.lines import open_client, tls_context  # noqa: PLC0415  # httpx
    from talkcycle.transports.graph.tokens import Tokens  # noqa: PLC0415

    application = GraphSettings(
        tenant=settings.tenant or "",
        client_id=settings.client_id or "",
        secret=settings.secret,
        endpoint=f"https://{settings.host}",  # the scope is this server's: https://outlook.office365.com/.default
        authority=settings.authority,
        ca_file=settings.ca_file,
        timeout=settings.timeout,
    )
    context = tls_context(application)
    tokens = Tokens(application, open_client=lambda: open_client(application, context, settings.authority), clock=clock)
    return lambda: tokens.current().value
