"""What rendering is asked for: everything about one message, and nothing it would have to look up."""

from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.answer_messages import Offer
from talkcycle.domain.derive import Recipient
from talkcycle.domain.digests import HrDigest, ManagerDigest
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import DueMessage
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Transport
from talkcycle.domain.talks import Entry, Round, Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLinks:
    """Addresses of the recipient's own pages; empty where they have none.

    Attributes:
        page: Of their talk, or of all they hold.
        follow_up: Of what was agreed in it. *actions*: of what is theirs to do.
    """

    page: str = ""
    follow_up: str = ""
    actions: str = ""


NO_LINKS = PersonLinks()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOrder:
    """One message to be rendered.

    Attributes:
        sender: The service mailbox: From, envelope sender, ORGANIZER.
        transport: Which transport will carry it.
        replaces: UID of the entry this one takes over from, where the same calendar may still hold it.
        room: The mailbox of the talk's room.
        talk, employee, manager, entry: Of a message about a talk; None for one about the round.
        former: Who hosted the talk before, of a message about that.
        digest: Of a digest only. *offer*: of a message about an answer only.
        agreement: What is written down about the talk. *agreed_before*: about the last one, if the recipient may read it.
        made_at: DTSTAMP and Date. UTC; fixed here, so that a resend is the same bytes.
    """

    due: DueMessage
    round: Round
    sender: str
    transport: Transport
    recipient: Recipient
    made_at: datetime
    talk: Talk | None = None
    employee: Person | None = None
    manager: Person | None = None
    former: Person | None = None
    entry: Entry | None = None
    replaces: str | None = None
    room: Party | None = None
    digest: ManagerDigest | HrDigest | None = None
    offer: Offer | None = None
    agreement: Agreement | None = None
    agreed_before: Agreement | None = None
    links: PersonLinks = NO_LINKS
