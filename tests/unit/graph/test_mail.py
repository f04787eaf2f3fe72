"""A mail's MIME in Graph's words."""

from typing import Any

import pytest

from harness.graph_faulty import a_mail
from harness.seen import SeenFile
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.headers import address_header, plain_header, text_header
from talkcycle.rendering.mime import File, mime_message
from talkcycle.transports.graph.mail import LARGEST_REQUEST, draft_of
from talkcycle.transports.graph.properties import ORDER

ANNA = Party(name="Åsa Öberg", address="asa@norrsken.example")


def a_rendered_mail(*files: File, to: str = ANNA.address) -> Parcel:
    """As ``rendering.message`` makes them."""
    payload = mime_message(
        [
            address_header("From", "HR, Norrsken", "samtal@norrsken.example"),
            address_header("Reply-To", "HR Öst", "hr@norrsken.example"),
            address_header("To", ANNA.name, to),
            text_header("Subject", "Inför ert samtal på måndag"),
            plain_header("Message-ID", "<m1@norrsken.example>"),
            plain_header("Auto-Submitted", "auto-generated"),
            plain_header("X-Auto-Response-Suppress", "OOF, AutoReply"),
            plain_header("Content-Language", "sv"),
        ],
        text="Hej Åsa!",
        html="<p>Hej Åsa!</p>",
        calendar=None,
        files=files,
        boundary="m1",
    )
    return Parcel(
        kind=Kind.MAIL,
        mailbox="samtal@norrsken.example",
        address=to,
        message_id="<m1@norrsken.example>",
        payload=payload,
    )


def named(entries: Any) -> dict[str, str]:
    return {each.get("name") or each["id"]: each["value"] for each in entries}


def test_a_mail_keeps_what_its_reader_sees() -> None:
    message = draft_of(a_rendered_mail()).message

    assert message["subject"] == "Inför ert samtal på måndag"
    assert message["body"]["contentType"] == "html"
    assert message["body"]["content"].strip() == "<p>Hej Åsa!</p>"
    assert message["from"] == {"emailAddress": {"address": "samtal@norrsken.example", "name": "HR, Norrsken"}}
    assert message["toRecipients"] == [{"emailAddress": {"address": ANNA.address, "name": ANNA.name}}]
    assert message["replyTo"] == [{"emailAddress": {"address": "hr@norrsken.example", "name": "HR Öst"}}]
    assert "attachments" not in message


def test_a_mail_can_be_found_again_by_its_message_id() -> None:
    message = draft_of(a_rendered_mail()).message

    assert message["internetMessageId"] == "<m1@norrsken.example>"
    assert named(message["singleValueExtendedProperties"])[ORDER] == "<m1@norrsken.example>"


def test_a_mail_still_says_that_a_machine_sent_it() -> None:
    message = draft_of(a_rendered_mail()).message

    assert named(message["internetMessageHeaders"]) == {"X-Auto-Response-Suppress": "OOF, AutoReply"}
    headers = {
        name.partition(" Name ")[2]: value for name, value in named(message["singleValueExtendedProperties"]).items()
    }
    assert (headers["Auto-Submitted"], headers["Content-Language"]) == ("auto-generated", "sv")


def test_the_envelopes_address_is_the_recipient_whatever_the_header_says() -> None:
    mail = a_rendered_mail()
    other = Parcel(
        kind=Kind.MAIL,
        mailbox=mail.mailbox,
        address="deputy@norrsken.example",
        message_id=mail.message_id,
        payload=mail.payload,
    )

    (recipient,) = draft_of(other).message["toRecipients"]
    assert recipient["emailAddress"]["address"] == "deputy@norrsken.example"


def test_files_that_fit_go_with_the_draft() -> None:
    file = File(name="Egna tankar.pdf", mime_type="application/pdf", data=bytes(range(256)))

    draft = draft_of(a_rendered_mail(file))

    (attached,) = draft.message["attachments"]
    assert (attached["name"], attached["contentType"]) == ("Egna tankar.pdf", "application/pdf")
    assert draft.files == ()
    assert [(each.name, each.data) for each in draft.all_files] == [("Egna tankar.pdf", file.data)]


@pytest.mark.parametrize("sizes", [(2_700_000,), (1_500_000, 1_500_000)])
def test_a_request_stays_below_what_graph_takes_by_leaving_the_files_for_later(sizes: tuple[int, ...]) -> None:
    files = [SeenFile(name=f"{number}.pdf", data=bytes(size)) for number, size in enumerate(sizes)]

    draft = draft_of(a_mail(ANNA, *files))

    assert "attachments" not in draft.message
    assert [len(file.data) for file in draft.files] == list(sizes)
    assert sum(sizes) * 4 / 3 > LARGEST_REQUEST


def test_a_mail_of_text_alone_stays_text() -> None:
    mail = a_rendered_mail()
    plain = Parcel(
        kind=Kind.MAIL,
        mailbox=mail.mailbox,
        address=mail.address,
        message_id=mail.message_id,
        payload=b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej\r\n",
    )

    assert draft_of(plain).message["body"] == {"contentType": "text", "content": "Hej\r\n"}
