"""An Exchange server that misbehaves, a client with a clock of its own, and how the outbox tries again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from harness.exchange import ExchangeHarness, exchange_settings
from harness.graph_faulty import PAUSE, Time, Tried, hand_over
from harness.organisation_people import SENDER
from servers.ews_limits import EwsLimits
from servers.ews_server import EwsServer, ews_server
from servers.organisation import Organisation
from talkcycle.domain.delivery import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings, Limits
from talkcycle.transports.exchange.roles import exchange_roles


class FaultyExchange(ExchangeHarness):
    """The harness with a clock in its hand."""

    def __init__(self, organisation: Organisation, server: EwsServer, time: Time, settings: ExchangeSettings) -> None:
        super().__init__(organisation, server)
        self.time, self.settings = time, settings
        self.restart()

    def restart(self, time: Time | None = None) -> None:
        """A new process of the service: nothing is remembered. *time*: another clock than the server's."""
        self.roles = exchange_roles(self.settings, sender=SENDER, clock=time or self.time)

    def settle(self, parcel: Parcel, *, most: int = 6) -> Tried:
        """Hand *parcel* over as the outbox does: the same again, after the pause, until it is taken."""
        tried = Tried()
        with self.roles.sending.connect() as line:
            for number in range(most):
                try:
                    tried.receipt = hand_over(line, replace(parcel, tried=number > 0))
                    break
                except PermanentDeliveryError as failure:
                    tried.failures.append(failure)
                    break
                except DeliveryError as failure:
                    tried.failures.append(failure)
                    asked = failure.retry_after if isinstance(failure, TransientDeliveryError) else None
                    self.time.passes(asked or PAUSE)
        return tried

    def logins(self, scheme: str) -> int:
        return sum(login.scheme == scheme for login in self.server.logins)


def oauth_settings(server: EwsServer) -> ExchangeSettings:
    """As the application, with a token."""
    return replace(
        exchange_settings(server, login=ExchangeLogin.OAUTH, secret=server.gate.client_secret),
        user=None,
        client_id=server.gate.client_id,
        tenant=server.gate.tenant,
        authority=server.authority,
    )


@contextmanager
def exchange_with_faults(
    *,
    login: ExchangeLogin = ExchangeLogin.BASIC,
    connections: int = 1,
    limits: EwsLimits | None = None,
    timeout: timedelta = timedelta(seconds=10),
) -> Iterator[FaultyExchange]:
    """A server without faults so far: ``server.faults.add``. *connections*: that the settings allow."""
    organisation, time = Organisation(), Time()
    organisation.now = time.now
    with ews_server(organisation, account=SENDER, limits=limits, now=time.now) as server:
        plain = oauth_settings(server) if login is ExchangeLogin.OAUTH else exchange_settings(server, login=login)
        settings = replace(plain, timeout=timeout, limits=Limits(connections=connections, per_mailbox=1))
        yield FaultyExchange(organisation, server, time, settings)
