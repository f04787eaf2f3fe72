"""How a line to Microsoft is opened: TLS, proxy, and what a line that fails means."""

import logging
import ssl
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from talkcycle.domain.delivery import DeliveryError, TransientDeliveryError, UnknownDeliveryError
from talkcycle.domain.service import GraphSettings

MISCONFIGURED_PAUSE = timedelta(minutes=10)
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

for _name in ("httpx", "httpcore"):  # they log whole addresses, and those hold people's
    logging.getLogger(_name).setLevel(logging.WARNING)


def no_line(what: str, *, pause: timedelta | None = None) -> TransientDeliveryError:
    """Nobody is served: every message waits."""
    return TransientDeliveryError(what, retry_after=pause, connection_wide=True)


def tls_context(settings: GraphSettings) -> ssl.SSLContext:
    """One context for all lines: making one is costly. Certificates and host names are verified.

    Raises:
        TransientDeliveryError: Connection-wide: the file of certificates cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except OSError as failure:
        what = f"the certificates of our own authority cannot be used: {type(failure).__name__}"
        raise no_line(what, pause=MISCONFIGURED_PAUSE) from failure
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def open_client(settings: GraphSettings, tls: ssl.SSLContext, url: str) -> httpx.Client:
    """A client whose lines go to the host of *url*, by the environment's proxy where there is one; nothing is retried."""
    return httpx.Client(
        verify=tls,
        trust_env=False,
        proxy=_proxy(url),
        timeout=settings.timeout.total_seconds(),
        transport=None,
        follow_redirects=False,
        headers={"User-Agent": "talkcycle"},
    )


def failed_line(failure: Exception, *, visible: bool) -> DeliveryError:
    """What it means that a request got no answer.

    Args:
        visible: The request has an effect that others see; once it was handed over, nobody knows.
    """
    if isinstance(failure, NOTHING_SENT):
        refused = certificate_refusal(failure)
        if refused is not None:
            return no_line(f"the server's certificate does not hold: {refused}", pause=MISCONFIGURED_PAUSE)
        return no_line(f"the server cannot be reached: {type(failure).__name__}")
    what = f"the line died before the server answered: {type(failure).__name__}"
    return UnknownDeliveryError(what) if visible else TransientDeliveryError(what)


def certificate_refusal(failure: BaseException | None) -> str | None:
    """Why the server's certificate was refused, where that is the cause of *failure*."""
    while failure is not None:
        if isinstance(failure, ssl.SSLCertVerificationError):
            return failure.verify_message
        failure = failure.__cause__ or failure.__context__
    return None


def _proxy(url: str) -> str | None:
    host = urlsplit(url).hostname or ""
    if _is_this_machine(host) or proxy_bypass(host):
        return None
    return getproxies().get(urlsplit(url).scheme)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
