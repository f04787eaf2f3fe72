"""What Exchange on-premises can do for the service."""

from talkcycle.domain.ports import Clock, Roles
from talkcycle.domain.service import ExchangeSettings
from talkcycle.transports.exchange.directory import ExchangeDirectory
from talkcycle.transports.exchange.doctor import ExchangeDoctor
from talkcycle.transports.exchange.free_busy import ExchangeFreeBusy
from talkcycle.transports.exchange.rooms import ExchangeRooms
from talkcycle.transports.exchange.sending import ExchangeSending
from talkcycle.transports.exchange.server import Server
from talkcycle.transports.exchange.watch import ExchangeWatch


def exchange_roles(settings: ExchangeSettings, *, sender: str, clock: Clock | None = None) -> Roles:
    """Every role, over one line and behind one login. Nothing is asked of the server yet.

    Args:
        sender: The service mailbox. *clock*: None: the machine's.
    """
    server = Server(settings, sender=sender, now=clock.now if clock else None)
    return Roles(
        sending=ExchangeSending(server),
        free_busy=ExchangeFreeBusy(server),
        rooms=ExchangeRooms(server),
        watch=ExchangeWatch(server),
        directory=ExchangeDirectory(server),
        doctor=ExchangeDoctor(settings, sender=sender, now=server.now),
    )
