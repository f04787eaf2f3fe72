"""What every sender of mails owes: each mail once, whole, from the service's mailbox."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from harness.contract import Cast, Harness, Trait
from harness.playing import SENDS, needs, opened
from harness.seen import ReceivedMail, SeenFile
from harness.smtp import received
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.headers import address_header, date_header, plain_header, text_header
from talkcycle.rendering.mime import File, mime_message

SELF_REVIEW = SeenFile(name="Egna tankar inför samtalet.pdf", data=b"%PDF-1.7 " + bytes(range(256)) * 20)
LARGE = SeenFile(name="Underlag.xlsx", data=b"PK" + bytes(range(256)) * 16_000)
"""4 MB: above what Microsoft Graph takes in one request."""
GREETING = "Hej Åsa! Vi ses på måndag."
_numbers = count(1)


@pytest.fixture(scope="module", params=SENDS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with opened(request.param) as made:
        yield made


@pytest.fixture
def cast(harness: Harness) -> Cast:
    return harness.new_cast()


def a_mail(harness: Harness, to: Party, *files: SeenFile) -> Parcel:
    """With an identity of its own, in the form in which the service writes its mails."""
    number = next(_numbers)
    identity = f"<mail.{number}@talkcycle.example>"
    headers = [
        date_header(datetime(2027, 2, 12, 8, 0, tzinfo=UTC)),
        address_header("From", "HR", harness.sender),
        address_header("To", to.name, to.address),
        text_header("Subject", "Inför ert samtal på måndag"),
        plain_header("Message-ID", identity),
    ]
    payload = mime_message(
        headers,
        text=f"{GREETING}\n",
        html=f"<p>{GREETING}</p>",
        calendar=None,
        files=[File(name=each.name, mime_type="application/pdf", data=each.data) for each in files],
        boundary=f"mail{number}",
    )
    return Parcel(kind=Kind.MAIL, mailbox=harness.sender, address=to.address, message_id=identity, payload=payload)


def send(harness: Harness, *mails: Parcel) -> list[str]:
    """Over one line; the server's replies."""
    with harness.roles.sending.connect() as line:
        return [line.send(mail).reply for mail in mails]


def again(mail: Parcel) -> Parcel:
    return replace(mail, tried=True)


def shown(mail: ReceivedMail) -> tuple[str, str, str, bool, tuple[SeenFile, ...]]:
    """What a reader sees of it, in whichever of its forms, and however many blanks are between two words."""
    return (mail.message_id, mail.sender, " ".join(mail.subject.split()), GREETING in mail.text, mail.files)


def test_a_mail_arrives_once_with_its_text_and_files(harness: Harness, cast: Cast) -> None:
    mail = a_mail(harness, cast.employee, SELF_REVIEW)

    replies = send(harness, mail)

    (arrived,) = harness.inbox(cast.employee.address)
    assert shown(arrived) == shown(received(mail.payload))
    assert arrived.files == (SELF_REVIEW,)
    assert all(replies)


def test_a_mail_arrives_byte_for_byte(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.EXACT_BYTES)
    mail = a_mail(harness, cast.employee, SELF_REVIEW)

    send(harness, mail)

    assert [each.raw for each in harness.inbox(cast.employee.address)] == [mail.payload]


def test_a_mail_with_a_large_file_arrives_once_and_whole(harness: Harness, cast: Cast) -> None:
    send(harness, a_mail(harness, cast.employee, LARGE))

    (arrived,) = harness.inbox(cast.employee.address)
    assert arrived.files == (LARGE,)


def test_one_line_takes_several_mails_each_for_its_own_recipient(harness: Harness, cast: Cast) -> None:
    first, second, third = (
        a_mail(harness, cast.employee),
        a_mail(harness, cast.manager),
        a_mail(harness, cast.employee),
    )

    send(harness, first, second, third)

    ids = [[mail.message_id for mail in harness.inbox(party.address)] for party in (cast.employee, cast.manager)]
    assert ids == [[first.message_id, third.message_id], [second.message_id]]
    assert harness.inbox(cast.colleague.address) == ()


def test_a_mail_reaches_a_mailbox_that_another_server_has(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.OTHER_SERVERS)
    mail = a_mail(harness, cast.elsewhere)

    send(harness, mail)

    assert [each.message_id for each in harness.inbox(cast.elsewhere.address)] == [mail.message_id]


def test_a_mail_that_was_delivered_is_not_sent_again_where_the_server_can_be_asked(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ASKED_ABOUT_MAIL)
    mail = a_mail(harness, cast.employee, SELF_REVIEW)
    send(harness, mail)

    replies = send(harness, again(mail))

    assert len(harness.inbox(cast.employee.address)) == 1
    assert all(replies)


def test_a_mail_that_was_tried_and_never_arrived_is_sent(harness: Harness, cast: Cast) -> None:
    mail = a_mail(harness, cast.employee, SELF_REVIEW)

    send(harness, again(mail))

    (arrived,) = harness.inbox(cast.employee.address)
    assert (arrived.message_id, arrived.files) == (mail.message_id, (SELF_REVIEW,))


def test_a_mail_that_goes_again_is_the_same_mail(harness: Harness, cast: Cast) -> None:
    """However often it arrives: a program that folds by Message-ID shows it once."""
    mail = a_mail(harness, cast.employee, SELF_REVIEW)

    send(harness, mail, again(mail))

    arrived = harness.inbox(cast.employee.address)
    assert {shown(each) for each in arrived} == {shown(received(mail.payload))}


def test_mails_with_the_same_words_are_not_the_same_mail(harness: Harness, cast: Cast) -> None:
    first, second = a_mail(harness, cast.employee), a_mail(harness, cast.employee)

    send(harness, first, again(second))

    assert [each.message_id for each in harness.inbox(cast.employee.address)] == [first.message_id, second.message_id]
