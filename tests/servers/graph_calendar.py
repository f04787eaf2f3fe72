"""Events: made, changed, cancelled, answered, listed."""

from collections.abc import Sequence
from typing import Any

from servers.graph_event_shape import change_key, event_values, fields_of, join_url, properties_of, with_link
from servers.graph_odata import condition, getter, paged, selected
from servers.graph_received import Answer, GraphError
from servers.graph_tenant import Ask, route
from servers.graph_times import read_moment, read_time
from servers.organisation import Item, Response, Telling

READ = ("Calendars.Read", "Calendars.ReadWrite")
WRITE = ("Calendars.ReadWrite",)
COLLECTIONS = ("/users/{box}/events", "/users/{box}/calendar/events", "/users/{box}/calendars/{calendar}/events")


def _make(ask: Ask) -> Answer:
    body = ask.body()
    if "start" not in body or "end" not in body:
        raise GraphError(400, "ErrorInvalidRequest", "At least one property failed validation: start, end.")
    fields = fields_of(body)
    _check_times(fields["start"], fields["end"])
    transaction = fields.get("transaction")
    if transaction is not None:
        for item in ask.mailbox.calendar.values():
            if item.transaction == transaction:
                return _shown(ask, item, 201)
    attendees = fields.get("attendees", [])
    ask.tenant.throttle.sending(ask.address, len(attendees))
    fields["properties"] = properties_of(body)
    uid = f"040000008200E000{ask.organisation.new_id().upper()}"
    tell = Telling.ALL if attendees else Telling.NOBODY
    return _shown(ask, ask.organisation.create(ask.address, tell=tell, uid=uid, **with_link(fields, uid)), 201)


def _change(ask: Ask) -> Answer:
    item, body = _item(ask), ask.body()
    fields = fields_of(body)
    if not body or "transaction" in fields:
        raise GraphError(400, "ErrorInvalidRequest", "There is nothing to change, or what cannot be changed.")
    _check_times(fields.get("start", item.start), fields.get("end", item.end))
    if "body" in fields and item.online and not fields.get("online"):
        fields["online"] = join_url(item.uid) in fields["body"]
    fields = with_link(fields, item.uid) if fields.get("online") and ("body" in fields or not item.online) else fields
    if "singleValueExtendedProperties" in body:
        fields["properties"] = item.properties | properties_of(body)
    tell = _telling(item, body, fields)
    ask.tenant.throttle.sending(ask.address, _told(item, fields, tell))
    return _shown(ask, ask.organisation.update(ask.address, item.id, tell=tell, **fields), 200)


def _telling(item: Item, body: dict[str, Any], fields: dict[str, Any]) -> Telling:
    if not item.mine or not (item.attendees or fields.get("attendees")):
        return Telling.NOBODY
    return Telling.CHANGED if set(body) == {"attendees"} else Telling.ALL


def _told(item: Item, fields: dict[str, Any], tell: Telling) -> int:
    """How many get a mail of it."""
    before = {each.address.casefold() for each in item.attendees}
    after = {each.address.casefold() for each in fields.get("attendees", item.attendees)}
    return {Telling.NOBODY: 0, Telling.CHANGED: len(before ^ after), Telling.ALL: len(before | after)}[tell]


def _delete(ask: Ask) -> Answer:
    """An organizer's deletion is a cancellation without words; an attendee's tells nobody."""
    item = _item(ask)
    ask.tenant.throttle.sending(ask.address, len(item.attendees) if item.mine else 0)
    ask.organisation.cancel(ask.address, item.id)
    return Answer(status=204)


def _get(ask: Ask) -> Answer:
    return _shown(ask, _item(ask), 200)


def _list(ask: Ask) -> Answer:
    return _page(ask, list(ask.mailbox.calendar.values()))


for _collection in COLLECTIONS:
    route("POST", _collection, *WRITE)(_make)
    route("GET", _collection, *READ)(_list)
    route("GET", _collection + "/{event}", *READ)(_get)
    route("PATCH", _collection + "/{event}", *WRITE)(_change)
    route("DELETE", _collection + "/{event}", *WRITE)(_delete)


