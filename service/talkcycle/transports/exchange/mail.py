"""Mails from the service mailbox: a draft of the exact bytes, looked up before it is made again, then sent."""

from typing import Any

from exchangelib.folders import Drafts, Outbox, SentItems
from exchangelib.items import SAVE_ONLY, SEND_TO_NONE, Message
from exchangelib.properties import ItemId
from exchangelib.services import CreateItem, SendItem

from talkcycle.domain.delivery import Receipt
from talkcycle.domain.ports import Parcel
from talkcycle.transports.exchange.properties import ORDER
from talkcycle.transports.exchange.server import Mailbox, Server, each

SENT = "sent; a copy lies in Sent Items"
SENT_BEFORE = "was sent before; a copy lies in Sent Items"


def send_mail(server: Server, mail: Parcel) -> Receipt:
    """See ``MailSender``. Nobody sees the draft, so that all that fails before it is sent may simply be tried again."""
    box = server.mailbox(mail.mailbox)
    draft: ItemId | None = None
    if mail.tried:
        with server.speaking():
            # A mail is in the Outbox while the server submits it.
            if _found(box, SentItems, mail) or _found(box, Outbox, mail):
                return Receipt(reply=SENT_BEFORE)
            draft = _found(box, Drafts, mail)
    if draft is None:
        with server.speaking():
            draft = _drafted(box, mail)
    with server.speaking(visible=True):
        each(SendItem(account=box).call(items=[draft], saved_item_folder=box.folder(SentItems)))
    return Receipt(reply=SENT)


def _found(box: Mailbox, kind: Any, mail: Parcel) -> ItemId | None:
    found = box.folder(kind).filter(**{ORDER: mail.message_id}).only("id", "changekey")
    return next((ItemId(id=item.id, changekey=item.changekey) for item in found), None)


def _drafted(box: Mailbox, mail: Parcel) -> ItemId:
    """The whole message as MIME, so that headers, parts and Message-ID stay as they were rendered.

    Who gets it stands in its To: whom a request names besides, some servers add to them (seen on gromox).
    """
    drafts = box.folder(Drafts)
    message = Message(account=box, folder=drafts, mime_content=mail.payload, **{ORDER: mail.message_id})
    (made,) = each(
        CreateItem(account=box).call(
            items=[message], folder=drafts, message_disposition=SAVE_ONLY, send_meeting_invitations=SEND_TO_NONE
        )
    )
    return ItemId(id=made.id, changekey=made.changekey)
