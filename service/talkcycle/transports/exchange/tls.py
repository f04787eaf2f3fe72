"""HTTP sessions that trust whom the settings say, and nobody else."""

import ssl
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.transports.exchange.pauses import MISCONFIGURED_PAUSE


def tls_context(ca_file: Path | None, *, also_system: bool = False) -> ssl.SSLContext:
    """Certificates and host names are verified. *also_system*: beside the organisation's own authority.

    Raises:
        TransientDeliveryError: Connection-wide: the file of certificates cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        if ca_file and also_system:
            context.load_default_certs()
    except OSError as failure:
        what = f"the certificates of our own authority cannot be used: {type(failure).__name__}"
        raise TransientDeliveryError(what, retry_after=MISCONFIGURED_PAUSE, connection_wide=True) from failure
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def verified_session(url: str, context: ssl.SSLContext) -> requests.Session:
    """A session of one connection to the server of *url*, which retries nothing.

    ``trust_env`` is off: with REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment requests would verify against that
    file whatever it was told, and it would look for passwords in ``.netrc``. Proxies of the environment are honoured.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(get_environ_proxies(url))
    session.mount("https://", _Adapter(context))
    session.mount("http://", HTTPAdapter(pool_maxsize=1, max_retries=0))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context verifies. What requests does here would add its own bundle to those the context trusts."""
