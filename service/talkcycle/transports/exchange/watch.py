"""What became of our entries: which have changed since the last look, and how they stand now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from exchangelib.errors import ErrorInvalidSyncStateData, ResponseMessageError
from exchangelib.folders import Calendar
from exchangelib.items import ID_ONLY, CalendarItem
from exchangelib.properties import Attendee, ItemId

from talkcycle.domain.busy import Span
from talkcycle.domain.mailboxes import Answer, Changes, SeenAnswer, SeenEntry
from talkcycle.transports.exchange.busy_spans import plain
from talkcycle.transports.exchange.meetings import fields
from talkcycle.transports.exchange.properties import ENTRY, ORDER
from talkcycle.transports.exchange.server import Mailbox, Server
from talkcycle.transports.exchange.services import EachItem, Synced

MOST_CHANGES = 512
ANSWERS: Mapping[str, Answer] = {
    "Accept": Answer.ACCEPTED,
    "Tentative": Answer.TENTATIVE,
    "Decline": Answer.DECLINED,
}
READ = fields("start", "end", "is_cancelled", "required_attendees", "optional_attendees", "resources", ENTRY, ORDER)
"""Neither subject nor body, of our own entries either."""
VANISHED = frozenset({"ErrorItemNotFound", "ErrorInvalidMailboxItemId", "ErrorInvalidStoreId", "ErrorCorruptData"})


class ExchangeWatch:
    """Implements ``domain.ports.EntryWatch``. Of entries that are not ours the server gives ids, and nothing is asked."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def changes(self, organizer: str, known: Mapping[str, str], since: str | None, /) -> Changes:
        box = self._server.mailbox(organizer)
        with self._server.speaking():
            touched, state = _touched(box, since)
            asked = known if touched is None else {uid: id_ for uid, id_ in known.items() if {uid, id_} & touched}
            return Changes(entries=tuple(_looked_at(box, asked)), state=state)


def _touched(box: Mailbox, since: str | None) -> tuple[set[str] | None, str]:
    """Ids of what has changed, UIDs where it is ours, and the new state.

    None: the server does not know any more what has changed, or was never asked.
    """
    try:
        touched, state = _synced(box, since)
    except ErrorInvalidSyncStateData:
        if since is None:
            raise
        return None, _synced(box, None)[1]
    return (None if since is None else touched), state


def _synced(box: Mailbox, state: str | None) -> tuple[set[str], str]:
    """Our own property is asked for: an entry may have got another id."""
    calendar, touched = box.folder(Calendar), set[str]()
    while True:
        sync = Synced(account=box)
        for _, changed in sync.call(
            folder=calendar,
            shape=ID_ONLY,
            additional_fields=fields(ENTRY),
            sync_state=state,
            ignore=None,
            max_changes_returned=MOST_CHANGES,
            sync_scope=None,
        ):
            thing = changed[0] if isinstance(changed, tuple) else changed  # a read flag comes with its id in a pair
            touched |= {thing.id, getattr(thing, ENTRY, None) or thing.id}
        if sync.includes_last_item_in_range or sync.sync_state == state:
            return touched, sync.sync_state
        state = sync.sync_state


def _looked_at(box: Mailbox, asked: Mapping[str, str]) -> Iterable[SeenEntry]:
    """Each as it stands. One that is not there under its id is looked for by our property before it is called gone.

    Ids change when a mailbox moves, and when somebody drags an entry out of the calendar and back.
    """
    if not asked:
        return
    there = _items(box, list(asked.values()))
    for (uid, id_), under_its_id in zip(asked.items(), there, strict=True):
        ours = under_its_id is not None and getattr(under_its_id, ENTRY) == uid
        item = under_its_id if ours else _elsewhere(box, uid)
        if item is None or item.is_cancelled:
            yield SeenEntry(uid=uid, remote_id=id_, gone=True)
        else:
            yield _seen(uid, item)


def _elsewhere(box: Mailbox, uid: str) -> CalendarItem | None:
    """The entry of ours under another id."""
    found = box.folder(Calendar).filter(**{ENTRY: uid}).only("id", "changekey")
    ids = [item.id for item in found]
    return next((item for item in _items(box, ids) if item is not None), None) if ids else None


def _items(box: Mailbox, ids: Sequence[str]) -> list[CalendarItem | None]:
    answers = EachItem(account=box).call(items=[ItemId(id=id_) for id_ in ids], additional_fields=READ, shape=ID_ONLY)
    return [_there(answer) for answer in answers]


def _there(answer: Any) -> CalendarItem | None:
    if isinstance(answer, ResponseMessageError):
        code = type(answer).__name__
        if code in VANISHED or code.startswith("ErrorInvalidId"):
            return None
        raise answer
    return answer


def _seen(uid: str, item: CalendarItem) -> SeenEntry:
    people = [*(item.required_attendees or ()), *(item.optional_attendees or ())]
    answers = [_answer(each, room=False) for each in people] + [_answer(each, room=True) for each in item.resources or ()]
    return SeenEntry(
        uid=uid,
        remote_id=item.id,
        order=getattr(item, ORDER) or "",
        start=plain(item.start),
        end=plain(item.end),
        answers=tuple(answers),
    )


def _answer(attendee: Attendee, *, room: bool) -> SeenAnswer:
    proposed: Span | None = None
    if attendee.proposed_start is not None and attendee.proposed_end is not None:
        proposed = plain(attendee.proposed_start), plain(attendee.proposed_end)
    return SeenAnswer(
        address=attendee.mailbox.email_address or "",
        answer=ANSWERS.get(attendee.response_type, Answer.NONE),
        at=_given(attendee.last_response_time),
        proposed=proposed,
        room=room,
    )


def _given(at: Any) -> datetime | None:
    """Exchange says year 1 or 1601 where nothing was answered."""
    return plain(at) if at is not None and at.year > 1900 else None
