"""Finding items by what they hold, and by what has changed since a state handed out earlier."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml.etree import _Element

from servers.ews_calendar import SHEET as CALENDAR
from servers.ews_calendar_requests import read_time
from servers.ews_items import written_item
from servers.ews_mail import SHEET as MAIL
from servers.ews_shapes import asked_shape, key_of
from servers.ews_soap import elements, flag, local, m, refuse, response, succeeded, t, text_of
from servers.ews_visit import Visit
from servers.organisation import Item, Mail, Mailbox

INVALID_STATE = "The sync state data is corrupted or otherwise invalid."
MAIL_FOLDERS: dict[str, Callable[[Mail], bool]] = {
    "drafts": lambda mail: mail.draft,
    "sentitems": lambda mail: not mail.draft and not mail.received,
    "inbox": lambda mail: mail.received,
}


def contents(mailbox: Mailbox, folder: str) -> list[Item | Mail]:
    if folder == "calendar":
        return list(mailbox.calendar.values())
    belongs = MAIL_FOLDERS.get(folder)
    return [] if belongs is None else [mail for mail in mailbox.mails.values() if belongs(mail)]


def find_item(visit: Visit) -> _Element:
    shape = asked_shape(visit.call.find("m:ItemShape"))
    restriction = visit.call.find("m:Restriction")

    def find(folder: _Element) -> tuple[_Element, ...]:
        fitting = [
            thing
            for thing in contents(visit.mailbox, visit.folder(folder))
            if restriction is None or all(holds(each, thing, visit.mailbox) for each in elements(restriction))
        ]
        page, paging = _page(fitting, visit)
        items = t("Items", *(written_item(thing, visit, shape, found=True) for thing in page))
        return (m("RootFolder", items, TotalItemsInView=str(len(fitting)), **paging),)

    return visit.for_each(visit.call.findall("m:ParentFolderIds/*"), find)


def _page(things: list[Item | Mail], visit: Visit) -> tuple[list[Item | Mail], dict[str, str]]:
    view = visit.call.find("m:CalendarView")
    if view is not None:
        start, end = (read_time(view.get(name, ""), ZoneInfo("UTC")) for name in ("StartDate", "EndDate"))
        seen = [thing for thing in things if isinstance(thing, Item) and thing.start < end and start < thing.end]
        most = int(view.get("MaxEntriesReturned", "1000"))
        page: list[Item | Mail] = [*sorted(seen, key=lambda item: item.start)[:most]]
        return page, {"IncludesLastItemInRange": flag(len(seen) <= most)}
    view = visit.call.find("m:IndexedPageItemView")
    offset, most = (
        (0, 1000) if view is None else (int(view.get("Offset", "0")), int(view.get("MaxEntriesReturned", "1000")))
    )
    after = min(offset + most, len(things))
    return things[offset:after], {
        "IndexedPagingOffset": str(after),
        "IncludesLastItemInRange": flag(after >= len(things)),
    }


def holds(condition: _Element, thing: Item | Mail, mailbox: Mailbox) -> bool:
    """Whether *condition*, a search expression, does. Raises Refusal for one that is not modelled."""
    parts = list(elements(condition))
    match local(condition):
        case "And":
            return all(holds(each, thing, mailbox) for each in parts)
        case "Or":
            return any(holds(each, thing, mailbox) for each in parts)
        case "Not":
            return not holds(parts[0], thing, mailbox)
        case "Exists":
            return _value(parts[0], thing, mailbox) is not None
        case name:
            value, wanted = _value(parts[0], thing, mailbox), _wanted(parts[1], thing, mailbox)
            return _compared(name, value, wanted)


def _compared(name: str, value: str | None, wanted: str | None) -> bool:
    left, right = _as_time(value), _as_time(wanted)
    both = (left, right) if left is not None and right is not None else (value, wanted)
    match name:
        case "IsEqualTo":
            return both[0] == both[1]
        case "IsNotEqualTo":
            return both[0] != both[1]
    if left is None or right is None:
        raise refuse("ErrorUnsupportedPathForQuery", f"The fake does not know {name} of that.")
    match name:
        case "IsGreaterThan":
            return left > right
        case "IsGreaterThanOrEqualTo":
            return left >= right
        case "IsLessThan":
            return left < right
        case "IsLessThanOrEqualTo":
            return left <= right
    raise refuse("ErrorUnsupportedPathForQuery", f"The fake does not know {name}.")


def _as_time(text: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def _wanted(element: _Element, thing: Item | Mail, mailbox: Mailbox) -> str | None:
    constant = element.find("{*}Constant")
    if constant is not None:
        return constant.get("Value")
    return _value(next(elements(element)), thing, mailbox)


def _value(path: _Element, thing: Item | Mail, mailbox: Mailbox) -> str | None:
    if local(path) == "ExtendedFieldURI":
        return thing.properties.get(key_of(path))
    uri = path.get("FieldURI", "")
    if isinstance(thing, Item):
        write = CALENDAR.fields.get(uri)
        found = None if write is None else write(thing, mailbox)
    else:
        write_mail = MAIL.fields.get(uri)
        found = None if write_mail is None else write_mail(thing, mailbox)
    if uri not in CALENDAR.fields and uri not in MAIL.fields:
        raise refuse("ErrorUnsupportedPathForQuery", f"The fake does not search by {uri}.")
    return None if found is None else found.text


def sync_folder_items(visit: Visit) -> _Element:
    name = visit.call.operation
    if visit.folder(visit.call.findall("m:SyncFolderId/*")[0]) != "calendar":
        raise refuse("ErrorInvalidOperation", "The fake tells changes of calendars alone.")
    since = _number(text_of(visit.call.body, "m:SyncState"), visit)
    most = int(text_of(visit.call.body, "m:MaxChangesReturned") or 512)
    told, until, last = _changes(visit.mailbox, since, most)
    shape = asked_shape(visit.call.find("m:ItemShape"))

    def change(id_: str, *, gone: bool, known: bool) -> _Element:
        if gone:
            return t("Delete", t("ItemId", Id=id_, ChangeKey="AQAAAA=="))
        item = visit.mailbox.calendar[id_]
        return t("Update" if known else "Create", written_item(item, visit, shape, found=True))

    return response(
        name,
        succeeded(
            name,
            m("SyncState", _state(until, visit)),
            m("IncludesLastItemInRange", flag(last)),
            m("Changes", *(change(id_, gone=gone, known=known) for id_, gone, known in told)),
        ),
    )


def _changes(mailbox: Mailbox, since: int, most: int) -> tuple[list[tuple[str, bool, bool]], int, bool]:
    """What changed after number *since* (item's id, gone, known before), until which number, and whether that is all."""
    newest: dict[str, tuple[int, bool]] = {}
    known = {id_ for number, id_, _ in mailbox.changes if number <= since}
    for number, id_, gone in mailbox.changes:
        if number > since:
            newest.pop(id_, None)
            newest[id_] = (number, gone)
    told = [(number, id_, gone) for id_, (number, gone) in newest.items() if not gone or id_ in known]
    page = told[:most]
    last = len(page) == len(told)
    until = (mailbox.changes[-1][0] if mailbox.changes else since) if last else page[-1][0]
    return [(id_, gone, id_ in known) for _, id_, gone in page], until, last


def _state(number: int, visit: Visit) -> str:
    """Opaque: of this mailbox where it is now, and of the era in which it was given."""
    mailbox = visit.mailbox
    return base64.b64encode(f"{visit.settings.era}/{mailbox.id}/{mailbox.moves}/{number}".encode()).decode()


def _number(state: str | None, visit: Visit) -> int:
    """Raises Refusal: the state is not of this mailbox, or forgotten."""
    if not state:
        return 0
    try:
        era, mailbox, moves, number = base64.b64decode(state, validate=True).decode().split("/")
        if (int(era), mailbox, int(moves)) == (visit.settings.era, visit.mailbox.id, visit.mailbox.moves):
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise refuse("ErrorInvalidSyncStateData", INVALID_STATE)
