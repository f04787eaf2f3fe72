"""What an operation works with: one call, the mailbox it is about, and ways to find things in it."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lxml.etree import _Element

from servers.ews_login import Visitor
from servers.ews_soap import PREFIXES, Call, Refusal, local, refuse, refused, response, succeeded, t
from servers.organisation import Item, Mail, Mailbox, NoMailbox, Organisation, StoredFile, Where

NOT_FOUND = "The specified object was not found in the store."
FOLDERS = {
    "root": ("Root", ""),
    "msgfolderroot": ("Top of Information Store", "IPF"),
    "calendar": ("Calendar", "IPF.Appointment"),
    "inbox": ("Inbox", "IPF.Note"),
    "drafts": ("Drafts", "IPF.Note"),
    "outbox": ("Outbox", "IPF.Note"),
    "sentitems": ("Sent Items", "IPF.Note"),
    "deleteditems": ("Deleted Items", "IPF.Note"),
}
"""Distinguished name to the name shown and the class."""


@dataclass(slots=True, kw_only=True)
class Settings:
    """What the server is told about itself.

    Attributes:
        account: Address of the service's own mailbox.
        scope: Addresses it may impersonate; None: everybody's.
        password_expires: None: never.
        era: Of sync states; those of earlier ones are forgotten.
    """

    account: str
    scope: frozenset[str] | None = None
    password_expires: datetime | None = None
    era: int = 0


@dataclass(slots=True, kw_only=True)
class Visit:
    """One call being carried out, with the organisation's lock held."""

    call: Call
    visitor: Visitor
    organisation: Organisation
    settings: Settings
    now: Callable[[], datetime]
    _mailbox: Mailbox | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        return self.call.impersonated or self.settings.account

    @property
    def mailbox(self) -> Mailbox:
        """Whose items these are. Raises Refusal."""
        if self._mailbox is None:
            self._mailbox = self._open(self.address)
        return self._mailbox

    def check_impersonation(self) -> None:
        """Raises Refusal, as Exchange does before it looks at the operation."""
        named = self.call.impersonated
        if named is None:
            if self.visitor is Visitor.APPLICATION:
                text = "ExchangeImpersonation SOAP header must be present for this type of OAuth token."
                raise refuse("ErrorInvalidExchangeImpersonationHeaderData", text)
            return
        mailbox = self.mailbox
        scope = self.settings.scope
        if scope is not None and mailbox.address.casefold() not in {each.casefold() for each in scope}:
            text = "The account does not have permission to impersonate the requested user."
            raise refuse("ErrorImpersonateUserDenied", text)

    def _open(self, address: str) -> Mailbox:
        try:
            return self.organisation.mailbox(address, Where.ON_PREMISES)
        except NoMailbox:
            raise refuse("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.") from None

    def item(self, element: _Element | None) -> Item | Mail:
        """What an ItemId names. Raises Refusal."""
        id_ = "" if element is None else element.get("Id", "")
        if not id_.startswith("AAMk"):
            raise refuse("ErrorInvalidIdMalformed", "Id is malformed.")
        found = self.mailbox.calendar.get(id_) or self.mailbox.mails.get(id_)
        if found is None:
            raise refuse("ErrorItemNotFound", NOT_FOUND)
        return found

    def calendar_item(self, element: _Element | None) -> Item:
        found = self.item(element)
        if isinstance(found, Mail):
            raise refuse("ErrorInvalidOperation", "That is no calendar item.")
        return found

    def holder(self, file_id: str) -> tuple[Item | Mail, StoredFile]:
        """A file and what it is attached to."""
        things: list[Item | Mail] = [*self.mailbox.calendar.values(), *self.mailbox.mails.values()]
        for thing in things:
            for file in thing.files:
                if file.id == file_id:
                    return thing, file
        raise refuse("ErrorItemNotFound", NOT_FOUND)

    def folder(self, element: _Element) -> str:
        """The distinguished name of the folder that a FolderId or DistinguishedFolderId names. Raises Refusal."""
        other = element.find("t:Mailbox/t:EmailAddress", PREFIXES)
        if other is not None and (other.text or "").casefold() != self.mailbox.address.casefold():
            raise refuse("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        name = element.get("Id", "")
        if local(element) == "FolderId":
            owner, _, name = _decoded(name).partition("/")
            if owner != self.mailbox.id:
                raise refuse("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        if name not in FOLDERS:
            raise refuse("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return name

    def folder_id(self, name: str, tag: str = "FolderId") -> _Element:
        return t(tag, Id=base64.b64encode(f"{self.mailbox.id}/{name}".encode()).decode(), ChangeKey="AQAAAA==")

    def for_each(self, things: list[_Element], act: Callable[[_Element], tuple[_Element, ...]]) -> _Element:
        """A response message for each of *things*: what *act* gives, or its refusal."""
        name = self.call.operation

        def message(thing: _Element) -> _Element:
            try:
                return succeeded(name, *act(thing))
            except Refusal as refusal:
                return refused(name, refusal)

        return response(name, *(message(thing) for thing in things))


def _decoded(name: str) -> str:
    try:
        return base64.b64decode(name, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise refuse("ErrorInvalidIdMalformed", "Id is malformed.") from None


def change_key(thing: Item | Mail) -> str:
    return base64.b64encode(f"version {thing.version}".encode()).decode()


def item_id(thing: Item | Mail, tag: str = "ItemId") -> _Element:
    return t(tag, Id=thing.id, ChangeKey=change_key(thing))
