"""The pages as somebody with a link finds them: where the address leads, over which TLS, and past which proxy."""

import re
import shlex
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import WebSettings
from talkcycle.transports.smtp.diagnosis import ends_soon

if TYPE_CHECKING:
    import httpx

LABEL = "web"
"""Stands where other findings name their transport."""
PROBE = "doctor"
"""Opens nothing, as if somebody had mistyped a link: asking for it leaves nobody's key in a log."""
PATIENCE = 10.0
LARGEST = 200_000
SIGNS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
}
"""Headers of every page of ours, and what their value holds: by most of them a page is known, each is to arrive."""
RECOGNISED = len(SIGNS) - 1
HTTPS, HTTP = 443, 80
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62
"""OpenSSL's X509_V_ERR_*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What came back. *tls*: version and end of the certificate; None without TLS."""

    status: int
    headers: Mapping[str, str]
    text: str
    tls: tuple[str, datetime] | None

    @property
    def signs(self) -> list[str]:
        """Our headers that are there as we send them."""
        return [name for name, value in SIGNS.items() if value in self.headers.get(name, "").lower()]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesFromOutside:
    """Asks for a page that opens nothing, as a browser would, without a proxy of this machine's.

    Attributes:
        trust: Whom TLS trusts; None: the system's authorities.
        plain_port: Where the same host would answer without TLS; None: 80, where the pages have https's own port.
    """

    web: WebSettings
    trust: ssl.SSLContext | None = None
    plain_port: int | None = None

    def examine(self, now: datetime) -> Iterator[Finding]:
        """Each thing as it is found. *now*: by this machine's clock, UTC. Never raises for what a server does."""
        import httpx  # noqa: PLC0415  # only for doctor

        yield _proxies(self.web)
        trust = self.trust or ssl.create_default_context()
        with httpx.Client(verify=trust, trust_env=False, timeout=PATIENCE) as client:
            try:
                reply = _ask(client, f"{self.web.url}/{PROBE}")
            except (httpx.HTTPError, OSError, ValueError) as failure:
                yield self._no_answer(failure)
                return
            yield _finding("reachable", Grade.GOOD, f"{self.web.url} answers this machine")
            yield self._tls(reply, now)
            yield from self._answer(client, reply)
            yield from self._plain(client)

    def _no_answer(self, failure: Exception) -> Finding:
        cause = _cause(failure)
        host = urlsplit(self.web.url).hostname or ""
        if isinstance(cause, ssl.SSLError):
            return _insecure(host, cause)
        why = "nobody here knows its name" if isinstance(cause, socket.gaierror) else type(failure).__name__
        says = f"{self.web.url} cannot be reached from this machine: {why}. From outside it may be otherwise"
        return _finding("reachable", Grade.UNTOLD, says, self._from_outside())

    def _from_outside(self) -> str:
        command = f"curl -sS -D - -o /dev/null {shlex.quote(f'{self.web.url}/{PROBE}')}"
        return f"Try from outside: {command}   # right is 404 with content-security-policy: default-src 'none' ..."

    def _tls(self, reply: _Reply, now: datetime) -> Finding:
        if reply.tls is None:
            return _finding("tls", Grade.GOOD, "none, and none is needed: the pages are for this machine alone")
        version, expires = reply.tls
        says = f"{version}; the certificate holds, until {expires:%Y-%m-%d}"
        if ends_soon(expires, now):
            return _finding("tls", Grade.WARNING, says, _renew(urlsplit(self.web.url).hostname or ""))
        return _finding("tls", Grade.GOOD, says)

    def _answer(self, client: "httpx.Client", reply: _Reply) -> Iterator[Finding]:
        listen = f"http://{self.web.host}:{self.web.port}"
        if len(reply.signs) < RECOGNISED:
            yield _finding("pages", Grade.BAD, *_somebody_else(reply, listen))
            return
        yield _finding("pages", Grade.GOOD, "the pages answer there, and a link that is none opens nothing")
        for name in SIGNS:
            if name not in reply.signs:
                says = f"what the pages say in {name} does not arrive: something on the way changes it"
                yield _finding("headers", Grade.WARNING, says, f"Let the proxy pass {name} on as it is.")
        yield self._style(client, reply, listen)

    def _style(self, client: "httpx.Client", reply: _Reply, listen: str) -> Finding:
        """What a page loads is found below the prefix that the running service believes it has."""
        import httpx  # noqa: PLC0415  # only for doctor

        path = (found := _STYLE.search(reply.text)) and found[1]
        try:
            style = _ask(client, urljoin(f"{self.web.url}/", path or "style"))
        except (httpx.HTTPError, OSError, ValueError):
            style = None
        if path and style is not None and style.status == 200 and "text/css" in style.headers.get("content-type", ""):
            return _finding("prefix", Grade.GOOD, "what a page loads is found, too")
        says = f"what a page loads is not found: {path or 'nothing is named'}"
        prefix = urlsplit(self.web.url).path or "/"
        mend = f"Let the proxy pass everything below {prefix} to {listen}; restart talkcycle after web.url has changed."
        return _finding("prefix", Grade.BAD, says, mend)

    def _plain(self, client: "httpx.Client") -> Iterator[Finding]:
        """Whoever types the address without https is led there, or finds nobody."""
        import httpx  # noqa: PLC0415  # only for doctor

        parts = urlsplit(self.web.url)
        port = self.plain_port or (HTTP if parts.port in {None, HTTPS} else None)
        if parts.scheme != "https" or port is None:
            return
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        at = f"http://{host}" if port == HTTP else f"http://{host}:{port}"
        try:
            reply = _ask(client, f"{at}{parts.path}/{PROBE}")
        except (httpx.HTTPError, OSError, ValueError):
            yield _finding("http", Grade.GOOD, f"nothing answers at {at}")
            return
        if 300 <= reply.status < 400 and reply.headers.get("location", "").startswith("https://"):
            yield _finding("http", Grade.GOOD, f"{at} leads to https")
            return
        says = f"{at} answers without leading to https: whoever types the address sends their link for all to read"
        yield _finding("http", Grade.WARNING, says, "nginx: server { listen 80; return 301 https://$host$request_uri; }")


