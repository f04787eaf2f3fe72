"""Harness for Exchange Online: Microsoft Graph's fake on loopback, over TLS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

from harness.contract import Trait
from harness.organisation_people import SENDER, OrganisationHarness
from servers.graph_server import GraphServer, graph_server
from servers.organisation import Organisation, Where
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph.roles import graph_roles


class GraphHarness(OrganisationHarness):
    lacks: Mapping[Trait, str] = MappingProxyType({Trait.EXACT_BYTES: "Graph makes the mail anew out of its parts"})

    def __init__(self, organisation: Organisation, server: GraphServer) -> None:
        super().__init__("graph", organisation, Where.ONLINE)
        self.server = server
        self.roles = graph_roles(graph_settings(server), sender=SENDER)

    def forget_states(self, address: str, /) -> None:
        del address
        self.server.forget_states()


def graph_settings(server: GraphServer, *, secret: str | None = None) -> GraphSettings:
    """How to reach *server*. *secret*: another one than the right one."""
    return GraphSettings(
        tenant=server.tenant,
        client_id=server.client_id,
        secret=secret or server.secret,
        endpoint=server.endpoint,
        authority=server.authority,
        ca_file=server.ca_file,
        timeout=timedelta(seconds=10),
    )


@contextmanager
def graph_harness() -> Iterator[GraphHarness]:
    organisation = Organisation()
    with graph_server(organisation) as server:
        yield GraphHarness(organisation, server)
