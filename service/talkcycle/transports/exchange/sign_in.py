"""How the service logs in, and what happens after a login was refused: nothing, for a while."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings
from talkcycle.transports.exchange.headers import retry_after
from talkcycle.transports.exchange.tls import verified_session

LOGIN_PAUSE = timedelta(minutes=15)
"""A login that was refused is not tried again sooner: a few more would lock the account."""
MICROSOFT = "https://login.microsoftonline.com"
LONGEST_MARGIN = timedelta(minutes=5)
"""A token is not used in its last minutes: it could end on the way."""


class Gate:
    """Keeps everybody from logging in again after a refusal. Shared by all threads and roles of a server.

    Some servers lock an account after five wrong passwords, and every role that asks would be one of them.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._what = ""
        self._until = datetime.min.replace(tzinfo=UTC)

    def check(self) -> None:
        """Raises:
        TransientDeliveryError: Connection-wide: a login was refused less than its pause ago.
        """
        remaining = self._until - self._now()
        if remaining > timedelta(0):
            raise TransientDeliveryError(self._what, retry_after=remaining, connection_wide=True)

    def close(self, what: str, pause: timedelta | None = None) -> TransientDeliveryError:
        """Let nobody try for at least LOGIN_PAUSE; the error to raise. *what*: for people."""
        pause = max(LOGIN_PAUSE, pause or LOGIN_PAUSE)
        self._what, self._until = what, self._now() + pause
        return TransientDeliveryError(what, retry_after=pause, connection_wide=True)


class BearerToken(AuthBase):
    """An OAuth token by client credentials, fetched when needed and anew before it ends. One for all sessions."""

    def __init__(
        self, settings: ExchangeSettings, endpoint: str, context: ssl.SSLContext, gate: Gate, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._url = f"{(settings.authority or MICROSOFT).rstrip('/')}/{settings.tenant}/oauth2/v2.0/token"
        # Exchange on-premises takes tokens made out for its own address (hybrid modern authentication).
        self._scope = f"https://{urlsplit(endpoint).hostname}/.default"
        self._context = context
        self._gate = gate
        self._now = now
        self._lock = Lock()
        self._token = ""
        self._ends = datetime.min.replace(tzinfo=UTC)
        self._proven = False

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._valid()}"
        return request

    def accepted(self) -> None:
        """The server took the token."""
        self._proven = True

    def outlived(self) -> bool:
        """The server refused the token: forget it. True when it took the same one before, so that another may do."""
        with self._lock:
            proven, self._proven, self._token = self._proven, False, ""
            return proven

    def _valid(self) -> str:
        with self._lock:
            if not self._token or self._now() >= self._ends:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        self._token, self._proven = "", False
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.secret,
            "scope": self._scope,
        }
        try:
            with verified_session(self._url, self._context) as session:
                answer = session.post(
                    self._url, data=form, timeout=self._settings.timeout.total_seconds(), allow_redirects=False
                )
        except (requests.RequestException, OSError) as failure:
            what = f"the server that gives tokens cannot be reached: {type(failure).__name__}"
            raise TransientDeliveryError(what, connection_wide=True) from None
        told = _told(answer)
        token, seconds = told.get("access_token"), told.get("expires_in", 3600)
        if answer.status_code != 200 or not isinstance(token, str):
            raise self._no_token(answer, told.get("error"))
        lifetime = timedelta(seconds=float(seconds))
        self._token, self._ends = token, self._now() + lifetime - min(LONGEST_MARGIN, lifetime / 2)

    def _no_token(self, answer: requests.Response, error: object) -> TransientDeliveryError:
        pause = retry_after(answer.headers, self._now())
        if answer.status_code in {400, 401, 403}:  # RFC 6749 section 5.2
            return self._gate.close(f"no token was given to the service: {answer.status_code} {_code(error)}", pause)
        what = f"the server that gives tokens does not give one now: {answer.status_code}"
        return TransientDeliveryError(what, retry_after=pause, connection_wide=True)


def password_login(settings: ExchangeSettings) -> AuthBase:
    """The login of one session; NTLM keeps state of its connection."""
    user, secret = settings.user or "", settings.secret or ""
    if settings.login is ExchangeLogin.NTLM:
        # An address as a user name has no domain before it; NTLM takes it so (exchangelib does the same).
        login: AuthBase = HttpNtlmAuth(user if "\\" in user else f"\\{user}", secret)
        return login
    return HTTPBasicAuth(user.encode(), secret.encode())  # bytes: as text, requests would send Latin-1


def _told(answer: requests.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(error: object) -> str:
    """An OAuth error code, such as ``invalid_client``; nothing else a server might say."""
    return error if isinstance(error, str) and error.replace("_", "").isalpha() and len(error) < 40 else ""
