"""What an attendee's program does with the mails it gets and writes back, by RFC 5546; it knows nothing of our code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser

from harness.imip_calendar import ImipCalendar, Itip, itip_of
from mail_samples import SHAPES, Answered, google_counter, outlook_counter

COUNTERS: tuple[Callable[[Answered, datetime], bytes], ...] = (google_counter, outlook_counter)
AUTHSERV = "mx.norrsken.example"


@dataclass(slots=True, kw_only=True)
class Attendee:
    """One mailbox with its calendar.

    Attributes:
        seen: Every request that reached it and was new to it, by UID, oldest first: what its owner may answer.
        given: What its owner answered last to which SEQUENCE of a UID; what is answered anew is forgotten.
        declined: UIDs of which a proposal was declined.
        mails: Subject lines, in the order of arrival.
    """

    address: str
    calendar: ImipCalendar = field(init=False)
    seen: dict[str, list[Itip]] = field(default_factory=dict)
    given: dict[str, tuple[int, str]] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    wrote_at: datetime | None = None

    def __post_init__(self) -> None:
        self.calendar = ImipCalendar(owner=self.address)

    def receive(self, mail: bytes) -> None:
        """Take in a mail as it came.

        Raises:
            AssertionError: It is addressed to somebody else, or no program could make sense of it.
        """
        message = BytesHeaderParser(policy=policy.default).parsebytes(mail)
        assert [each.addr_spec for each in message["To"].addresses] == [self.address]
        self.mails.append(str(message["Subject"]))
        itip = itip_of(mail)
        if itip is None:
            return
        assert self.address.casefold() in itip.attendees, "somebody who is not invited gets the calendar part"
        assert itip.sender == itip.organizer, "no program heeds what does not come from the organizer"
        known = self.calendar.kept.get(itip.uid)
        if itip.method == "DECLINECOUNTER":
            assert known is not None, "a proposal was declined that nobody can have made"
            self.declined.append(itip.uid)
            return
        if known is not None and not known.cancelled and itip.age > known.newest.age:
            other = itip.method == "CANCEL" or (itip.start, itip.end) != (known.newest.start, known.newest.end)
            assert itip.sequence > known.newest.sequence or not other, "another time, or none, under the same SEQUENCE"
        self.calendar.receive(mail)
        if itip.method == "REQUEST" and self.calendar.kept.get(itip.uid) is not known:
            self.seen.setdefault(itip.uid, []).append(itip)

    def live(self) -> dict[str, Itip]:
        """What stands in the calendar, by UID."""
        return {uid: kept.newest for uid, kept in self.calendar.kept.items() if not kept.cancelled}

    def knows(self, uid: str) -> bool:
        return uid in self.calendar.kept

    def answer(
        self, request: Itip, partstat: str, *, shape: str, at: datetime, vouched: bool, proposing: datetime | None = None
    ) -> bytes:
        """The mail by which the owner answers *request*, one of those seen, in a program of that *shape*.

        Args:
            vouched: Our own mail server says that it comes from there.
            proposing: Another start, UTC.
        """
        self.wrote_at = at = max(at, (self.wrote_at or at) + timedelta(seconds=1))
        domain = self.address.rpartition("@")[2]
        vouching = (f"Authentication-Results: {AUTHSERV}; dmarc=pass (p=none) header.from={domain}",)
        it = Answered(
            partstat=partstat,
            uid=request.uid,
            by=self.address,
            name=self.address.partition("@")[0],
            sequence=request.sequence,
            at=at,
            start=request.start,
            headers=vouching if vouched else (),
        )
        newest = self.calendar.kept[request.uid].newest
        if newest.age == request.age and vouched and proposing is None:
            self.given[request.uid] = (request.sequence, partstat)
        else:
            self.given.pop(request.uid, None)
        if proposing is not None:
            return COUNTERS[shape == "outlook"](it, proposing)
        return SHAPES[shape](it)
