"""Microsoft's token endpoint, as far as an application without a user needs it."""

import base64
import json
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from servers.graph_received import Answer, GraphError, Received

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class AadError(Exception):
    """What the token endpoint says instead of giving a token."""

    def __init__(self, status: int, error: str, number: int, says: str) -> None:
        super().__init__(number)
        self.status, self.error, self.number, self.says = status, error, number, says

    def answer(self, at: datetime) -> Answer:
        content = {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.says} Trace ID: t Correlation ID: c",
            "error_codes": [self.number],
            "timestamp": f"{at:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": "t",
            "correlation_id": "c",
        }
        return Answer(status=self.status, content=content)


class Tokens:
    """Gives tokens to one application of one tenant, and knows them again.

    Attributes:
        secret: The one that counts now; ``secret_expired``: it is right and too old.
        certificate: PEM of the application's certificate; None: none is registered.
        roles: The claim of that name: what the application may in the whole tenant.
        seconds: How long a token lives, by the injected clock.
    """

    def __init__(
        self, authority: str, now: Callable[[], datetime], roles: Iterable[str], certificate: bytes | None
    ) -> None:
        self.authority, self.now = authority, now
        self.tenant = "7f3c2a10-5d5e-4f7b-9a52-0c6f5a1b2c3d"
        self.client_id = "1b2f0c9e-8a47-4c55-b0b4-6d3e9f10a2b3"
        self.secret = "secret~of.the-application"
        self.secret_expired = False
        self.certificate = certificate
        self.roles = set(roles)
        self.seconds = 3599
        self._live: dict[str, float] = {}

    def respond(self, request: Received) -> Answer:
        tenant, _, what = request.path.strip("/").partition("/")
        if tenant not in (self.tenant, "common"):
            return AadError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.").answer(self.now())
        if what == "v2.0/.well-known/openid-configuration":
            return Answer(content=self._discovery())
        if what == "oauth2/v2.0/token" and request.method == "POST":
            try:
                return Answer(content=self._granted(request))
            except AadError as error:
                return error.answer(self.now())
        return Answer(status=404, content={"error": "not_found"})

    def check(self, authorization: str | None) -> None:
        """Raises GraphError 401."""
        kind, _, token = (authorization or "").partition(" ")
        if kind != "Bearer" or not token:
            raise _unauthorised("Access token is empty.")
        expires = self._live.get(token)
        if expires is None:
            raise _unauthorised("Access token validation failure. Invalid audience.")
        if expires <= self.now().timestamp():
            raise _unauthorised("Lifetime validation failed, the token is expired.")

    def revoke(self) -> None:
        self._live.clear()

    def _discovery(self) -> dict[str, str]:
        base = f"{self.authority}/{self.tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
        }

    def _granted(self, request: Received) -> dict[str, Any]:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            raise AadError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("client_id") != self.client_id:
            says = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise AadError(400, "unauthorized_client", 700016, says)
        if not form.get("scope", "").endswith("/.default"):
            raise AadError(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
        self._authenticate(form)
        now = int(self.now().timestamp())
        token = self._token(now)
        self._live[token] = now + self.seconds
        return {"token_type": "Bearer", "expires_in": self.seconds, "ext_expires_in": self.seconds, "access_token": token}

    def _authenticate(self, form: dict[str, str]) -> None:
        if form.get("client_assertion_type") == ASSERTION:
            self._check_assertion(form.get("client_assertion", ""))
        elif "client_secret" not in form:
            raise AadError(
                401, "invalid_client", 7000218, "The request body must contain 'client_assertion' or 'client_secret'."
            )
        elif form["client_secret"] != self.secret:
            raise AadError(401, "invalid_client", 7000215, "Invalid client secret provided.")
        elif self.secret_expired:
            raise AadError(401, "invalid_client", 7000222, "The provided client secret keys are expired.")

    def _check_assertion(self, assertion: str) -> None:
        if self.certificate is None:
            raise AadError(401, "invalid_client", 700027, "The certificate is not registered on application.")
        certificate = x509.load_pem_x509_certificate(self.certificate)
        prints = {_packed(certificate.fingerprint(each)) for each in (SHA1(), SHA256())}  # msal sends either
        audience = self._discovery()["token_endpoint"]
        try:
            header = jwt.get_unverified_header(assertion)
            key = certificate.public_key()
            # Its times are by the client's real clock, ours by the injected one.
            times = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
            jwt.decode(assertion, key, algorithms=["RS256", "PS256"], audience=audience, options=times)  # type: ignore[arg-type]
        except jwt.PyJWTError:
            raise AadError(401, "invalid_client", 700027, "Client assertion failed signature validation.") from None
        if not prints & {str(header.get(name)).rstrip("=") for name in ("x5t", "x5t#S256")}:
            raise AadError(401, "invalid_client", 700027, "The key was not found by thumbprint.")

    def _token(self, now: int) -> str:
        """It looks like one of Microsoft's; nobody can check its signature, and clients must not try."""
        claims = {
            "aud": "https://graph.microsoft.com",
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.seconds,
            "app_displayname": "talkcycle",
            "appid": self.client_id,
            "idtyp": "app",
            "roles": sorted(self.roles),
            "tid": self.tenant,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        header = {"typ": "JWT", "alg": "RS256", "kid": "k"}
        parts = (json.dumps(each).encode() for each in (header, claims))
        return ".".join(_packed(part) for part in (*parts, secrets.token_bytes(256)))


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unauthorised(says: str) -> GraphError:
    challenge = {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
    return GraphError(401, "InvalidAuthenticationToken", says, challenge)
