"""Carry out meeting orders in organizers' calendars."""

from dataclasses import replace

import httpx

from talkcycle.domain.delivery import PermanentDeliveryError, Receipt
from talkcycle.domain.meetings import MeetingOrder
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.meeting import decode_order
from talkcycle.transports.graph.answers import NoMailbox, judged
from talkcycle.transports.graph.client import Client, event, user
from talkcycle.transports.graph.files import attach, files_there
from talkcycle.transports.graph.meetings import Found, change, creation, found_in, remaining
from talkcycle.transports.graph.properties import ENTRY, EXPANDED, having

LOOKED_UP = "id,attendees,isOrganizer,isCancelled,isOnlineMeeting,onlineMeeting"


def keep_meeting(client: Client, parcel: Parcel) -> Receipt:
    """Implements ``domain.ports.MeetingKeeper.keep``."""
    order = decode_order(parcel.payload)
    match order.action:
        case Kind.MEETING_CANCEL:
            return _cancel(client, order)
        case Kind.MEETING_CHANGE:
            return _change(client, order)
        case _:
            return _create(client, order, tried=parcel.tried)


def _create(client: Client, order: MeetingOrder, *, tried: bool) -> Receipt:
    found = _look_up(client, order.organizer, order.uid) if tried else None
    if found is None and order.replaces is not None:
        found = _look_up(client, order.organizer, order.replaces)
    if found is None:
        made = _make(client, order)
        id_, found = (made, None) if isinstance(made, str) else (made.id, made)
    else:
        id_ = found.id
    known = None if found is None else _with_contents(client, order, found)
    steps = remaining(order, known, online_meetings=client.graph.settings.online_meetings)
    item = event(order.organizer, id_)
    for file in steps.attach:
        attach(client, item, file, mailbox=order.organizer)
    if steps.update:
        client.do("PATCH", item, mailbox=order.organizer, content=steps.update, visible=True)
    reply = "created" if found is None else "carried to its end" if steps.update else "an earlier try has created it"
    return Receipt(reply=reply, uid=order.uid, remote_id=id_)


def _make(client: Client, order: MeetingOrder) -> str | Found:
    """The id of a new meeting; or one that an earlier try has made, which the server knows by its transaction."""
    content = creation(order, online_meetings=client.graph.settings.online_meetings)
    answer = client.ask("POST", f"{user(order.organizer)}/events", mailbox=order.organizer, content=content)
    if answer.ok:
        return str(answer.body["id"])
    found = _look_up(client, order.organizer, order.uid) if answer.status == httpx.codes.CONFLICT else None
    if found is None:
        raise judged(answer, visible=False, now=client.graph.clock.now())
    return found


def _change(client: Client, order: MeetingOrder) -> Receipt:
    found = _look_up(client, order.organizer, order.uid)
    if found is None:
        raise PermanentDeliveryError("the meeting is not in its organizer's calendar any more")
    if found.order == order.order:
        return Receipt(reply="an earlier try has changed it", uid=order.uid, remote_id=found.id)
    known = _with_contents(client, order, found)
    content = change(order, known, online_meetings=client.graph.settings.online_meetings)
    client.do("PATCH", event(order.organizer, found.id), mailbox=order.organizer, content=content, visible=True)
    return Receipt(reply="changed", uid=order.uid, remote_id=found.id)


def _cancel(client: Client, order: MeetingOrder) -> Receipt:
    try:
        found = _look_up(client, order.organizer, order.uid)
    except NoMailbox:
        return Receipt(reply="the mailbox is not in Exchange Online any more", uid=order.uid)
    if found is None:
        return Receipt(reply="it is not there any more", uid=order.uid)
    item = event(order.organizer, found.id)
    if found.attended:
        answer = client.ask(
            "POST", f"{item}/cancel", mailbox=order.organizer, content={"comment": order.text}, visible=True
        )
    else:  # nobody to tell, and cancelling is for meetings
        answer = client.ask("DELETE", item, mailbox=order.organizer)
    if not answer.ok and answer.status != 404:
        raise judged(answer, visible=found.attended, now=client.graph.clock.now())
    return Receipt(reply="cancelled", uid=order.uid, remote_id=found.id)


def _look_up(client: Client, organizer: str, uid: str) -> Found | None:
    """The organizer's own entry with that UID."""
    query = {"$filter": having(ENTRY, uid), "$expand": EXPANDED, "$select": LOOKED_UP}
    told = client.do("GET", f"{user(organizer)}/events", mailbox=organizer, query=query)
    own = [
        found_in(each)
        for each in told["value"]
        if each.get("isOrganizer") is not False and each.get("isCancelled") is not True
    ]
    return own[0] if own else None


def _with_contents(client: Client, order: MeetingOrder, found: Found) -> Found:
    """*found* with what deciding needs besides: files where some are to be added, the body where a link stands in it."""
    item, mailbox = event(order.organizer, found.id), order.organizer
    if order.files and order.action is Kind.MEETING_CREATE:
        found = replace(found, files=tuple(files_there(client, item, mailbox=mailbox)))
    if found.online:
        told = client.do("GET", item, mailbox=mailbox, query={"$select": "body"})
        found = replace(found, html=str((told.get("body") or {}).get("content") or ""))
    return found
