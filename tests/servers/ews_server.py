"""Exchange Web Services on loopback, as far as a transport can tell: HTTPS, logins and SOAP over an ``Organisation``.

Every request is held against Microsoft's schemas where these are at hand, and so is every answer; what does not hold
makes the test fail on leaving. What no client of ours asks is not here, and asking it fails the test as well.
Parts: ``ews_http`` (connections), ``ews_login``, ``ews_faults`` (misbehaviour), ``ews_limits``, ``ews_operations``.
"""

import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from servers.certificates import certificates
from servers.ews_autodiscover import PATH as AUTODISCOVER
from servers.ews_autodiscover import user_settings
from servers.ews_faults import Faults
from servers.ews_http import Asked, Cut, HttpsServer, serving
from servers.ews_limits import EwsLimits, Throttle
from servers.ews_login import BASIC, BEARER, NTLM, Gate, Line, Login, Visitor
from servers.ews_operations import OPERATIONS, carry_out
from servers.ews_schema import violation
from servers.ews_soap import Answer, Call, Malformed, Refusal, fault, parse_call, refuse, t
from servers.ews_visit import Settings, Visit
from servers.organisation import Organisation

PATH = "/EWS/Exchange.asmx"
ACCOUNT = "samtal@norrsken.example"
NO_SUCH = Answer(status=404, body=b"", content_type="text/plain")


class Complaints(AssertionError):
    """Something was asked that Exchange would not take, or that the fake does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One that got past the login. *mailbox*: the impersonated one; None: none. *raw*: the whole envelope."""

    operation: str
    mailbox: str | None
    raw: bytes
    at: datetime


