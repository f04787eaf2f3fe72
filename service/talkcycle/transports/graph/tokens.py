"""The token that opens Graph: got once for all lines, renewed before it ends, and never asked for again and again.

A refusal counts for everybody and for a while: whoever repeats a wrong secret is locked out or throttled.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph.answers import Answer, retry_after
from talkcycle.transports.graph.lines import MISCONFIGURED_PAUSE, failed_line, no_line

MARGIN = timedelta(minutes=5)
"""A token is renewed this long before it ends; one that lives shorter, in the last quarter of its life."""
LOGIN_PAUSE = timedelta(minutes=15)
PASSING = frozenset({"temporarily_unavailable", "server_error"})
_ENDED = re.compile(r"expired|lifetime|revoked", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----.+?-----END (?:[A-Z]+ )?PRIVATE KEY-----", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_AADSTS = re.compile(r"AADSTS\d+")


@dataclass(slots=True, kw_only=True)
class Token:
    """*renew_at*: UTC. *accepted*: Graph has taken it before, so that a refusal means that it has ended."""

    value: str
    renew_at: datetime
    accepted: bool = False


class LoginRefused(TransientDeliveryError):
    """Microsoft Entra does not give a token, or Graph does not take it. *code*: such as ``AADSTS7000215``, or empty."""

    def __init__(self, message: str, *, code: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after=retry_after, connection_wide=True)
        self.code = code


class Tokens:
    """Safe to share between threads: one asks, the others wait and take what it got, a refusal included."""

    def __init__(self, settings: GraphSettings, *, open_client: Callable[[], httpx.Client], clock: Clock) -> None:
        self._settings = settings
        self._open_client = open_client
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refused: LoginRefused | None = None
        self._refused_until: datetime | None = None

    def current(self) -> Token:
        """A token that has some time left.

        Raises:
            TransientDeliveryError: Connection-wide: there is none now.
        """
        with self._lock:
            token = self._token
            if token is None or self._clock.now() >= token.renew_at:
                token = self._renew()
            return token

    def after_refusal(self, refused: Token, answer: Answer) -> Token:
        """Another token instead of one that Graph answered 401 to: it ended early, or was revoked.

        Raises:
            LoginRefused: It is not the token's age; asking again would not help.
        """
        with self._lock:
            if self._token is not None and self._token is not refused:
                return self._token  # another thread was quicker
            if not refused.accepted and not _ENDED.search(answer.message):
                raise self._refuse(answer)
            return self._renew()

    def refuse(self, answer: Answer) -> LoginRefused:
        """Graph does not take a fresh token either: nobody asks for a while."""
        with self._lock:
            return self._refuse(answer)

    def _refuse(self, answer: Answer) -> LoginRefused:
        return self._remember(f"Graph refuses the application's token: {answer.said}", "")

    def _renew(self) -> Token:
        now = self._clock.now()
        if self._refused is not None and self._refused_until is not None and now < self._refused_until:
            refused = self._refused
            raise LoginRefused(str(refused), code=refused.code, retry_after=self._refused_until - now)
        self._token = None
        told = self._ask()
        if "access_token" not in told:
            raise self._not_given(told)
        life = timedelta(seconds=int(told.get("expires_in", 3600)))
        self._refused = self._refused_until = None
        self._token = Token(value=told["access_token"], renew_at=now + max(life - MARGIN, life * 3 / 4))
        return self._token

    def _ask(self) -> Mapping[str, Any]:
        """A new msal application each time, which keeps nothing, so that renewing means asking, and asking once."""
        import msal  # noqa: PLC0415  # 100 ms, of which ordinary commands have no use

        origin = urlsplit(self._settings.endpoint)
        http = _Http(self._open_client())
        try:
            application = msal.ConfidentialClientApplication(
                self._settings.client_id,
                authority=f"{self._settings.authority.rstrip('/')}/{self._settings.tenant}",
                client_credential=self._credential(),
                http_client=http,
                instance_discovery=False,
                validate_authority=False,
            )
            told = application.acquire_token_for_client([f"{origin.scheme}://{origin.netloc}/.default"])
        except httpx.HTTPError as failure:
            raise failed_line(failure, visible=False) from failure
        except TransientDeliveryError:
            raise
        except Exception as failure:  # msal lets through whatever its libraries raise about a key or an answer
            raise self._unusable(http, str(failure)) from failure
        finally:
            http.close()
        if not isinstance(told, dict) or http.is_busy:
            raise self._unusable(http, "")
        return told

    def _credential(self) -> Any:
        """The secret, or the certificate's parts.

        Raises:
            TransientDeliveryError: Connection-wide: the file cannot be read.
        """
        if self._settings.certificate is None:
            return self._settings.secret or ""
        try:
            pem = self._settings.certificate.read_text(encoding="ascii")
        except (OSError, UnicodeError) as failure:
            what = f"the certificate's file cannot be read: {type(failure).__name__}"
            raise no_line(what, pause=MISCONFIGURED_PAUSE) from failure
        key, certificate = _PRIVATE_KEY.search(pem), _CERTIFICATE.search(pem)
        if key is None or certificate is None:
            what = "the certificate's file must have the certificate and its private key, both as PEM"
            raise no_line(what, pause=MISCONFIGURED_PAUSE)
        found = {"private_key": key[0], "public_certificate": certificate[0]}
        if self._settings.certificate_password is not None:
            found["passphrase"] = self._settings.certificate_password
        return found

    def _not_given(self, told: Mapping[str, Any]) -> TransientDeliveryError:
        said = " ".join(str(told.get("error_description") or told.get("error") or "").split())[:300]
        if told.get("error") in PASSING:
            return no_line(f"Microsoft Entra gives no token now: {said}")
        return self._refused_login(said)

    def _unusable(self, http: "_Http", said: str) -> TransientDeliveryError:
        """No token, and no error of OAuth's: Entra is busy, the tenant is unknown (4xx), or our key is no key."""
        if http.is_busy:
            return no_line(f"Microsoft Entra gives no token now: {http.status}", pause=http.pause(self._clock.now()))
        if http.status is not None and http.status >= 400:
            return self._refused_login(f"{http.status} {said}")
        what = "no token could be asked for: the certificate, its password, or what the authority answers cannot be used"
        return no_line(what, pause=MISCONFIGURED_PAUSE)

    def _refused_login(self, said: str) -> LoginRefused:
        code = _AADSTS.search(said)
        # Whole descriptions name the tenant and the application: ids, which are no secrets, but no news either.
        shown = said.partition(" Trace ID")[0]
        return self._remember(f"the login was refused: {shown}", code[0] if code else "")

    def _remember(self, what: str, code: str) -> LoginRefused:
        self._token = None
        self._refused = LoginRefused(what, code=code, retry_after=LOGIN_PAUSE)
        self._refused_until = self._clock.now() + LOGIN_PAUSE
        return self._refused


class _Http:
    """What msal takes for an HTTP client: our own lines, with our own TLS and patience. Remembers the last answer."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.status: int | None = None
        self._retry_after = ""

    def get(self, url: str, params: Any = None, headers: Any = None, **_kwargs: Any) -> httpx.Response:
        return self._seen(self._client.get(url, params=params, headers=headers))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_kwargs: Any) -> httpx.Response:
        # A certificate's assertion comes as bytes, which httpx would write as Python shows them.
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self._seen(self._client.post(url, params=params, data=form, headers=headers))

    def close(self) -> None:
        self._client.close()

    @property
    def is_busy(self) -> bool:
        return self.status is not None and (self.status == 429 or self.status >= 500)

    def pause(self, now: datetime) -> timedelta | None:
        return retry_after(self._retry_after, now)

    def _seen(self, response: httpx.Response) -> httpx.Response:
        self.status, self._retry_after = response.status_code, response.headers.get("Retry-After", "")
        return response
