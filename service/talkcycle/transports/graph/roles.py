"""Everything that Graph does for the service, composed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from talkcycle.domain.ports import Clock, Roles
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph.client import Graph
from talkcycle.transports.graph.directory import GraphDirectory
from talkcycle.transports.graph.doctor import GraphDoctor
from talkcycle.transports.graph.free_busy import GraphFreeBusy
from talkcycle.transports.graph.rooms import GraphRoomLists
from talkcycle.transports.graph.sending import GraphSending
from talkcycle.transports.graph.watch import GraphEntryWatch


class _MachineClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def graph_roles(
    settings: GraphSettings,
    *,
    sender: str,
    clock: Clock | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Roles:
    """The roles that Graph plays. They share one token, and what is allowed in each mailbox.

    Args:
        sender: The service's own mailbox.
        clock, wait: Time as it passes, and waiting for a number of seconds; together they can be compressed.
    """
    graph = Graph(settings, clock=clock or _MachineClock(), wait=wait)
    return Roles(
        sending=GraphSending(graph),
        free_busy=GraphFreeBusy(graph, sender=sender),
        rooms=GraphRoomLists(graph),
        watch=GraphEntryWatch(graph),
        directory=GraphDirectory(graph),
        doctor=GraphDoctor(settings, sender=sender, clock=clock or _MachineClock(), wait=wait),
    )
