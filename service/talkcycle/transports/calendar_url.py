"""Fetch calendars from addresses: a few at a time, each within its time and size, and from nowhere unforeseen."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass

import httpx

from talkcycle.domain.busy import Owner, Unfetched
from talkcycle.transports.calendar_addresses import Reach, Unfetchable, check_redirect, check_scheme, parsed, reach
from talkcycle.transports.calendar_answer import HEADERS, REDIRECTS, body_of

MOST_BYTES = 5_000_000
PARALLEL = 8
SECONDS = 30.0
MOST_REDIRECTS = 5
MOST_ADDRESSES = 3
TRY_AGAIN = "Try again later, and check the address if it stays so."

for _name in ("httpx", "httpcore"):  # they log whole addresses, and those hold secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Where a request goes.

    Attributes:
        addresses: Of the host, those that were checked: a second look-up could give others. Empty: the proxy looks up.
        proxy: Its address; None: straight.
    """

    url: httpx.URL
    addresses: tuple[str, ...]
    near: Reach
    proxy: str | None


class CalendarUrls:
    """Fetches calendars; a ``FetchCalendars``.

    Args:
        allow_http: Fetch without TLS from other machines as well; from this one it is always allowed.
        most_bytes: Of one calendar, unpacked.
        seconds: For one calendar, from the look-up of its host to its last byte.
        tls: For an organisation's own authorities; None: those that the system trusts.
    """

    def __init__(
        self,
        *,
        allow_http: bool = False,
        most_bytes: int = MOST_BYTES,
        seconds: float = SECONDS,
        parallel: int = PARALLEL,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_http = allow_http
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._parallel = parallel
        self._tls = tls

    def __call__(self, urls: Mapping[Owner, str], /) -> Mapping[Owner, bytes | Unfetched]:
        """Fetch each once, in a loop of its own; see ``FetchCalendars``."""
        return asyncio.run(self._fetch_all(urls))

    async def _fetch_all(self, urls: Mapping[Owner, str]) -> Mapping[Owner, bytes | Unfetched]:
        few = asyncio.Semaphore(self._parallel)
        tls = self._tls or ssl.create_default_context()

        async def within(text: str) -> bytes | Unfetched:
            async with few:
                return await self._fetch(text, tls)

        return dict(zip(urls, await asyncio.gather(*map(within, urls.values())), strict=True))

    async def _fetch(self, text: str, tls: ssl.SSLContext) -> bytes | Unfetched:
        host = ""
        try:
            url = parsed(text)
            host = url.host
            async with asyncio.timeout(self._seconds):
                return await self._follow(url, tls)
        except Unfetchable as why:
            return Unfetched(host=host, problem=why.problem, mend=why.mend)
        except (TimeoutError, httpx.TimeoutException):
            problem = "The server does not give the calendar in time."
            return Unfetched(host=host, problem=problem, mend=TRY_AGAIN)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return _unreachable(host, error)

    async def _follow(self, url: httpx.URL, tls: ssl.SSLContext) -> bytes:
        hop = await self._hop(url)
        start = hop.near
        for _ in range(MOST_REDIRECTS + 1):
            check_scheme(hop.url, hop.near, allow_http=self._allow_http)
            answer = await self._ask(hop, tls)
            if isinstance(answer, bytes):
                return answer
            there = await self._hop(answer)
            check_redirect(start, hop.url, answer, there.near)
            hop = there
        raise Unfetchable("The server leads on and on.", "Give the address of the calendar itself.")

    async def _hop(self, url: httpx.URL) -> Hop:
        proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        try:
            addresses = await _addresses(url)
        except (socket.gaierror, UnicodeError):
            if proxy:  # it may know names that this machine does not
                return Hop(url=url, addresses=(), near=Reach.PUBLIC, proxy=proxy)
            raise Unfetchable("Nobody knows this server.", "Check the address.") from None
        near = reach(addresses)
        if proxy and near is not Reach.LOOPBACK:
            return Hop(url=url, addresses=(), near=near, proxy=proxy)
        return Hop(url=url, addresses=addresses[:MOST_ADDRESSES], near=near, proxy=None)

    async def _ask(self, hop: Hop, tls: ssl.SSLContext) -> bytes | httpx.URL:
        """The calendar, or where else it is."""
        patience = httpx.Timeout(self._seconds / 3)
        async with httpx.AsyncClient(verify=tls, trust_env=False, proxy=hop.proxy, timeout=patience) as client:
            if not hop.addresses:
                return await self._answer(client, hop.url, hop.url)
            for address in hop.addresses[:-1]:
                try:
                    return await self._answer(client, hop.url, hop.url.copy_with(host=address))
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await self._answer(client, hop.url, hop.url.copy_with(host=hop.addresses[-1]))

    async def _answer(self, client: httpx.AsyncClient, url: httpx.URL, connect: httpx.URL) -> bytes | httpx.URL:
        """Ask *connect*, which has an address for its host, as if it were *url*; TLS verifies the name."""
        name = url.raw_host.decode("ascii")
        headers = HEADERS | {"Host": url.netloc.decode("ascii")}
        async with client.stream("GET", connect, headers=headers, extensions={"sni_hostname": name}) as response:
            location = response.headers.get("Location")
            if response.status_code in REDIRECTS and location:
                return parsed(str(url.join(location)))
            return await body_of(response, self._most_bytes)


async def _addresses(url: httpx.URL) -> tuple[str, ...]:
    try:
        return (str(ip_address(url.host)),)
    except ValueError:
        port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def _unreachable(host: str, error: Exception) -> Unfetched:
    """What libraries say is not passed on: it may hold the address."""
    if "CERTIFICATE" in str(error).upper():
        mend = "Let IT renew it, or add the organisation's own authority to those that this machine trusts."
        return Unfetched(host=host, problem="The server's certificate is not trusted.", mend=mend)
    return Unfetched(host=host, problem="The server cannot be reached, or breaks off.", mend=TRY_AGAIN)
