"""What has changed in a calendar since a state that the server gave. States can expire.

A calendar view's delta takes no OData options and gives whole events; that of all events gives only ids and times.
Source: "event: delta".
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from servers.graph_calendar import READ, view_of
from servers.graph_event_shape import event_values
from servers.graph_received import Answer, GraphError
from servers.graph_tenant import Ask, Tenant, route
from servers.graph_times import read_moment, written
from servers.organisation import Item

REFUSED = ("$select", "$filter", "$expand", "$orderby", "$search", "$top")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a token stands for.

    Attributes:
        changes: The very list of the mailbox's changes: a mailbox that was moved has another, and no state outlives that.
        window: Only what touches it; None: everything from *since* on.
        number: Changes up to it are told.
        waiting: What this round has yet to tell: item id, whether it is gone.
    """

    address: str
    changes: list[Any]
    window: tuple[datetime, datetime] | None
    since: datetime | None
    number: int
    waiting: tuple[tuple[str, bool], ...] = ()


def forget(tenant: Tenant, code: str = "SyncStateNotFound") -> None:
    """From now on the states given so far have expired, which *code* says."""
    for token in _states(tenant):
        tenant.memory.setdefault("forgotten", {})[token] = code
    _states(tenant).clear()


def _states(tenant: Tenant) -> dict[str, State]:
    found: dict[str, State] = tenant.memory.setdefault("states", {})
    return found


@route("GET", "/users/{box}/calendarView/delta", *READ)
def _view_delta(ask: Ask) -> Answer:
    if refused := [name for name in REFUSED if name in ask.request.query]:
        raise GraphError(400, "ErrorInvalidUrlQuery", f"The following parameters are not supported: {refused}.")
    return _round(ask, whole=True)


@route("GET", "/users/{box}/events/delta", *READ)
def _events_delta(ask: Ask) -> Answer:
    return _round(ask, whole=False)


def _round(ask: Ask, *, whole: bool) -> Answer:
    query = ask.request.query
    token = query.get("$deltatoken") or query.get("$skiptoken")
    state = _known(ask, token) if token else _first(ask, whole=whole)
    if not state.waiting and "$skiptoken" not in query and token:
        changed, number = ask.organisation.changed_since(ask.address, state.number)
        state = replace(state, waiting=tuple(changed), number=number)
    size = int(ask.request.prefers("odata.maxpagesize") or 10)
    page, rest = state.waiting[:size], state.waiting[size:]
    following = secrets.token_urlsafe(24)
    _states(ask.tenant)[following] = replace(state, waiting=rest)
    kind = ("@odata.nextLink", "$skiptoken") if rest else ("@odata.deltaLink", "$deltatoken")
    content = {
        "value": [_told(ask, state, *each, whole=whole) for each in page],
        kind[0]: f"{ask.link}?{kind[1]}={following}",
    }
    return Answer(content=content)


def _known(ask: Ask, token: str) -> State:
    found = _states(ask.tenant).get(token)
    if found is None or found.address != ask.address or found.changes is not ask.mailbox.changes:
        code = ask.tenant.memory.get("forgotten", {}).get(token, "SyncStateNotFound")
        raise GraphError(410, code, "The sync state generation is not found.", {"Location": f"{ask.link}?$deltatoken="})
    return found


def _first(ask: Ask, *, whole: bool) -> State:
    """Everything there is."""
    since = ask.request.query.get("startDateTime")
    state = State(
        address=ask.address,
        changes=ask.mailbox.changes,
        window=view_of(ask) if whole else None,
        since=read_moment(since) if since and not whole else None,
        number=ask.organisation.changed_since(ask.address, 0)[1],
    )
    items = sorted(ask.mailbox.calendar.values(), key=lambda item: (item.start, item.id))
    return replace(state, waiting=tuple((item.id, False) for item in items if _within(state, item)))


def _within(state: State, item: Item) -> bool:
    if state.window is not None:
        return item.start < state.window[1] and state.window[0] < item.end
    return state.since is None or item.end > state.since


def _told(ask: Ask, state: State, id_: str, gone: bool, *, whole: bool) -> dict[str, Any]:  # noqa: FBT001  # as it is kept
    item = None if gone else ask.mailbox.calendar.get(id_)
    if item is None or not _within(state, item):
        return {"@odata.type": "#microsoft.graph.event", "id": id_, "@removed": {"reason": "deleted"}}
    if whole:
        return {"@odata.type": "#microsoft.graph.event"} | event_values(item, ask.request)
    times = {"start": written(item.start), "end": written(item.end)}
    return {"@odata.type": "#microsoft.graph.event", "id": id_, "type": "singleInstance"} | times
