"""What certificate the server shows, and until when it holds."""

import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit


def certificate_ends(endpoint: str, context: ssl.SSLContext, *, seconds: float) -> datetime:
    """When the certificate of *endpoint* expires, UTC. Chain and name are verified by *context*.

    Raises:
        ssl.SSLCertVerificationError: It does not hold. OSError: There is no TLS there, or nobody.
    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or 443), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as line,
    ):
        told = line.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
