"""Exchange Online as IT has set it up, for its doctor to look at."""

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.graph import graph_settings
from servers.graph_received import Place
from servers.graph_server import graph_server
from servers.organisation import Organisation, Where
from talkcycle.domain.ports import Doctor
from talkcycle.transports.graph.roles import graph_roles

SENDER = "samtal@norrsken.example"
WRONG = "wrong~secret-9d2e"


class GraphWard:
    """Implements ``harness.doctors.Ward``."""

    name = transport = "graph"
    sample: tuple[str, ...] = ("anna@norrsken.example", "bo@norrsken.example")
    unserved = "nils@norrsken.example"
    outside: tuple[str, ...] = ("vd@norrsken.example",)

    def __init__(self) -> None:
        self.organisation, self._running = Organisation(), ExitStack()
        for address in (SENDER, *self.sample, *self.outside):
            self.organisation.add(address, where=Where.ONLINE)
        self.organisation.add(self.unserved, where=Where.ON_PREMISES)
        self.server = self._running.enter_context(graph_server(self.organisation))
        self.server.access.scope = {SENDER, self.unserved, *self.sample}
        self.secrets: tuple[str, ...] = (self.server.secret, WRONG)

    def doctor(self, *, right_secret: bool = True) -> Doctor:
        settings = graph_settings(self.server, secret=None if right_secret else WRONG)
        doctor = graph_roles(settings, sender=SENDER).doctor
        assert doctor is not None
        return doctor

    def open_too_much(self) -> bool:
        self.server.access.scope = None
        return True

    def logins(self) -> int:
        return sum(each.place is Place.TOKENS and each.method == "POST" for each in self.server.requests)

    def traces(self) -> object:
        with self.organisation.lock:
            return copy.deepcopy((self.organisation.told, self.organisation.mailboxes))

    def stop(self) -> None:
        self._running.close()


@contextmanager
def graph_ward() -> Iterator[GraphWard]:
    ward = GraphWard()
    try:
        yield ward
    finally:
        ward.stop()
