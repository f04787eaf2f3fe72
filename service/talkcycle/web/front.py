"""What stands before the pages: the prefix, how often somebody may ask, and what every answer says to browsers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import Any

from talkcycle.web.rates import Rates

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
ASSETS = "style"
"""The first part of what all pages load; no link is as short."""
REFUSED = 404
FLOOR = 0.1
"""Seconds. No link is refused sooner, so that how long it took does not tell why."""
LONGEST_QUERY = 200


@dataclass(slots=True, kw_only=True)
class Front:
    """Wraps *app*, an ASGI application that knows neither prefix nor HEAD.

    Attributes:
        prefix: Stripped where a proxy has left it.
        busy: Answers whoever asks too often; *broken* where *app* fails.
        by_address, by_link: How often an address may ask, and for one link.
    """

    app: App
    prefix: str
    busy: App
    broken: App
    by_address: Rates
    by_link: Rates
    log: Any
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, begun = self.clock(), False

        async def dressed(message: Mapping[str, Any]) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if message["status"] == REFUSED:
                    await self.wait(max(0.0, began + FLOOR - self.clock()))
                message = {**message, "headers": _with_ours(message["headers"])}
            await send(message)

        inner = self._inner(scope)
        try:
            await (self.app if self._allowed(inner) else self.busy)(inner, receive, dressed)
        except Exception as failure:  # noqa: BLE001  # what it says may hold a name or a token; its kind does not
            self.log.error("a page failed", error=type(failure).__name__)  # noqa: TRY400  # no traceback either
            if not begun:
                await self.broken(inner, receive, dressed)

    def _inner(self, scope: Scope) -> Scope:
        """*scope* as the application sees it. The server itself leaves the body of an answer to HEAD away."""
        path = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            path = path[len(self.prefix) :] or "/"
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        return {
            **scope,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "method": method,
            "query_string": scope["query_string"][:LONGEST_QUERY],
        }

    def _allowed(self, scope: Scope) -> bool:
        client, first = scope.get("client"), scope["path"].split("/")[1]
        if not self.by_address.allows(client[0] if client else ""):
            return False
        return first == ASSETS or self.by_link.allows(sha256(first.encode()).hexdigest())


def _with_ours(headers: Any) -> list[tuple[bytes, bytes]]:
    """*headers* with those of every answer; what an answer says of its own keeping in caches stays."""
    own = [(bytes(name).lower(), bytes(value)) for name, value in headers]
    named = {name for name, _ in own}
    return own + [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in named]