@route("GET", "/users/{box}/calendarView", *READ)
def _view(ask: Ask) -> Answer:
    start, end = view_of(ask)
    return _page(ask, [item for item in ask.mailbox.calendar.values() if item.start < end and start < item.end])


@route("POST", "/users/{box}/events/{event}/cancel", *WRITE)
def _cancel(ask: Ask) -> Answer:
    item, body = _item(ask), ask.body()
    if not item.mine:
        raise GraphError(400, "ErrorInvalidRequest", "You need to be an organizer to cancel a meeting.")
    if not item.attendees:
        raise GraphError(400, "ErrorInvalidRequest", "Your request can't be completed. It is not a meeting.")
    ask.tenant.throttle.sending(ask.address, len(item.attendees))
    ask.organisation.cancel(ask.address, item.id, body.get("comment", body.get("Comment")) or "")
    return Answer(status=202)


def _answering(response: Response) -> None:
    verb = {Response.ACCEPTED: "accept", Response.DECLINED: "decline", Response.TENTATIVE: "tentativelyAccept"}[response]

    @route("POST", "/users/{box}/events/{event}/" + verb, *WRITE)
    def answer(ask: Ask) -> Answer:
        item, body = _item(ask), {name[:1].lower() + name[1:]: value for name, value in ask.body().items()}
        if item.mine:
            raise GraphError(400, "ErrorInvalidRequest", "You can't respond to this meeting: you're its organizer.")
        proposed = body.get("proposedNewTime")
        times = None if proposed is None else (read_time(proposed["start"])[0], read_time(proposed["end"])[0])
        if body.get("sendResponse", True):
            ask.tenant.throttle.sending(ask.address, 1)
            ask.organisation.answer(ask.address, item.uid, response, proposed=times)
        else:
            item.response = response
        return Answer(status=202)


for _response in (Response.ACCEPTED, Response.DECLINED, Response.TENTATIVE):
    _answering(_response)


def view_of(ask: Ask) -> tuple[Any, Any]:
    """The window that a calendar view names."""
    try:
        return read_moment(ask.request.query["startDateTime"]), read_moment(ask.request.query["endDateTime"])
    except KeyError:
        says = (
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime."
        )
        raise GraphError(400, "ErrorInvalidParameter", says) from None


def _item(ask: Ask) -> Item:
    """Raises NoItem; GraphError 412: it has changed since the client looked."""
    item = ask.organisation.item(ask.address, ask.parts["event"])
    expected = ask.request.headers.get("if-match", "*")
    if expected not in ("*", f'W/"{change_key(item)}"'):
        raise GraphError(412, "ErrorIrresolvableConflict", "The send or update operation could not be performed.")
    return item


def _check_times(start: Any, end: Any) -> None:
    if end < start:
        raise GraphError(400, "ErrorPropertyValidationFailure", "End time should be after start time.")


def _shown(ask: Ask, item: Item, status: int) -> Answer:
    return Answer(status=status, content=selected(event_values(item, ask.request), ask.request))


def _page(ask: Ask, items: Sequence[Item]) -> Answer:
    request = ask.request
    found = sorted(items, key=lambda item: (item.start, item.id))
    if "$filter" in request.query:
        fits = condition(request.query["$filter"])
        found = [item for item in found if fits(lambda path, of=item: _field(ask, of, path))]  # type: ignore[misc]
    page, link = paged(found, request, ask.link, size=10)
    return Answer(content={"value": [selected(event_values(item, request), request) for item in page]} | link)


def _field(ask: Ask, item: Item, path: str) -> Any:
    if path == "singleValueExtendedProperties":
        return [{"id": name, "value": value} for name, value in item.properties.items()]
    value = getter(event_values(item, ask.request))(path)
    return value[:19] if path.endswith("/dateTime") else value
