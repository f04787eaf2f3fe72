"""What Graph tells of an entry of ours, as the rounds want to know it. Pure. Neither subject nor body is asked for."""

from collections.abc import Mapping
from typing import Any

from talkcycle.domain.mailboxes import Answer, SeenAnswer, SeenEntry
from talkcycle.transports.graph.client import event, with_query
from talkcycle.transports.graph.properties import ENTRY, EXPANDED, ORDER, told
from talkcycle.transports.graph.zones import instant, moment, slot

READ = {"$select": "id,start,end,attendees,isCancelled,isOrganizer", "$expand": EXPANDED}
RESPONSES = {
    "accepted": Answer.ACCEPTED,
    "tentativelyaccepted": Answer.TENTATIVE,
    "declined": Answer.DECLINED,
}


def question(organizer: str, remote_id: str) -> str:
    """Path and query that read one entry, for a batch."""
    return with_query(event(organizer, remote_id), READ)


def entry_of(item: Mapping[str, Any]) -> SeenEntry | None:
    """The entry that *item* is; None: it is none of ours."""
    uid = told(item, ENTRY)
    if not uid or item.get("isOrganizer") is False:
        return None
    remote_id = str(item["id"])
    if item.get("isCancelled"):
        return SeenEntry(uid=uid, remote_id=remote_id, gone=True)
    return SeenEntry(
        uid=uid,
        remote_id=remote_id,
        order=told(item, ORDER),
        start=moment(item.get("start")),
        end=moment(item.get("end")),
        answers=tuple(_answer(each) for each in item.get("attendees") or () if _address(each)),
    )


def _answer(attendee: Mapping[str, Any]) -> SeenAnswer:
    status = attendee.get("status") or {}
    answer = RESPONSES.get(str(status.get("response", "")).lower(), Answer.NONE)
    return SeenAnswer(
        address=_address(attendee),
        answer=answer,
        at=None if answer is Answer.NONE else instant(status.get("time")),
        proposed=slot(attendee.get("proposedNewTime")),
        room=attendee.get("type") == "resource",
    )


def _address(attendee: Mapping[str, Any]) -> str:
    return str((attendee.get("emailAddress") or {}).get("address") or "")
