"""Mails that programs send by themselves: bounces (RFC 3464), and what need not be read at all (RFC 3834). Pure."""

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser

from talkcycle.domain.mails import Bounce

MOST_RECIPIENTS = 100
MOST_IDS = 20
LONGEST_SAID = 300
LONGEST_HEADERS = 64_000
FAILED, DELAYED = "failed", "delayed"
PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply"})
SENT_BY_PROGRAMS = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id", "list-unsubscribe")

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,300}>")
_ADDRESS = re.compile(r'<?(?:"[^"]*"|[^\s<>@"]+)@[^\s<>@]+>?')
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def is_automatic(mail: Message) -> bool:
    """Whether a program sent it by itself: an answer to it would be answered by nobody."""
    submitted = _text(mail, "auto-submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or _text(mail, "precedence").strip().lower() in PRECEDENCES:
        return True
    return _text(mail, "return-path").strip() == "<>" or any(name in mail for name in SENT_BY_PROGRAMS)


def bounce_of(mail: Message, parts: Iterable[Message]) -> Bounce | None:
    """What *mail* reports about a mail of ours; None: it is no such report, or a good one."""
    reports: list[tuple[str, str]] = []
    ids: list[str] = []
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            reports.extend(_recipients(part))
        elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
            ids.extend(_message_ids(_carried(part), "message-id"))
    if not reports:
        return None
    actions = {action for action, _ in reports}
    wanted = FAILED if FAILED in actions else DELAYED
    if wanted not in actions:
        return None
    said = next(said for action, said in reports if action == wanted)
    known = ids or [*_message_ids(mail, "in-reply-to"), *_message_ids(mail, "references")]
    return Bounce(message_ids=tuple(dict.fromkeys(known[:MOST_IDS])), permanent=wanted == FAILED, said=said)


def _recipients(part: Message) -> Iterator[tuple[str, str]]:
    """Action and words for each recipient; the first block is about the message as a whole."""
    blocks = part.get_payload()
    for block in blocks[: MOST_RECIPIENTS + 1] if isinstance(blocks, list) else ():
        if isinstance(block, Message) and "action" in block:
            status = _STATUS.search(_text(block, "status"))
            words = _text(block, "diagnostic-code").partition(";")[2].strip()
            said = " ".join(_ADDRESS.sub("<…>", f"{status[0] if status else ''} {words}").split())
            shown = "".join(each if each.isprintable() else "?" for each in said)
            yield _text(block, "action").strip().lower(), shown[:LONGEST_SAID]


def _carried(part: Message) -> Message:
    """The headers of the mail that *part* carries."""
    payload = part.get_payload()
    if isinstance(payload, list):
        first = payload[0] if payload else None
        return first if isinstance(first, Message) else Message()
    decoded = part.get_payload(decode=True)
    text = decoded[:LONGEST_HEADERS].decode("ascii", "replace") if isinstance(decoded, bytes) else ""
    return HeaderParser().parsestr(text)


def _message_ids(mail: Message, name: str) -> list[str]:
    return _MESSAGE_ID.findall(_text(mail, name))[:MOST_IDS]


def _text(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, ""))[:4_000].split())
