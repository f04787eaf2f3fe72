"""What Exchange and Graph are asked to put into a calendar. Rewrite the golden file with GOLDEN=write and read it."""

import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from rendering_round import CYCLE, EMPLOYEE, ENTRY, MANAGER, ROUND, TALK, make_order
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind, RenderedMessage
from talkcycle.domain.people import Role
from talkcycle.domain.routes import Transport
from talkcycle.rendering.library import Library
from talkcycle.rendering.meeting import decode_order, encode_order
from talkcycle.rendering.message import compose, render
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.template_files import shipped_files

GOLDEN = Path(__file__).parents[2] / "golden" / "order" / "invitation.html"
SHIPPED = Library(shipped_files(None), default_language="sv")
CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
FILES = {"policy.docx": b"PK\x03\x04", "bilder/karta.PNG": b"\x89PNG"}
TEMPLATES = {CREATE: "invitation", CHANGE: "moved", CANCEL: "cancellation"}
TARNAN = Party(name="Rum Tärnan, plan 3", address="tarnan@norrsken.example")


def an_order(kind: Kind = CREATE, transport: Transport = Transport.GRAPH, **fields: Any) -> RenderOrder:
    """About the talk in its host's own calendar."""
    own = replace(ENTRY, transport=transport, organizer=MANAGER.email or "", sequence=2)
    defaults: dict[str, Any] = {"kind": kind, "transport": transport, "entry": own}
    return make_order(TEMPLATES.get(kind, "reminder"), **(defaults | fields))


def rendered(order: RenderOrder, library: Library = SHIPPED) -> RenderedMessage:
    return render(order, library, FILES)


def meeting(kind: Kind = CREATE, **fields: Any) -> MeetingOrder:
    return decode_order(rendered(an_order(kind, **fields)).payload)


# What is in it


def test_an_invitation_is_as_it_was_read_and_approved() -> None:
    order = meeting(room=TARNAN, attach=("policy.docx", "bilder/karta.PNG"))
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_bytes(order.html.encode())

    assert replace(order, html="", text="", order="") == MeetingOrder(
        action=CREATE,
        order="",
        uid=ENTRY.uid,
        organizer="bjorn@norrsken.example",
        start=datetime(2027, 3, 9, 13, 30, tzinfo=UTC),
        end=datetime(2027, 3, 9, 14, 30, tzinfo=UTC),
        zone="Europe/Stockholm",
        subject="Samtal",
        html="",
        text="",
        location="Rum Tärnan, plan 3",
        attendee=Party(name="Åsa Lindqvist", address="asa@norrsken.example"),
        room=TARNAN,
        files=(
            OrderFile(
                name="policy.docx",
                mime_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                data=b"PK\x03\x04",
            ),
            OrderFile(name="karta.PNG", mime_type="image/png", data=b"\x89PNG"),
        ),
    )
    assert order.html == GOLDEN.read_bytes().decode()
    assert order.text == compose(an_order(attach=("policy.docx",)), SHIPPED, FILES).text


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("language", sorted(SHIPPED.languages))
def test_the_subject_says_nothing_about_whom_or_what_for(kind: Kind, language: str) -> None:
    """Others see it in a calendar that is shared."""
    name = {"sv": "Utvecklingssamtal 2027"}
    order = meeting(
        kind,
        round_=replace(ROUND, cycle=replace(CYCLE, name=name)),
        employee=replace(EMPLOYEE, language=language),
    )
    said = SHIPPED.mail("invitation", language).words.say("calendar_title", {})
    assert order.subject == said
    assert not any(word in order.subject for word in (*EMPLOYEE.name.split(), *MANAGER.name.split(), "2027"))


def test_the_agenda_goes_along_as_a_file() -> None:
    [agenda] = meeting(attach=("agenda",)).files
    assert (agenda.mime_type, agenda.data[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize("email", ["asa@norrsken.example", None])
def test_the_agenda_in_a_calendar_names_no_time_that_a_move_would_make_wrong(email: str | None) -> None:
    """Unless it is printed for somebody who has no calendar to look at."""
    order = meeting(attach=("agenda",), role=Role.MANAGER, employee=replace(EMPLOYEE, email=email))
    [agenda] = order.files
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(agenda.data)).pages)

    assert ("14.30" in text) is (email is None)
    assert ("Se kalenderinbjudan" in text) is (email is not None)


def test_a_file_that_is_missing_is_not_left_out_silently() -> None:
    with pytest.raises(LookupError, match=r"nowhere\.pdf"):
        rendered(an_order(attach=("nowhere.pdf",)))


@pytest.mark.parametrize(
    ("place", "online", "location"),
    [
        (Place(kind=PlaceKind.ONLINE), True, "på nätet"),
        (Place(kind=PlaceKind.ONLINE, name="https://meet.example/a"), False, "på nätet: https://meet.example/a"),
        (Place(), False, "ni bestämmer plats"),
        (Place(kind=PlaceKind.NAMED, name="Björken"), False, "Björken"),
    ],
    ids=["online", "online by HR's link", "to agree", "a room without a mailbox"],
)
def test_the_server_makes_a_link_only_where_hr_has_given_none(
    mini: Library, place: Place, location: str, *, online: bool
) -> None:
    order = decode_order(rendered(an_order(talk=replace(TALK, place=place)), mini).payload)
    assert (order.online, order.location, order.room) == (online, location, None)


