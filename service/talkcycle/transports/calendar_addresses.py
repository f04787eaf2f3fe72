"""Which addresses calendars may be fetched from: no other schemes, and nothing inside from the outside."""

import re
from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

NAT64 = IPv6Network("64:ff9b::/96")
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-fA-F:.]+")
Address = IPv4Address | IPv6Address


class Reach(IntEnum):
    """How far away an address is. A redirect may lead outwards, never from outside in."""

    LOOPBACK = 0
    PRIVATE = 1
    PUBLIC = 2


class Unfetchable(Exception):
    """A calendar that cannot be had. The text says why and what to do; it does not show the address."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend


def parsed(text: str) -> httpx.URL:
    """An address as people copy it; ``webcal:`` means ``https:``.

    Raises:
        Unfetchable: It is no address of the web.
    """
    scheme, colon, rest = text.strip().partition(":")
    if colon and scheme.casefold() in {"webcal", "webcals"}:
        text = f"https:{rest}"
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError, TypeError):
        raise _no_address() from None
    if url.scheme not in {"https", "http"} or not HOST.fullmatch(url.raw_host.decode("ascii")):
        raise _no_address()
    return url


def reach(addresses: Iterable[str]) -> Reach:
    """The nearest that *addresses* lie.

    Raises:
        Unfetchable: One is no host's: of a cloud's metadata, multicast, unspecified.
    """
    return min(_reach(_plain(ip_address(each.partition("%")[0]))) for each in addresses)


def check_scheme(url: httpx.URL, near: Reach, *, allow_http: bool) -> None:
    """Raises:
    Unfetchable: The calendar would travel in the clear.
    """
    if url.scheme == "http" and near is not Reach.LOOPBACK and not allow_http:
        raise Unfetchable(
            "The address begins with http, so anybody on the way could read the calendar.",
            "Give the one that begins with https.",
        )


def check_redirect(start: Reach, here: httpx.URL, there: httpx.URL, near: Reach) -> None:
    """Raises:
    Unfetchable: A redirect leads from *here* to where it must not.
    """
    if here.scheme == "https" and there.scheme != "https":
        raise Unfetchable("The server leads on to an address without https.", "Give the address that it leads to.")
    if near < start:
        raise Unfetchable("The server leads on to an address further inside.", "Give that address itself.")


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address carries, if it does."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _reach(address: Address) -> Reach:
    if address.is_loopback:
        return Reach.LOOPBACK
    if address.is_unspecified or address.is_multicast or address.is_link_local or address.is_reserved:
        raise Unfetchable("No calendars come from such a server.", "Check the address.")
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def _no_address() -> Unfetchable:
    return Unfetchable("This is no address of a calendar.", "Copy the link that begins with https and ends in .ics.")
