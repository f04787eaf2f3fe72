"""Whose answer a reply by mail is, and whether it counts. Pure; everything in a mail may be forged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.mails import ItipReply, Method, Verification
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Entry, Talk, TalkAnswer


class Standing(StrEnum):
    """What a reply is to us.

    ``counts``: it is to be kept. ``known``: the same or a newer one is kept. ``stale``: about a time the talk does not
    have any more. ``stranger``: not from an attendee, or about somebody else. ``says-nothing``: no answer that we know.
    """

    COUNTS = "counts"
    KNOWN = "known"
    STALE = "stale"
    STRANGER = "stranger"
    SAYS_NOTHING = "says-nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """*answer*: what is to be kept, where it counts."""

    standing: Standing
    answer: TalkAnswer | None = None


def judge(
    reply: ItipReply,
    *,
    sender: str | None,
    verification: Verification,
    talk: Talk,
    entry: Entry,
    people: Mapping[str, Person],
    kept: Iterable[TalkAnswer],
    read_at: datetime,
) -> Judgement:
    """Say whether *reply* counts for *talk*, whose live entry has its UID.

    It counts from one of the two, about themselves, and only as long as it is about the time the talk has: for the
    current SEQUENCE, or for an older one if the start is the same (only the place changed since). Of several the newest
    counts (RFC 5546 section 2.1.5); one that no server vouches for takes no place of one that it does vouch for.

    Args:
        people: Employee and manager by id.
        kept: What is known of this entry's attendees.
        read_at: Now, UTC: no answer is newer than that, whatever it says.
    """
    party = _party(sender, talk, people)
    given = next((each.answer for each in reply.attendees if sender is not None and same(each.address, sender)), None)
    if party is None or given is None:
        return Judgement(standing=Standing.STRANGER)
    proposed = _proposed(reply, talk)
    if given is Answer.NONE and proposed is None:
        return Judgement(standing=Standing.SAYS_NOTHING)
    if not _is_current(reply, talk, entry):
        return Judgement(standing=Standing.STALE)
    answer = TalkAnswer(
        party=party,
        answer=given.value,
        at=_given_at(reply, talk, entry, read_at),
        proposed=proposed,
        verified=verification is Verification.VERIFIED,
    )
    if any(_keeps_out(each, answer, dated=reply.made_at is not None) for each in kept):
        return Judgement(standing=Standing.KNOWN)
    return Judgement(standing=Standing.COUNTS, answer=answer)


def same(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox: case does not matter, nor whether a domain is written in ASCII."""
    return _folded(one) == _folded(other)


def _folded(address: str) -> tuple[str, str]:
    local, _, domain = address.strip().rpartition("@")
    try:
        return local.casefold(), domain.casefold().encode("idna").decode("ascii")
    except UnicodeError:
        return local.casefold(), domain.casefold()


def _party(sender: str | None, talk: Talk, people: Mapping[str, Person]) -> str | None:
    for id_ in (talk.employee, talk.manager):
        person = people.get(id_)
        if sender is not None and person is not None and person.email is not None and same(person.email, sender):
            return f"person:{id_}"
    return None


def _is_current(reply: ItipReply, talk: Talk, entry: Entry) -> bool:
    if reply.sequence >= entry.sequence:
        return True
    return reply.about is not None and _instant(reply.about, talk.zone) == talk.start


def _given_at(reply: ItipReply, talk: Talk, entry: Entry, read_at: datetime) -> datetime:
    """When *reply* was given, UTC. Telephones' clocks are wrong: an answer to this version is no older than it is."""
    made = reply.made_at or read_at
    if reply.sequence >= entry.sequence:
        made = max(made, talk.changed_at)
    return min(made, read_at)


def _proposed(reply: ItipReply, talk: Talk) -> tuple[datetime, datetime] | None:
    if reply.method is not Method.COUNTER or reply.proposed is None:
        return None
    start = _instant(reply.proposed[0], talk.zone)
    lasts = timedelta(minutes=talk.minutes)
    end = start + lasts if reply.proposed[1] is None else _instant(reply.proposed[1], talk.zone)
    if end <= start:
        end = start + lasts
    return None if (start, end) == (talk.start, talk.end) else (start, end)


def _instant(moment: datetime, zone: str) -> datetime:
    return (moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment).astimezone(UTC)


def _keeps_out(kept: TalkAnswer, answer: TalkAnswer, *, dated: bool) -> bool:
    """Whether *kept* is the same party's, is worth as much, and is newer or says the same. *dated*: by its own word."""
    if kept.party != answer.party or (answer.verified and not kept.verified):
        return False
    if kept.at is None or answer.at is None:
        return False
    alike = (kept.answer, kept.proposed) == (answer.answer, answer.proposed)
    if alike and (kept.verified != answer.verified or not dated):
        return True
    return kept.at > answer.at or (alike and kept.at == answer.at)
