"""How one gets into Exchange: Basic, NTLM and OAuth, each attempt written down.

NTLM's acceptor is pyspnego's. It logs in a connection, not a request; so each connection has a ``Line`` here.
"""

import base64
import binascii
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs

import spnego
from spnego.exceptions import SpnegoError

from servers.ews_soap import Answer

NTLM, BASIC, BEARER = "NTLM", 'Basic realm="localhost"', 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000"'
_environment = threading.Lock()  # pyspnego's acceptor finds its users through it


class Visitor(StrEnum):
    """Who has come in. An application has no mailbox of its own."""

    ACCOUNT = "account"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One attempt. *scheme*: basic, ntlm, bearer, or client_credentials when a token is asked for."""

    scheme: str
    user: str
    granted: bool
    at: datetime


def _new_file() -> Path:
    handle, name = tempfile.mkstemp(prefix="talkcycle-ntlm-")
    os.close(handle)
    return Path(name)


@dataclass(slots=True, kw_only=True)
class Gate:
    """Everything may be changed while the server runs; whoever is logged in by NTLM stays so.

    Attributes:
        user: Of the service: an address or ``DOMAIN\\name``; the case does not matter.
        token_lifetime: By *now*.
    """

    user: str
    now: Callable[[], datetime]
    password: str = "of-the-service"
    tenant: str = "norrsken.example"
    client_id: str = "7b1a2f4e-0000-4000-8000-c0ffee000001"
    client_secret: str = "of-the-application"
    token_lifetime: timedelta = timedelta(hours=1)
    logins: list[Login] = field(default_factory=list)
    _tokens: dict[str, datetime] = field(default_factory=dict)
    _users: Path = field(default_factory=_new_file)

    def write_down(self, scheme: str, user: str, *, granted: bool) -> bool:
        self.logins.append(Login(scheme=scheme, user=user, granted=granted, at=self.now()))
        return granted

    def basic(self, credentials: str) -> bool:
        try:
            user, _, password = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, password = "", ""
        granted = user.casefold() == self.user.casefold() and password == self.password
        return self.write_down("basic", user, granted=granted)

    def bearer(self, token: str) -> bool:
        ends = self._tokens.get(token)
        return self.write_down("bearer", self.client_id, granted=ends is not None and self.now() < ends)

    @contextmanager
    def ntlm_users(self) -> Iterator[None]:
        """As pyspnego reads them: ``domain:user:password``."""
        domain, _, name = self.user.rpartition("\\")
        with _environment:
            self._users.write_text(f"{domain}:{name}:{self.password}\n")
            before = os.environ.get("NTLM_USER_FILE")
            os.environ["NTLM_USER_FILE"] = str(self._users)
            try:
                yield
            finally:
                del os.environ["NTLM_USER_FILE"]
                if before is not None:
                    os.environ["NTLM_USER_FILE"] = before

    def token(self, form: bytes) -> Answer:
        """Client credentials for a token, as Microsoft's endpoint answers."""
        asked = {name: values[0] for name, values in parse_qs(form.decode()).items()}
        granted = (asked.get("client_id"), asked.get("client_secret")) == (self.client_id, self.client_secret)
        self.write_down("client_credentials", asked.get("client_id", ""), granted=granted)
        if not granted:
            error = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
            return _as_json(error, status=401)
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self.now() + self.token_lifetime
        lifetime = int(self.token_lifetime.total_seconds())
        return _as_json({"token_type": "Bearer", "expires_in": lifetime, "access_token": token})

    def configuration(self, base: str) -> Answer:
        """Where the endpoint for tokens is: what OpenID calls discovery."""
        there = f"{base}/{self.tenant}"
        return _as_json(
            {
                "issuer": f"{there}/v2.0",
                "token_endpoint": f"{there}/oauth2/v2.0/token",
                "authorization_endpoint": f"{there}/oauth2/v2.0/authorize",
            }
        )

    def close(self) -> None:
        self._users.unlink()


class Line:
    """Of one connection, who is logged in."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._context: spnego.ContextProxy | None = None
        self._logged_in = False

    def admit(self, authorization: str | None) -> Visitor | tuple[str, ...]:
        """Who comes, or with what WWW-Authenticate headers they are turned away."""
        scheme, _, credentials = (authorization or "").partition(" ")
        match scheme.lower():
            case "basic" if self.gate.basic(credentials):
                return Visitor.ACCOUNT
            case "bearer" if self.gate.bearer(credentials):
                return Visitor.APPLICATION
            case "bearer":
                return (f'{BEARER}, error="invalid_token"',)
            case "ntlm":
                return self._ntlm(credentials)
            case "" if self._logged_in:
                return Visitor.ACCOUNT
        return (NTLM, BASIC, BEARER)

    def _ntlm(self, credentials: str) -> Visitor | tuple[str, ...]:
        try:
            with self.gate.ntlm_users():
                if self._context is None:
                    options = spnego.NegotiateOptions.use_ntlm
                    self._context = spnego.server(protocol="ntlm", options=options)
                back = self._context.step(base64.b64decode(credentials))
        except (SpnegoError, binascii.Error, ValueError):
            self._context, self._logged_in = None, False
            self.gate.write_down("ntlm", "", granted=False)
            return (NTLM, BASIC, BEARER)
        if not self._context.complete:
            return (f"{NTLM} {base64.b64encode(back or b'').decode()}",)
        user, self._context, self._logged_in = self._context.client_principal or "", None, True
        self.gate.write_down("ntlm", user, granted=True)
        return Visitor.ACCOUNT


def _as_json(content: Mapping[str, object], *, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(content).encode(), content_type="application/json")