@dataclass(slots=True, kw_only=True)
class EwsServer:
    """A running server. What it is told about itself may be changed while it runs.

    Attributes:
        gate: Users, passwords, the application that gets tokens, their lifetime.
        settings: The service's mailbox, whom it may impersonate, when its password expires.
        faults: ``faults.add(cut_after("CreateItem"))``, and the next such request meets it.
        requests: Every one that got past the login, whatever became of it.
        remember: Keep the requests' bodies; without, thousands of meetings with files take no memory.
        complaints: Why the test will fail on leaving.
        authority: Base of the token endpoint ``/{tenant}/oauth2/v2.0/token``.
    """

    organisation: Organisation
    gate: Gate
    settings: Settings
    throttle: Throttle
    now: Callable[[], datetime]
    ca_file: Path
    authority: str = ""
    remember: bool = True
    faults: Faults = field(default_factory=Faults)
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"{self.authority}{PATH}"

    @property
    def autodiscover(self) -> str:
        return f"{self.authority}{AUTODISCOVER}"

    @property
    def user(self) -> str:
        return self.gate.user

    @property
    def password(self) -> str:
        return self.gate.password

    @property
    def logins(self) -> list[Login]:
        """Every attempt, tokens asked for included."""
        return self.gate.logins

    @property
    def throttled(self) -> int:
        """How many requests were more than the limits allow."""
        return self.throttle.throttled

    def asked(self, operation: str | None = None) -> list[Request]:
        return [each for each in self.requests if operation in (None, each.operation)]

    def forget_states(self) -> None:
        """Sync states handed out until now are invalid."""
        self.settings.era += 1

    def respond(self, asked: Asked) -> tuple[Answer, tuple[str, ...]]:
        """Raises Cut."""
        if asked.path.endswith("/.well-known/openid-configuration"):
            return self.gate.configuration(self.authority), ()
        if asked.path == f"/{self.gate.tenant}/oauth2/v2.0/token":
            return self.gate.token(asked.body), ()
        if asked.path.casefold() not in (PATH.casefold(), AUTODISCOVER):
            return NO_SUCH, ()
        visitor = asked.line.admit(asked.authorization)
        if not isinstance(visitor, Visitor):
            return Answer(status=401, body=b"", content_type="text/plain"), visitor
        if asked.path.casefold() == AUTODISCOVER:
            return user_settings(asked.body, self.organisation, self.endpoint), ()
        answer = self._soap(asked.body, visitor)
        return answer, (NTLM, BASIC, BEARER) if answer.status == 401 else ()

    def _soap(self, raw: bytes, visitor: Visitor) -> Answer:
        try:
            call = parse_call(raw)
        except Malformed as failure:
            self.complaints.append(f"that is no SOAP: {failure}")
            return Answer(status=400, body=b"", content_type="text/plain")
        kept = raw if self.remember else b""
        self.requests.append(Request(operation=call.operation, mailbox=call.impersonated, raw=kept, at=self.now()))
        wrong = next((found for each in (*call.header, call.body) if (found := violation(each))), None)
        if wrong is not None:
            self.complaints.append(f"{call.operation} violates the schema: {wrong}")
            text = "The request failed schema validation."
            details = (t("LineNumber", "1"), t("LinePosition", "1"), t("Violation", wrong))
            return fault(Refusal(code="ErrorSchemaValidation", text=text, details=details))
        if call.operation not in OPERATIONS:
            self.complaints.append(f"the fake does not know {call.operation}")
            return fault(refuse("ErrorInvalidOperation", "The fake does not know that."))
        try:
            with self.throttle.passing(call, call.impersonated or self.settings.account):
                return self._answer(call, visitor)
        except Refusal as busy:
            return fault(busy)

    def _answer(self, call: Call, visitor: Visitor) -> Answer:
        """Raises Cut."""
        met = self.faults.take(call)
        if met is None:
            return self._carry_out(call, visitor)
        answer = NO_SUCH
        if met.carried_out:
            answer = self._carry_out(call, visitor)
        elif met.instead is not None:
            answer = met.instead(call)
        self._over.wait(met.seconds)
        if met.cut:
            raise Cut
        return answer

    def _carry_out(self, call: Call, visitor: Visitor) -> Answer:
        element, answer = carry_out(
            Visit(call=call, visitor=visitor, organisation=self.organisation, settings=self.settings, now=self.now)
        )
        wrong = None if element is None else violation(element)
        if wrong is not None:
            self.complaints.append(f"the fake's own answer to {call.operation} violates the schema: {wrong}")
        return answer

    def failed(self, failure: BaseException) -> None:
        self.complaints.append("the fake itself failed: " + "".join(traceback.format_exception(failure)))

    def stop(self) -> None:
        self._over.set()


@contextmanager
def ews_server(
    organisation: Organisation,
    *,
    account: str = ACCOUNT,
    user: str | None = None,
    scope: Collection[str] | None = None,
    limits: EwsLimits | None = None,
    now: Callable[[], datetime] | None = None,
) -> Iterator[EwsServer]:
    """Run it on a port of its own; on leaving, raise Complaints if there are any.

    Args:
        account: The service's own mailbox; *user*: by what it logs in, None: by that address.
        scope: Addresses that may be impersonated; None: everybody's.
        now: None: the organisation's.
    """
    clock = now or organisation.now
    made = certificates()
    gate = Gate(user=user or account, now=clock)
    server = EwsServer(
        organisation=organisation,
        gate=gate,
        settings=Settings(account=account, scope=None if scope is None else frozenset(scope)),
        throttle=Throttle(limits or EwsLimits(), clock),
        now=clock,
        ca_file=made.ca_file,
    )
    https = HttpsServer(
        made.server,
        respond=server.respond,
        new_line=lambda: Line(gate),
        now=clock,
        failed=server.failed,
    )
    try:
        with serving(https) as port:
            server.authority = f"https://localhost:{port}"
            try:
                yield server
            except BaseException as failure:
                failure.add_note("\n".join(server.complaints))
                raise
            finally:
                server.stop()
    finally:
        gate.close()
    if server.complaints:
        raise Complaints("\n".join(server.complaints))
