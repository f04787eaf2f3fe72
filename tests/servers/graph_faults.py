"""How the fake Graph server misbehaves when a test asks it to."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from servers.graph_received import GraphError, Place, Received


class FaultKind(StrEnum):
    """``cut``: the connection ends without an answer. ``slow``: the answer comes late, to a request that was carried out
    (``handled``) or else never. ``status``: an error instead of the answer. ``revoke``: every token so far is void.
    ``forget``: every delta token so far has expired."""

    CUT = "cut"
    SLOW = "slow"
    STATUS = "status"
    REVOKE = "revoke"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the next matching request meets, once or *times*. A part of a batch matches by itself.

    Attributes:
        method, path: Of what it meets; *path* is searched as a pattern in the decoded path, without version and query.
        match: Looked at as well. With neither *path* nor *match*: any request to Graph, none to the token endpoint.
        handled: The request is carried out before the fault strikes.
        status, code, retry_after: Of a ``status``. *retry_after*: seconds or a date, as the header has it.
        seconds: Of a ``slow``.
    """

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    match: Callable[[Received], bool] | None = None
    handled: bool = False
    status: int = 503
    code: str = ""
    retry_after: int | str | None = None
    seconds: float = 0.0
    times: int = 1

    def meets(self, request: Received) -> bool:
        if self.path is None and self.match is None and request.place is not Place.GRAPH:
            return False
        return (
            (self.method is None or self.method == request.method)
            and (self.path is None or re.search(self.path, request.path) is not None)
            and (self.match is None or self.match(request))
        )

    def error(self) -> GraphError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        code = self.code or CODES.get(self.status, "UnknownError")
        return GraphError(self.status, code, "As the test wants it.", headers)


CODES = {
    400: "ErrorInvalidRequest",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    429: "ApplicationThrottled",
    500: "InternalServerError",
    502: "BadGateway",
    503: "serviceNotAvailable",
    504: "gatewayTimeout",
}


def take(faults: list[Fault], request: Received) -> Fault | None:
    """The first fault that *request* meets, which is then used up by one."""
    for number, fault in enumerate(faults):
        if fault.meets(request):
            if fault.times > 1:
                faults[number] = replace(fault, times=fault.times - 1)
            else:
                del faults[number]
            return fault
    return None
