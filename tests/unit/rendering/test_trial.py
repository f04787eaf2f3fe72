"""The test that doctor sends: it says what it is in every line, in the reader's language, and carries a file."""

import email
import email.policy
import io
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from talkcycle.domain.messages import Kind
from talkcycle.domain.routes import Route, Transport
from talkcycle.rendering.meeting import decode_order
from talkcycle.rendering.trial import Trial, trial_languages, trial_mail, trial_meeting

BY_MAIL = Route(transport=Transport.SMTP, organizer="samtal@norrsken.example")
IN_CALENDAR = Route(transport=Transport.GRAPH, organizer="karin@norrsken.example")


def a_trial(route: Route = BY_MAIL, language: str = "sv") -> Trial:
    return Trial(
        sender="samtal@norrsken.example",
        to="it@norrsken.example",
        route=route,
        language=language,
        start=datetime(2027, 3, 10, 9, tzinfo=UTC),
        zone="Europe/Stockholm",
        identity=UUID(int=7),
        made_at=datetime(2027, 2, 17, 9, tzinfo=UTC),
    )


def parsed(payload: bytes) -> EmailMessage:
    message = email.message_from_bytes(payload, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


@pytest.mark.parametrize("language", sorted(trial_languages()))
def test_the_mail_says_that_it_is_a_test_and_carries_a_pdf(language: str) -> None:
    parcel = trial_mail(a_trial(language=language))
    message = parsed(parcel.payload)

    assert (parcel.kind, parcel.mailbox, parcel.address) == (Kind.MAIL, "samtal@norrsken.example", "it@norrsken.example")
    assert message["Message-ID"] == parcel.message_id
    assert message["To"] == "it@norrsken.example"
    assert message["Subject"].startswith("TEST ")
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert "test" in text.get_content()
    assert html is not None
    assert f'lang="{language}"' in html.get_content()
    (file,) = message.iter_attachments()
    assert "TEST" in PdfReader(io.BytesIO(file.get_content())).pages[0].extract_text()


def test_every_language_has_every_text() -> None:
    assert trial_languages() == {"da", "en", "fi", "nb", "sv"}
    for language in trial_languages():
        for action in (Kind.MEETING_CREATE, Kind.MEETING_CANCEL):
            assert "{" not in trial_meeting(a_trial(language=language), action).payload.decode()


def test_over_smtp_the_meeting_is_one_invitation_with_the_file_and_one_cancellation_of_it() -> None:
    made, gone = (trial_meeting(a_trial(), action) for action in (Kind.MEETING_CREATE, Kind.MEETING_CANCEL))

    (invited,), (cancelled,) = (
        [part.get_content() for part in parsed(parcel.payload).walk() if part.get_content_type() == "text/calendar"]
        for parcel in (made, gone)
    )
    first, second = (Calendar.from_ical(text).walk("VEVENT")[0] for text in (invited, cancelled))
    assert "METHOD:REQUEST" in invited
    assert "METHOD:CANCEL" in cancelled
    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)
    assert str(first["SUMMARY"]).startswith("TEST ")
    assert first["CLASS"] == "PRIVATE"
    assert "DTSTART;TZID=Europe/Stockholm:20270310T100000" in invited
    assert re.sub("MAILTO:", "", str(first["ATTENDEE"]), flags=re.IGNORECASE) == "it@norrsken.example"
    names = [part.get_filename() for part in parsed(made.payload).iter_attachments()]
    assert names == ["Testagenda.pdf", "test.ics"]
    assert made.message_id != gone.message_id


def test_where_calendars_are_kept_the_meeting_is_an_order_in_the_organizers() -> None:
    parcel = trial_meeting(a_trial(IN_CALENDAR), Kind.MEETING_CREATE)
    order = decode_order(parcel.payload)

    assert parcel.mailbox == order.organizer == "karin@norrsken.example"
    assert parcel.message_id == order.order
    assert order.attendee is not None
    assert order.attendee.address == "it@norrsken.example"
    assert order.subject.startswith("TEST ")
    assert [file.name for file in order.files] == ["Testagenda.pdf"]
    assert order.files[0].data.startswith(b"%PDF")
    cancelled = decode_order(trial_meeting(a_trial(IN_CALENDAR), Kind.MEETING_CANCEL).payload)
    assert (cancelled.uid, cancelled.files) == (order.uid, ())
    assert cancelled.order != order.order