def test_the_time_is_written_in_the_zone_that_governs_the_talk() -> None:
    order = meeting(talk=replace(TALK, zone="Europe/Helsinki"), manager=replace(MANAGER, zone="Europe/London"))
    assert (order.zone, order.start) == ("Europe/Helsinki", TALK.start)


def test_an_employee_without_a_mailbox_is_not_invited_and_the_meeting_stands_all_the_same() -> None:
    order = meeting(role=Role.MANAGER, employee=replace(EMPLOYEE, email=None))
    assert (order.attendee, order.organizer) == (None, "bjorn@norrsken.example")


def test_a_new_entry_says_which_one_it_takes_over_from() -> None:
    assert meeting(replaces="old@norrsken.example").replaces == "old@norrsken.example"
    assert meeting().replaces is None


# Where it goes


@pytest.mark.parametrize("transport", [Transport.EXCHANGE, Transport.GRAPH])
@pytest.mark.parametrize("kind", TEMPLATES)
def test_an_order_is_carried_out_in_the_hosts_mailbox_under_its_message_id(kind: Kind, transport: Transport) -> None:
    message = rendered(an_order(kind, transport))
    order = decode_order(message.payload)

    assert (message.transport, message.mailbox, message.address) == (
        transport,
        "bjorn@norrsken.example",
        "asa@norrsken.example",
    )
    assert (order.action, order.order) == (kind, message.message_id)
    assert order.order.endswith("@norrsken.example>")


def test_the_same_order_gives_the_same_bytes_and_another_version_another_name() -> None:
    first, again = rendered(an_order()), rendered(an_order())
    assert first == again
    due = an_order().due
    other = rendered(replace(an_order(), due=replace(due, key=replace(due.key, version=1))))
    assert other.message_id != first.message_id


def test_addresses_are_as_envelopes_have_them() -> None:
    manager = replace(MANAGER, email="bjorn@åsa.example")
    entry = replace(ENTRY, transport="graph", organizer="bjorn@åsa.example")
    employee = replace(EMPLOYEE, email="asa@åsa.example")
    message = rendered(an_order(manager=manager, entry=entry, employee=employee))
    order = decode_order(message.payload)

    assert message.mailbox == order.organizer == "bjorn@xn--sa-xia.example"
    assert order.attendee is not None
    assert order.attendee.address == message.address == "asa@xn--sa-xia.example"


@pytest.mark.parametrize("transport", [Transport.EXCHANGE, Transport.GRAPH])
def test_a_mail_is_a_mail_whoever_sends_it(transport: Transport) -> None:
    message = rendered(an_order(Kind.MAIL, transport))
    assert message.mailbox == "samtal@norrsken.example"
    assert message_from_bytes(message.payload)["Message-ID"] == message.message_id


def test_by_mail_the_same_talk_is_no_order() -> None:
    message = rendered(make_order("invitation", kind=CREATE, entry=replace(ENTRY, transport="smtp")))
    assert message.mailbox == "samtal@norrsken.example"
    assert b"text/calendar" in message.payload


# What is not in it


@pytest.mark.parametrize("kind", TEMPLATES)
def test_neither_notes_for_hr_nor_reasons_are_in_an_order(kind: Kind) -> None:
    order = an_order(kind, talk=replace(TALK, note="CANARY: long-term sick"))
    order = replace(order, due=replace(order.due, why="CANARY: 21 days before", not_sent="CANARY"))

    message = rendered(order)

    assert b"CANARY" not in message.payload
    assert "CANARY" not in message.message_id


def test_a_cancellation_says_what_people_are_told_and_brings_no_files() -> None:
    order = meeting(CANCEL)
    composed = compose(an_order(CANCEL), SHIPPED, {})

    assert (order.action, order.text, order.html, order.files) == (CANCEL, composed.text, composed.html, ())
    assert "Åsa" in order.text
    assert composed.calendar is None


# Bytes and back

TEXTS = st.text(max_size=6)
PARTIES = st.builds(Party, name=TEXTS, address=TEXTS)
INSTANTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
ORDERS = st.builds(
    MeetingOrder,
    action=st.sampled_from([CREATE, CHANGE, CANCEL]),
    order=TEXTS,
    uid=TEXTS,
    organizer=TEXTS,
    start=INSTANTS,
    end=INSTANTS,
    zone=st.sampled_from(["Europe/Stockholm", "UTC", "America/Argentina/Buenos_Aires"]),
    subject=TEXTS,
    html=TEXTS,
    text=TEXTS,
    location=TEXTS,
    attendee=st.none() | PARTIES,
    room=st.none() | PARTIES,
    replaces=st.none() | TEXTS,
    online=st.booleans(),
    files=st.lists(st.builds(OrderFile, name=TEXTS, mime_type=TEXTS, data=st.binary(max_size=8)), max_size=2).map(tuple),
    remind_minutes=st.integers(0, 100_000),
)


@settings(max_examples=40)
@given(ORDERS)
def test_whatever_an_order_says_comes_back_and_always_in_the_same_bytes(order: MeetingOrder) -> None:
    payload = encode_order(order)
    assert decode_order(payload) == order
    assert encode_order(decode_order(payload)) == payload


def test_an_order_is_json_that_people_can_read() -> None:
    document = json.loads(encode_order(meeting(room=TARNAN)))
    assert document["room"] == {"name": "Rum Tärnan, plan 3", "address": "tarnan@norrsken.example"}
    assert (document["action"], document["start"]) == ("meeting-create", "2027-03-09T13:30:00+00:00")
    assert datetime.fromisoformat(document["end"]) - datetime.fromisoformat(document["start"]) == timedelta(hours=1)