def _ask(client: "httpx.Client", url: str) -> _Reply:
    """Raises httpx.HTTPError, OSError, ValueError."""
    with client.stream("GET", url, headers={"User-Agent": "talkcycle-doctor"}) as response:
        line: Any = response.extensions["network_stream"].get_extra_info("ssl_object")
        tls = None
        if line is not None:
            ends = ssl.cert_time_to_seconds(str(line.getpeercert()["notAfter"]))
            tls = (str(line.version()), datetime.fromtimestamp(ends, UTC))
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST:
                break
        return _Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            text=body[:LARGEST].decode("utf-8", "replace"),
            tls=tls,
        )


def _somebody_else(reply: _Reply, listen: str) -> tuple[str, str]:
    """What answers there, and what to do."""
    if reply.status in {502, 503, 504}:
        return (
            f"the proxy answers {reply.status}: it does not reach the pages",
            f"Start talkcycle run, and let the proxy pass to {listen} (in a container: to the port that is published).",
        )
    if 300 <= reply.status < 400 or reply.status in {401, 403}:
        return (
            f"something before the pages answers {reply.status}, such as a login",
            "Take the pages' path out of it: links stand in the place of a login, and people have none.",
        )
    return (
        f"something else answers there ({reply.status}), without the headers of our pages",
        f"Let the proxy pass the path of web.url to {listen}, as docs/it.md shows for nginx and Caddy.",
    )


def _insecure(host: str, failure: ssl.SSLError) -> Finding:
    code = failure.verify_code if isinstance(failure, ssl.SSLCertVerificationError) else None
    says = f"TLS fails: {failure.verify_message if isinstance(failure, ssl.SSLCertVerificationError) else failure.reason}"
    if code == _EXPIRED:
        return _finding("tls", Grade.BAD, says, _renew(host))
    if code == _NOT_YET:
        return _finding("tls", Grade.BAD, says, "Set the clock of this machine, or that of whoever made the certificate.")
    if code == _OTHER_NAME:
        return _finding(
            "tls", Grade.BAD, says, f"Have {host} put into the certificate, or write the name it has: web.url"
        )
    if code is not None:
        mend = (
            "Serve the whole chain (nginx: ssl_certificate fullchain.pem). If it is of your own authority, see that "
            "people's telephones trust that, and look again: SSL_CERT_FILE=ca.pem talkcycle doctor"
        )
        return _finding("tls", Grade.WARNING, says, mend)
    return _finding("tls", Grade.BAD, says, "Turn TLS 1.2 or newer on at the proxy, and check the port in web.url.")


def _renew(host: str) -> str:
    return f"Renew the certificate of {host}, and see that the proxy is told of new ones (certbot renew, then a reload)."


def _proxies(web: WebSettings) -> Finding:
    """Whose X-Forwarded-For is believed, as far as the settings tell: rates are kept by the address that counts."""
    networks = [ip_network(each, strict=False) for each in web.proxies]
    here = any(network.is_loopback for network in networks)
    elsewhere = not all(network.is_loopback for network in networks)
    listen = f"[{web.host}]:{web.port}" if ":" in web.host else f"{web.host}:{web.port}"
    if web.host == "localhost" or ip_address(web.host).is_loopback:
        if here:
            return _finding("proxies", Grade.GOOD, "a proxy on this machine is believed when it says who asks")
        says = f"only this machine reaches {listen}, and web.proxies does not name it: all people share one rate"
        return _finding("proxies", Grade.WARNING, says, 'Write in service.yaml: web: proxies: [127.0.0.1, "::1"]')
    if elsewhere:
        says = f"whether the proxy comes from {' or '.join(web.proxies)} cannot be seen from here"
        mend = (
            "Look at the proxy's address where the pages run (ss -tn); in a container it is often the network's gateway."
        )
        return _finding("proxies", Grade.UNTOLD, says, mend)
    says = f"a proxy elsewhere reaches {listen}, but web.proxies does not name it: all people share one rate"
    return _finding("proxies", Grade.WARNING, says, "Write its address or network: web: proxies: [10.1.2.3]")


def _cause(failure: BaseException) -> BaseException:
    """What is at the bottom of *failure*: TLS, a name, or itself."""
    below: BaseException | None = failure
    while below is not None:
        if isinstance(below, ssl.SSLError | socket.gaierror):
            return below
        below = below.__cause__ or below.__context__
    return failure


def _finding(check: str, grade: Grade, says: str, mend: str = "") -> Finding:
    return Finding(transport=LABEL, check=check, grade=grade, says=says, mend=mend)
