"""Ask Graph for one thing: with a token, within the mailbox's limits, and knowing whether it was handed over."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx

from talkcycle.domain.delivery import PermanentDeliveryError
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph.answers import BUSY_PAUSE, Answer, answer_of, judged
from talkcycle.transports.graph.limits import MailboxLimits
from talkcycle.transports.graph.lines import failed_line, open_client, tls_context
from talkcycle.transports.graph.tokens import Token, Tokens

PATIENCE = BUSY_PAUSE * 2
"""Who reads waits this long for a server that asks for patience, and asks once more."""


class Graph:
    """What all lines to Graph share: token, limits, TLS. Safe to share between threads."""

    def __init__(self, settings: GraphSettings, *, clock: Clock, wait: Callable[[float], None]) -> None:
        self.settings = settings
        self.clock = clock
        self.wait = wait
        self.limits = MailboxLimits(settings, clock=clock, wait=wait)
        self.tokens = Tokens(
            settings, open_client=lambda: open_client(settings, self.tls, settings.authority), clock=clock
        )
        self.endpoint = settings.endpoint.rstrip("/")

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return tls_context(self.settings)

    @contextmanager
    def line(self) -> Iterator["Client"]:
        """A line for one thread."""
        client = Client(self)
        try:
            yield client
        finally:
            client.close()


class Client:
    """A line to Graph. Used by one thread; opened with the first request."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._http: httpx.Client | None = None

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        mailbox: str | None,
        query: Mapping[str, str] | None = None,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        visible: bool = False,
        parts: int = 1,
    ) -> Answer:
        """What Graph answers, whatever the status; a token that has ended is renewed once.

        Args:
            path: Below the endpoint, quoted; or a link that Graph gave, which must lead to the same place.
            mailbox: Whose limits count; None: nobody's.
            visible: The request has an effect that others see.
            parts: Of a batch.

        Raises:
            TransientDeliveryError, UnknownDeliveryError: There is no answer, or no token.
        """
        url = self._url(path, query)
        body = None if content is None else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        sent = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        sent |= dict(headers or {})

        def once(token_of: Callable[[], Token]) -> tuple[Token, Answer]:
            with self.graph.limits.request(mailbox, size=len(body or b""), parts=parts):
                token = token_of()  # after the wait, in which one could have ended
                authorized = {"Authorization": f"Bearer {token.value}"} | sent
                return token, self._exchange(method, url, body, authorized, visible=visible)

        tokens = self.graph.tokens
        token, answer = once(tokens.current)
        if answer.status == httpx.codes.UNAUTHORIZED:
            refused, why = token, answer
            token, answer = once(lambda: tokens.after_refusal(refused, why))
            if answer.status == httpx.codes.UNAUTHORIZED:
                raise tokens.refuse(answer)
        token.accepted = True
        return answer

    def do(self, method: str, path: str, *, mailbox: str | None, visible: bool = False, **more: Any) -> Any:
        """The content of a success.

        Raises:
            DeliveryError: Anything else, judged.
        """
        answer = self.ask(method, path, mailbox=mailbox, visible=visible, **more)
        if not answer.ok:
            raise judged(answer, visible=visible, now=self.graph.clock.now())
        return answer.body

    def read(self, method: str, path: str, *, mailbox: str | None, **more: Any) -> Answer:
        """As ``ask``, for what changes nothing: a server that asks for a little patience gets it, once."""
        answer = self.ask(method, path, mailbox=mailbox, **more)
        if answer.throttles():
            pause = answer.pause(self.graph.clock.now()) or BUSY_PAUSE
            if pause <= PATIENCE:
                self.graph.wait(pause.total_seconds())
                answer = self.ask(method, path, mailbox=mailbox, **more)
        return answer

    def pages(self, path: str, *, mailbox: str | None, **more: Any) -> Iterator[Mapping[str, Any]]:
        """The contents of a list, a page after the other.

        Raises:
            DeliveryError: As ``do``.
        """
        next_path, query = path, more.pop("query", None)
        while next_path:
            answer = self.read("GET", next_path, mailbox=mailbox, query=query, **more)
            if not answer.ok or not isinstance(answer.body, dict):
                raise judged(answer, visible=False, now=self.graph.clock.now())
            yield answer.body
            next_path, query = answer.body.get("@odata.nextLink") or "", None

    def put(self, url: str, content: bytes, *, headers: Mapping[str, str], mailbox: str) -> Answer:
        """Send a piece to an upload session. Its address is secret and needs no token: it must not get one.

        Raises:
            TransientDeliveryError: There is no answer; nobody sees a file that is not whole.
        """
        if not url.startswith("https://"):
            raise PermanentDeliveryError("the server wants a file to be uploaded without TLS")
        with self.graph.limits.request(mailbox, size=len(content)):
            return self._exchange("PUT", url, content, headers, visible=False)

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        if path.startswith("https://"):
            if not path.startswith(f"{self.graph.endpoint}/"):
                raise PermanentDeliveryError("the server leads elsewhere, where the token must not go")
            return path
        return f"{self.graph.endpoint}{with_query(path, query or {})}"

    def _exchange(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, visible: bool
    ) -> Answer:
        if self._http is None:
            self._http = open_client(self.graph.settings, self.graph.tls, self.graph.endpoint)
        try:
            response = self._http.request(method, url, content=body, headers=headers)
            return answer_of(response.status_code, response.headers, response.content)
        except (httpx.HTTPError, OSError, ValueError) as failure:
            raise failed_line(failure, visible=visible) from failure


def with_query(path: str, query: Mapping[str, str]) -> str:
    """*path* with OData's parameters. Blanks as %20: not every server behind Graph takes a plus for one."""
    asked = "&".join(f"{name}={quote(value, safe=SAFE)}" for name, value in query.items())
    return f"{path}?{asked}" if asked else path


SAFE = "$(),:;=/'"
"""Stay readable in a query's value."""


def user(mailbox: str) -> str:
    """The path of a mailbox or a person."""
    return f"/users/{quote(mailbox, safe='@')}"


def event(mailbox: str, id_: str) -> str:
    """The path of a calendar entry."""
    return f"{user(mailbox)}/events/{quote(id_, safe='')}"


def literal(value: str) -> str:
    """*value* as a string of OData's."""
    return "'" + value.replace("'", "''") + "'"
