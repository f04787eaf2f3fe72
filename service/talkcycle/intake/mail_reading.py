"""What a foreign mail says: an answer to a meeting, a report about a mail of ours, or nothing for us. Pure."""

import re
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from talkcycle.domain.mails import ItipReply, MailKind, ReadMail, UnreadableMail
from talkcycle.intake.ical_lines import Unreadable
from talkcycle.intake.itip_reply import LARGEST, replies_of, seems_to_answer
from talkcycle.intake.mail_caps import TooCostly, check_cost, parts
from talkcycle.intake.mail_kind import bounce_of, is_automatic
from talkcycle.intake.mail_sender import sender_of, verification_of

CALENDARS = frozenset({"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"})
FILES = frozenset({"application/octet-stream", "application/x-unknown", "text/plain"})
"""Types under which some programs or gateways send a file called ``something.ics``."""
TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
TNEF_ANSWER = re.compile(
    rb"IPM\.Schedule\.Meeting\.Resp|IPM\.Microsoft Schedule\.MtgResp|"
    + re.escape("IPM.Schedule.Meeting.Resp".encode("utf-16-le")),
    re.IGNORECASE,
)
"""The class of a meeting's answer inside winmail.dat (MS-OXTNEF, MS-OXOCAL section 2.2.5)."""
ENCODED = LARGEST * 3 // 2
"""Bytes of a calendar part as it is carried, in base64 with line ends."""
LARGEST_TNEF = 2_000_000

WINMAIL = "the answer is in a winmail.dat, which Outlook alone can read"
BROKEN = "its calendar part is broken"
TOO_DEEP = "its parts lie inside each other deeper than in any mail"


def read_mail(raw: bytes, *, authserv_id: str | None = None, whole: bool = True) -> ReadMail | UnreadableMail:
    """Read *raw*. Never raises, whatever is in it, but MemoryError where whoever reads has not enough.

    Args:
        authserv_id: The name by which our own mail server signs Authentication-Results; None: it does not.
        whole: False: *raw* is only how a large mail begins. What is cut off in it is no fault of its sender.
    """
    try:
        check_cost(raw)
        return _read(BytesParser(policy=compat32).parsebytes(raw), authserv_id, whole=whole)
    except TooCostly as costly:
        return UnreadableMail(why=str(costly))
    except MemoryError:
        raise
    except RecursionError:
        return UnreadableMail(why=TOO_DEEP)
    except Exception as failure:  # noqa: BLE001  # the email package raises whatever it stumbles over
        return UnreadableMail(why=f"it cannot be read: {type(failure).__name__}")


def _read(mail: Message, authserv_id: str | None, *, whole: bool) -> ReadMail | UnreadableMail:
    sender = sender_of(mail)
    verification = verification_of(mail, sender, authserv_id)
    held = list(parts(mail))
    bounce = bounce_of(mail, held)
    if bounce is not None:
        return ReadMail(kind=MailKind.BOUNCE, sender=sender, verification=verification, bounce=bounce)
    replies, fault = _replies(held)
    if replies:
        return ReadMail(kind=MailKind.ANSWER, sender=sender, verification=verification, replies=replies)
    if fault is not None and whole:
        return UnreadableMail(why=fault)
    kind = MailKind.AUTOMATIC if is_automatic(mail) else MailKind.LETTER
    return ReadMail(kind=kind, sender=sender, verification=verification)


def _replies(held: list[Message]) -> tuple[tuple[ItipReply, ...], str | None]:
    """Each answer once: Gmail sends the same in two parts, of which one may be marked as a file. And what is wrong."""
    found: dict[ItipReply, None] = {}
    fault: str | None = None
    for part in held:
        kind = part.get_content_type()
        if kind in TNEF or _name(part) == "winmail.dat":
            if TNEF_ANSWER.search(_decoded(part, LARGEST_TNEF)):
                fault = fault or WINMAIL
        elif kind in CALENDARS or (kind in FILES and _name(part).endswith(".ics")):
            method = _parameter(part, "method")
            data = _decoded(part, ENCODED)
            try:
                found.update(dict.fromkeys(replies_of(data, charset=_parameter(part, "charset"), method=method)))
            except Unreadable:
                fault = BROKEN if fault is None and seems_to_answer(data, method) else fault
    return tuple(found), fault


def _decoded(part: Message, most: int) -> bytes:
    """What *part* holds, at most *most* bytes as it is carried; more is cut off, and then nothing whole."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return b""
    if len(payload) > most:
        part.set_payload(payload[:most])
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _parameter(part: Message, name: str) -> str | None:
    value = part.get_param(name)
    return value if isinstance(value, str) else None


def _name(part: Message) -> str:
    return str(part.get_filename("")).strip().lower()
