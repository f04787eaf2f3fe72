"""Whose answer a reply is, and whether it counts."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import START, a_person, a_talk
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.mails import AttendeeAnswer, ItipReply, Method, Verification
from talkcycle.domain.replies import Judgement, Standing, judge, same
from talkcycle.domain.talks import Entry, TalkAnswer

ANNA, BO = "anna@example.com", "bo@example.com"
NOW = START - timedelta(days=5)
MADE = NOW - timedelta(hours=1)
HOUR = timedelta(hours=1)
LATER = START + timedelta(days=1)
ENTRY = Entry(
    round="development-2027-03",
    talk="anna",
    number=1,
    uid="uid@example.com",
    sequence=0,
    transport="smtp",
    organizer="talks@example.com",
)
YES = TalkAnswer(party="person:anna", answer="accepted", at=MADE)


def a_reply(address: str = ANNA, answer: Answer = Answer.ACCEPTED, **fields: Any) -> ItipReply:
    defaults: dict[str, Any] = {
        "method": Method.REPLY,
        "uid": ENTRY.uid,
        "sequence": 0,
        "made_at": MADE,
        "attendees": (AttendeeAnswer(address=address, answer=answer),),
        "about": START,
    }
    return ItipReply(**(defaults | fields))


def judged(reply: ItipReply, **fields: Any) -> Judgement:
    defaults: dict[str, Any] = {
        "sender": ANNA,
        "verification": Verification.VERIFIED,
        "talk": a_talk(),
        "entry": ENTRY,
        "people": {"anna": a_person(), "bo": a_person("bo", manager=None)},
        "kept": (),
        "read_at": NOW,
    }
    return judge(reply, **(defaults | fields))


def counted(reply: ItipReply, **fields: Any) -> TalkAnswer:
    judgement = judged(reply, **fields)
    assert judgement.standing is Standing.COUNTS
    assert judgement.answer is not None
    return judgement.answer


def test_the_employee_answers() -> None:
    assert counted(a_reply()) == YES


def test_the_manager_answers_too_where_the_service_invites_both() -> None:
    assert counted(a_reply(BO, Answer.DECLINED), sender=BO) == TalkAnswer(party="person:bo", answer="declined", at=MADE)


def test_case_does_not_matter_nor_how_a_domain_is_written() -> None:
    people = {"anna": a_person(email="Anna@Åkeri.example")}
    reply = a_reply("ANNA@xn--keri-poa.example")
    assert counted(reply, sender="anna@åkeri.EXAMPLE", people=people).party == "person:anna"
    assert not same("anna@example.com", "anna@example.org")
    assert not same("anna@example.com", "anne@example.com")


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("cilla@example.com", "cilla@example.com"),  # not of this talk
        ("cilla@example.com", ANNA),  # answers for somebody else
        (BO, ANNA),
        (ANNA, BO),
        (None, ANNA),
        ("", ""),
    ],
)
def test_whoever_is_not_of_the_talk_or_speaks_for_another_changes_nothing(sender: str | None, address: str) -> None:
    assert judged(a_reply(address), sender=sender) == Judgement(standing=Standing.STRANGER)


def test_somebody_without_a_mailbox_has_no_address_to_answer_from() -> None:
    people = {"anna": a_person(email=None), "bo": a_person("bo")}
    assert judged(a_reply(), people=people).standing is Standing.STRANGER


def test_the_answer_that_counts_is_that_of_the_sender_among_several() -> None:
    both = (AttendeeAnswer(address=BO, answer=Answer.ACCEPTED), AttendeeAnswer(address=ANNA, answer=Answer.DECLINED))
    assert counted(a_reply(attendees=both)).answer == "declined"


def test_no_answer_is_none() -> None:
    assert judged(a_reply(answer=Answer.NONE)).standing is Standing.SAYS_NOTHING


@pytest.mark.parametrize("verification", [Verification.UNVERIFIED, Verification.NOT_SAID])
def test_an_answer_nobody_vouches_for_is_kept_and_marked(verification: Verification) -> None:
    assert counted(a_reply(), verification=verification) == replace(YES, verified=False)


# Which version of the talk


def test_an_answer_to_an_earlier_time_is_stale() -> None:
    moved = a_talk(start=LATER)
    entry = replace(ENTRY, sequence=1)
    assert judged(a_reply(), talk=moved, entry=entry).standing is Standing.STALE
    assert judged(a_reply(about=None), entry=entry).standing is Standing.STALE
    assert judged(a_reply(sequence=1, about=None), talk=moved, entry=entry).standing is Standing.COUNTS


def test_an_answer_to_an_earlier_version_with_the_same_time_counts() -> None:
    """Only the place changed since: who accepted has accepted."""
    entry = replace(ENTRY, sequence=2)
    assert counted(a_reply(), entry=entry) == YES
    floating = a_reply(about=datetime(2027, 3, 10, 10, 0))  # in the talk's own zone
    assert counted(floating, entry=entry) == YES


def test_a_version_we_do_not_know_of_counts_like_the_present_one() -> None:
    """A backup was restored: the attendee knows more than we do."""
    assert counted(a_reply(sequence=9)) == YES


@pytest.mark.parametrize(("sequence", "at"), [(1, NOW - HOUR), (0, NOW - 3 * HOUR)])
def test_an_answer_is_no_older_than_the_version_it_is_about_whatever_clock_it_was_given_by(
    sequence: int, at: datetime
) -> None:
    """Else a decline of the present time would pass for one of the time before."""
    talk, entry = a_talk(changed_at=NOW - HOUR, revision=1), replace(ENTRY, sequence=1)
    assert counted(a_reply(sequence=sequence, made_at=NOW - 3 * HOUR), talk=talk, entry=entry).at == at


# Proposals


def test_a_proposal_is_kept_with_the_answer() -> None:
    counter = a_reply(answer=Answer.DECLINED, method=Method.COUNTER, proposed=(LATER, LATER + HOUR / 2))
    assert counted(counter) == replace(YES, answer="declined", proposed=(LATER, LATER + HOUR / 2))


def test_a_proposal_without_an_answer_is_one() -> None:
    counter = a_reply(answer=Answer.NONE, method=Method.COUNTER, proposed=(LATER, None))
    assert counted(counter) == replace(YES, answer="none", proposed=(LATER, LATER + HOUR))


@pytest.mark.parametrize(
    ("proposed", "expected"),
    [
        ((LATER, LATER), (LATER, LATER + HOUR)),
        ((LATER, START), (LATER, LATER + HOUR)),
        ((datetime(2027, 3, 11, 10, 0), datetime(2027, 3, 11, 10, 30)), (LATER, LATER + HOUR / 2)),
        ((START, START + HOUR), None),
    ],
)
def test_what_a_proposal_means(proposed: tuple[datetime, datetime], expected: tuple[datetime, datetime] | None) -> None:
    assert counted(a_reply(method=Method.COUNTER, proposed=proposed)).proposed == expected


def test_an_answer_proposes_nothing_whatever_time_it_is_about() -> None:
    assert counted(a_reply(proposed=(LATER, None))).proposed is None


# Which of several answers


def test_the_newest_answer_counts() -> None:
    no = a_reply(answer=Answer.DECLINED)
    assert judged(no, kept=[replace(YES, at=MADE + HOUR / 60)]).standing is Standing.KNOWN
    assert counted(no, kept=[replace(YES, at=MADE - HOUR)]).answer == "declined"
    assert counted(no, kept=[YES]).answer == "declined"  # of the same second: the one that came last


def test_the_same_answer_again_is_known() -> None:
    assert judged(a_reply(), kept=[YES]).standing is Standing.KNOWN
    undated = a_reply(made_at=None)
    first = counted(undated)
    assert first.at == NOW
    assert judged(undated, kept=[first], read_at=NOW + HOUR).standing is Standing.KNOWN


def test_others_answers_do_not_matter() -> None:
    assert counted(a_reply(), kept=[TalkAnswer(party="person:bo", answer="declined", at=NOW)]) == YES


def test_no_answer_is_newer_than_now() -> None:
    """Else one from the year 2199 would keep out every other."""
    assert counted(a_reply(made_at=NOW + timedelta(days=999))).at == NOW


def test_what_nobody_vouches_for_keeps_out_nothing_that_is_vouched_for() -> None:
    doubtful = TalkAnswer(party="person:anna", answer="declined", at=NOW, verified=False)
    assert counted(a_reply(), kept=[doubtful]) == YES


def test_what_nobody_vouches_for_counts_beside_a_verified_one_only_if_it_says_something_newer_and_else() -> None:
    def standing(reply: ItipReply) -> Standing:
        return judged(reply, verification=Verification.NOT_SAID, kept=[YES]).standing

    assert standing(a_reply(answer=Answer.DECLINED, made_at=MADE + HOUR / 2)) is Standing.COUNTS
    assert standing(a_reply(answer=Answer.DECLINED, made_at=MADE - HOUR / 2)) is Standing.KNOWN
    assert standing(a_reply(made_at=MADE + HOUR / 2)) is Standing.KNOWN
