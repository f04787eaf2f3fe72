"""Which transport serves whose mailbox."""

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Transport(StrEnum):
    """One way to reach mailboxes and calendars."""

    SMTP = "smtp"
    EXCHANGE = "exchange"
    GRAPH = "graph"

    @property
    def keeps_calendars(self) -> bool:
        """Whether it puts a talk into the host's own calendar, so that the host organizes it and gets no invitation."""
        return self is not Transport.SMTP


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """*address*: a pattern such as ``*@shop.example.org``; case does not matter."""

    address: str
    transport: Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who keeps a talk's calendar entry: a transport, and the organizer's mailbox there."""

    transport: Transport
    organizer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How people can say something to the service, besides in calendars that it reads.

    Attributes:
        answers_by_mail: The sender's mailbox is read: answers to what is kept by mail are known.
        pages: They have pages of their own, where they write down what was agreed.
    """

    answers_by_mail: bool = False
    pages: bool = False


DEAF = Hearing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The rules of service.yaml. The cycle file does not know them.

    Attributes:
        sender: The service's own mailbox; mails go out by the transport that serves it.
        rules: The first that fits counts.
        otherwise: For an address that fits none.
        available: Transports that are configured; the roster's word for another one does not count.
        hears: How people can answer.
    """

    sender: str
    rules: tuple[RouteRule, ...] = ()
    otherwise: Transport = Transport.SMTP
    available: frozenset[Transport] = frozenset({Transport.SMTP})
    hears: Hearing = DEAF

    def serving(self, address: str, named: str | None = None) -> Transport:
        """The transport of the mailbox *address*. *named*: what the roster says of this person, which comes first."""
        if named is not None and Transport(named) in self.available:
            return Transport(named)
        folded = address.casefold()
        fitting = (rule.transport for rule in self.rules if fnmatchcase(folded, rule.address.casefold()))
        return next(fitting, self.otherwise)

    @property
    def mail(self) -> Transport:
        """By which transport mails go out."""
        return self.serving(self.sender)

    def hosting(self, email: str | None, named: str | None = None) -> Route:
        """Who keeps the entries of talks that the person with *email* hosts: themselves, or else the service.

        The service keeps them by mail where it can, else in its own calendar.
        """
        if email is not None:
            transport = self.serving(email, named)
            if transport.keeps_calendars:
                return Route(transport=transport, organizer=email)
        by_mail = Transport.SMTP in self.available
        return Route(transport=Transport.SMTP if by_mail else self.mail, organizer=self.sender)
