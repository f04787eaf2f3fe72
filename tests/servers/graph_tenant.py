"""One organisation's Exchange Online as Graph shows it: who may do what, and which function answers which address."""

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from servers.graph_limits import Throttle
from servers.graph_received import Answer, GraphError, Received
from servers.graph_tokens import Tokens
from servers.organisation import Mailbox, NoItem, NoMailbox, Organisation, Where

MAILBOX_RIGHTS = frozenset({"Calendars.ReadWrite", "Mail.ReadWrite", "Mail.Send", "MailboxSettings.Read"})
DIRECTORY_RIGHTS = frozenset({"User.Read.All", "Place.Read.All"})
MOST = 4 * 1024 * 1024
"""Bytes of one request's body."""


@dataclass(slots=True, kw_only=True)
class Access:
    """What the application may by RBAC for Applications; what it may in the whole tenant is its tokens' *roles*.

    Attributes:
        rights: Within *scope*. They stand in no token.
        scope: Addresses; None: everybody's.
        mail_scope: Where rights about mail hold, if they are assigned with a scope of their own.
    """

    rights: set[str] = field(default_factory=lambda: set(MAILBOX_RIGHTS))
    scope: set[str] | None = None
    mail_scope: set[str] | None = None

    def allows(self, right: str, address: str) -> bool:
        about_mail = right.startswith("Mail.") and self.mail_scope is not None
        scope = self.mail_scope if about_mail else self.scope
        return right in self.rights and (scope is None or address.casefold() in {each.casefold() for each in scope})


@dataclass(slots=True, kw_only=True)
class Tenant:
    """Attributes:
    now: The server's clock.
    endpoint: ``https://localhost:PORT/v1.0``; set once the port is known. *authority*: the same without the version.
    memory: What single parts keep, by name: sessions, states, drafts as they were given.
    """

    organisation: Organisation
    now: Callable[[], datetime]
    tokens: Tokens
    throttle: Throttle
    access: Access
    endpoint: str = ""
    authority: str = ""
    memory: dict[str, Any] = field(default_factory=dict)

    def may(self, rights: tuple[str, ...], mailbox: Mailbox | None) -> bool:
        """*rights*: any of them is enough. The union of both grants counts, as in the real one."""
        if not self.tokens.roles.isdisjoint(rights):
            return True
        return mailbox is not None and any(self.access.allows(right, mailbox.address) for right in rights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request on its way to the function that answers it. *parts*: of the address, by name."""

    tenant: Tenant
    request: Received
    parts: Mapping[str, str]
    _mailbox: Mailbox | None = None

    @property
    def organisation(self) -> Organisation:
        return self.tenant.organisation

    @property
    def mailbox(self) -> Mailbox:
        assert self._mailbox is not None, "this route has no mailbox"
        return self._mailbox

    @property
    def address(self) -> str:
        return self.mailbox.address

    @property
    def link(self) -> str:
        """The request's own address without its query."""
        return self.tenant.endpoint + self.request.target.partition("?")[0]

    def body(self) -> dict[str, Any]:
        """The body's object; empty where none came."""
        found = self.request.json()
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
        return found


Handler = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    pattern: re.Pattern[str]
    rights: tuple[str, ...]
    handler: Handler


ROUTES: dict[str, list[Route]] = {}


def route(method: str, template: str, *rights: str) -> Callable[[Handler], Handler]:
    """Answer *method* at *template* (``{name}``: without slashes) for whoever has one of *rights*; none: anybody."""
    pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))

    def keep(handler: Handler) -> Handler:
        routes = ROUTES.setdefault(method, [])
        routes.append(Route(pattern, rights, handler))
        routes.sort(key=lambda each: each.pattern.groups)  # events/delta comes before events/{event}
        return handler

    return keep


def carry_out(tenant: Tenant, request: Received) -> Answer:
    """Everything between the token and the answer. Errors are answers."""
    try:
        return _answered(tenant, request)
    except GraphError as error:
        return error.answer(tenant.now())
    except NoItem:
        says = "The specified object was not found in the store."
        return GraphError(404, "ErrorItemNotFound", says).answer(tenant.now())


def _answered(tenant: Tenant, request: Received) -> Answer:
    found, parts = _routed(request)
    mailbox = _served(tenant, parts["box"]) if "box" in parts else None
    with tenant.throttle.running(mailbox.address) if mailbox is not None else nullcontext():
        if mailbox is not None:
            tenant.throttle.request(mailbox.address)
        if found.rights and not tenant.may(found.rights, mailbox):
            raise _denied(mailbox)
        if len(request.body) > MOST:
            raise GraphError(413, "RequestEntityTooLarge", "The request is larger than 4 MB.")
        if mailbox is not None and mailbox.where is not Where.ONLINE:
            says = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
            raise GraphError(404, "MailboxNotEnabledForRESTAPI", says)
        with tenant.organisation.lock:
            return found.handler(Ask(tenant=tenant, request=request, parts=parts, _mailbox=mailbox))


def _routed(request: Received) -> tuple[Route, dict[str, str]]:
    for each in ROUTES.get(request.method, ()):
        if found := each.pattern.fullmatch(request.path):
            return each, found.groupdict()
    if any(each.pattern.fullmatch(request.path) for routes in ROUTES.values() for each in routes):
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{request.path.rpartition('/')[2]}'.")


def _served(tenant: Tenant, who: str) -> Mailbox:
    try:
        return tenant.organisation.mailbox(who)
    except NoMailbox:
        raise GraphError(404, "ErrorInvalidUser", "The requested user is invalid.") from None


def _denied(mailbox: Mailbox | None) -> GraphError:
    if mailbox is None:
        return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
