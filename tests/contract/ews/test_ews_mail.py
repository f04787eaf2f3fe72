"""Mails at the fake of Exchange."""

from email.message import EmailMessage

import pytest
from exchangelib import DELEGATE, Message
from exchangelib.errors import ErrorSendAsDenied

from ews_office import ANNA, BO
from servers.ews_client import Client
from servers.ews_server import ACCOUNT
from servers.organisation import Organisation


def test_a_draft_of_exact_bytes_is_sent_once_and_found_by_its_label(client: Client, organisation: Organisation) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = f"HR <{ACCOUNT}>", ANNA, "<1@talkcycle.example>"
    mail.set_content("Hej")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Bilaga.pdf")
    account = client.open(ACCOUNT, DELEGATE)
    draft = Message(account=account, folder=account.drafts, mime_content=bytes(mail), label="m1").save()
    assert (organisation.told, account.drafts.filter(label="m1").count()) == ([], 1)

    draft.send()

    (told,) = organisation.told
    assert (told.to, told.uid, told.files) == (ANNA, "<1@talkcycle.example>", ("Bilaga.pdf",))
    assert (account.drafts.all().count(), account.sent.filter(label="m1").count()) == (0, 1)
    assert client.open(ANNA).inbox.filter(message_id="<1@talkcycle.example>").count() == 1


def test_nobody_sends_as_somebody_else(client: Client) -> None:
    account = client.open(ACCOUNT, DELEGATE)
    mail = f"From: {BO}\r\nTo: {ANNA}\r\n\r\nHej".encode()
    with pytest.raises(ErrorSendAsDenied):
        Message(account=account, folder=account.drafts, mime_content=mail).save()
