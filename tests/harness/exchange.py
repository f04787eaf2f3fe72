"""Harness for Exchange on-premises: the fake of Exchange Web Services on loopback, over TLS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

from harness.contract import Trait
from harness.organisation_people import SENDER, OrganisationHarness
from servers.ews_server import EwsServer, ews_server
from servers.organisation import Organisation, Where
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings
from talkcycle.transports.exchange.roles import exchange_roles


class ExchangeHarness(OrganisationHarness):
    lacks: Mapping[Trait, str] = MappingProxyType(
        {
            Trait.SEATS: "EWS does not tell them",
        }
    )

    def __init__(self, organisation: Organisation, server: EwsServer) -> None:
        super().__init__("exchange", organisation, Where.ON_PREMISES)
        self.server = server
        self.roles = exchange_roles(exchange_settings(server), sender=SENDER)

    def forget_states(self, address: str, /) -> None:
        del address
        self.server.forget_states()


def exchange_settings(
    server: EwsServer, *, secret: str | None = None, login: ExchangeLogin = ExchangeLogin.BASIC
) -> ExchangeSettings:
    """How to reach *server*. *secret*: another one than the right one."""
    return ExchangeSettings(
        endpoint=server.endpoint,
        login=login,
        user=server.user,
        secret=secret or server.password,
        ca_file=server.ca_file,
        timeout=timedelta(seconds=10),
    )


@contextmanager
def exchange_harness() -> Iterator[ExchangeHarness]:
    organisation = Organisation()
    with ews_server(organisation, account=SENDER) as server:
        yield ExchangeHarness(organisation, server)
