"""What Exchange on-premises can do for the service."""

from collections.abc import Callable
from datetime import datetime

from talkcycle.domain.ports import Roles
from talkcycle.domain.service import ExchangeSettings
from talkcycle.transports.exchange.directory import ExchangeDirectory
from talkcycle.transports.exchange.doctor import ExchangeDoctor
from talkcycle.transports.exchange.free_busy import ExchangeFreeBusy
from talkcycle.transports.exchange.rooms import ExchangeRooms
from talkcycle.transports.exchange.sending import ExchangeSending
from talkcycle.transports.exchange.server import Server
from talkcycle.transports.exchange.watch import ExchangeWatch


def exchange_roles(settings: ExchangeSettings, *, sender: str, now: Callable[[], datetime] | None = None) -> Roles:
    """Every role, over one line. Nothing is asked of the server yet.

    Args:
        sender: The service mailbox. *now*: the clock, aware; None: the machine's.
    """
    server = Server(settings, sender=sender, now=now)
    return Roles(
        sending=ExchangeSending(server),
        free_busy=ExchangeFreeBusy(server),
        rooms=ExchangeRooms(server),
        watch=ExchangeWatch(server),
        directory=ExchangeDirectory(server),
        doctor=ExchangeDoctor(settings, sender=sender, now=server.now),
    )
