"""Exchange on-premises as IT has set it up, for its doctor to look at."""

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.exchange import exchange_settings
from harness.organisation_people import SENDER
from servers.ews_server import ews_server
from servers.organisation import Organisation, Where
from talkcycle.domain.ports import Doctor
from talkcycle.transports.exchange.roles import exchange_roles

WRONG = "wrong~secret-9d2e"


class ExchangeWard:
    """Implements ``harness.doctors.Ward``."""

    name = transport = "exchange"
    sample: tuple[str, ...] = ("anna@norrsken.example", "bo@norrsken.example")
    unserved = "nils@norrsken.example"
    outside: tuple[str, ...] = ("vd@norrsken.example",)

    def __init__(self) -> None:
        self.organisation, self._running = Organisation(), ExitStack()
        for address in (SENDER, *self.sample, *self.outside):
            self.organisation.add(address, where=Where.ON_PREMISES)
        self.organisation.add(self.unserved, where=Where.ONLINE)
        served = {SENDER, self.unserved, *self.sample}
        self.server = self._running.enter_context(ews_server(self.organisation, account=SENDER, scope=served))
        self.secrets: tuple[str, ...] = (self.server.password, WRONG)

    def doctor(self, *, right_secret: bool = True) -> Doctor:
        settings = exchange_settings(self.server, secret=None if right_secret else WRONG)
        doctor = exchange_roles(settings, sender=SENDER).doctor
        assert doctor is not None
        return doctor

    def open_too_much(self) -> bool:
        self.server.settings.scope = None
        return True

    def logins(self) -> int:
        return len(self.server.logins)

    def traces(self) -> object:
        with self.organisation.lock:
            return copy.deepcopy((self.organisation.told, self.organisation.mailboxes))

    def stop(self) -> None:
        self._running.close()


@contextmanager
def exchange_ward() -> Iterator[ExchangeWard]:
    ward = ExchangeWard()
    try:
        yield ward
    finally:
        ward.stop()
