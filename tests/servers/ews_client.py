"""exchangelib as a client of the fake: it trusts the tests' authority, fails fast, and leaves nothing behind."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from exchangelib import BASIC, IMPERSONATION, Account, Configuration, Credentials
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.protocol import FailFast, Protocol
from exchangelib.version import EXCHANGE_2016, Version
from requests.adapters import HTTPAdapter

from servers.certificates import certificates
from servers.ews_server import EwsServer

KNOWN = Version(EXCHANGE_2016)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificates().ca_file))


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_context(), **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context does, whatever the environment says."""


class _TrustingProtocol(Protocol):  # type: ignore[misc]  # exchangelib has no types
    HTTP_ADAPTER_CLS = _Adapter


class TrustingAutodiscover(AutodiscoverProtocol):  # type: ignore[misc]  # exchangelib has no types
    HTTP_ADAPTER_CLS = _Adapter


class Client:
    """Mailboxes over one session. *protocol*: exchangelib's."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self.protocol = type.__call__(_TrustingProtocol, config=config)  # past exchangelib's cache

    def open(self, address: str, access: str = IMPERSONATION) -> Account:
        """*access*: DELEGATE: without a header, as the service's own account."""
        account = Account(address, config=self._config, autodiscover=False, access_type=access)
        del Protocol[self._config]  # the one it has just made and kept, of no use here
        account.protocol = self.protocol
        return account

    def close(self) -> None:
        self.protocol.close()


@contextmanager
def ews_client(
    server: EwsServer,
    *,
    credentials: Any = None,
    auth_type: str | None = BASIC,
    password: str | None = None,
    version: Version | None = KNOWN,
) -> Iterator[Client]:
    """*auth_type*, *version*: None: to be found out, which takes requests of its own."""
    config = Configuration(
        service_endpoint=server.endpoint,
        credentials=credentials or Credentials(server.user, password or server.password),
        auth_type=auth_type,
        version=version,
        retry_policy=FailFast(),
    )
    client = Client(config)
    try:
        yield client
    finally:
        client.close()
