"""A small organisation for the fake of Exchange, and what is put into its calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any

from exchangelib import Attendee, CalendarItem, EWSDateTime, EWSTimeZone, Mailbox
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
BO, ANNA, OLLE = "bo@norrsken.example", "anna@norrsken.example", "olle@norrsken.example"
ROOM, ROOMS = "masen@norrsken.example", "rum@norrsken.example"
STOCKHOLM = EWSTimeZone("Europe/Stockholm")
START = EWSDateTime(2027, 4, 1, 9, tzinfo=STOCKHOLM)
PROPERTY_SET = "5B6F5C1E-71D4-4F0F-9A3C-0F3F7D1B2A90"


class Label(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    property_set_id, property_name, property_type = PROPERTY_SET, "Label", "String"


def somebody(address: str) -> Attendee:
    return Attendee(mailbox=Mailbox(email_address=address), response_type="Unknown")


def a_meeting(account: Any, **more: Any) -> CalendarItem:
    fields = {"subject": "Samtal", "start": START, "end": START + timedelta(hours=1)} | more
    return CalendarItem(account=account, folder=account.calendar, **fields)


def invited(account: Any, **more: Any) -> CalendarItem:
    people = {"required_attendees": [somebody(ANNA)], "resources": [somebody(ROOM)]}
    return a_meeting(account, **people, **more).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
