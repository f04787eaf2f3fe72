"""The calendar that stands for every attendee's: what it shows after mails that come twice, late, or from a stranger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from harness.imip_calendar import ImipCalendar, Itip, Kept, after, itip_of
from harness.meeting import AGENDA, Meeting
from harness.seen import What
from harness.smtp import imip_parcel
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind

START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
ANNA, BO = (Party(name=name, address=f"{name.casefold()}@norrsken.example") for name in ("Anna", "Bo"))
MEETING = Meeting(uid="1-talk@talkcycle.example", manager=BO, employee=ANNA, start=START)
MOVED = MEETING.moved(timedelta(days=1))
OFF = MOVED.with_text("Samtalet ställs in.")


def mail(meeting: Meeting, action: Kind) -> bytes:
    return imip_parcel(meeting, action, ANNA, tried=False).payload


CREATED, CHANGED, CANCELLED = (
    mail(MEETING, Kind.MEETING_CREATE),
    mail(MOVED, Kind.MEETING_CHANGE),
    mail(OFF, Kind.MEETING_CANCEL),
)


def calendar(*mails: bytes, owner: Party = ANNA) -> ImipCalendar:
    made = ImipCalendar(owner=owner.address)
    for each in mails:
        made.receive(each)
    return made


def told(made: ImipCalendar) -> list[What]:
    return [notice.what for notice in made.told]


def test_a_request_becomes_an_entry_with_its_files() -> None:
    (entry,) = calendar(CREATED).entries()

    assert (entry.start, entry.end, entry.private, entry.files) == (START, MEETING.end, True, (AGENDA,))
    assert entry.attendees == {ANNA.address, BO.address}


def test_the_same_request_twice_is_shown_once() -> None:
    made = calendar(CREATED, CREATED)

    assert (len(made.entries()), told(made)) == (1, [What.INVITATION])


def test_a_newer_request_moves_the_entry() -> None:
    made = calendar(CREATED, CHANGED)

    assert [entry.start for entry in made.entries()] == [MOVED.start]
    assert told(made) == [What.INVITATION, What.UPDATE]


def test_a_late_old_request_moves_nothing_back() -> None:
    made = calendar(CHANGED, CREATED)

    assert [entry.start for entry in made.entries()] == [MOVED.start]
    assert told(made) == [What.INVITATION]


def test_of_the_same_sequence_the_newer_stamp_counts() -> None:
    first = itip_of(CREATED)
    assert first is not None
    corrected = replace(first, stamp=first.stamp + timedelta(minutes=1), place="Måsen")

    kept, what = after(Kept(newest=first), corrected)

    assert (kept, what) == (Kept(newest=corrected), What.UPDATE)
    assert after(kept, first) == (kept, None)


def test_a_cancellation_takes_the_entry_out_once_and_for_good() -> None:
    made = calendar(CREATED, CHANGED, CANCELLED, CANCELLED, CHANGED)

    assert made.entries() == ()
    assert told(made) == [What.INVITATION, What.UPDATE, What.CANCELLATION]
    assert made.told[-1].text.strip() == OFF.text


def test_a_cancellation_of_what_is_not_there_tells_nothing() -> None:
    assert told(calendar(CANCELLED)) == []


def test_a_mail_about_somebody_elses_meeting_changes_nothing() -> None:
    stranger = Party(name="Cecilia", address="cecilia@norrsken.example")

    assert calendar(CREATED, owner=stranger).entries() == ()


def test_a_mail_from_somebody_else_than_the_organizer_changes_nothing() -> None:
    request, forged = itip_of(CREATED), itip_of(CANCELLED)
    assert request is not None
    assert forged is not None
    kept = Kept(newest=request)

    assert after(kept, replace(forged, sender="mallory@example.com")) == (kept, None)
    assert after(kept, replace(forged, sender="mallory@example.com", organizer="mallory@example.com")) == (kept, None)


def test_a_mail_without_a_calendar_is_no_meeting() -> None:
    assert not calendar().receive(b"From: a@norrsken.example\r\nSubject: Hej\r\n\r\nHej\r\n")


def test_requests_leave_the_newest_in_whatever_order_they_arrive() -> None:
    newest = MOVED.moved(timedelta(days=1))
    mails = [CREATED, CHANGED, mail(newest, Kind.MEETING_CHANGE)]

    for order in permutations(mails):
        (entry,) = calendar(*order).entries()
        assert entry.start == newest.start


ITIPS = [itip for mail_ in (CREATED, CHANGED, CANCELLED) if (itip := itip_of(mail_)) is not None]


@given(st.lists(st.sampled_from(ITIPS), max_size=8))
def test_nothing_comes_back_after_a_cancellation(itips: list[Itip]) -> None:
    kept: Kept | None = None
    told: list[What] = []
    for itip in itips:
        kept, what = after(kept, itip)
        told += [] if what is None else [what]

    methods = [itip.method for itip in itips]
    began = methods.index("REQUEST") if "REQUEST" in methods else len(methods)
    assert (kept is not None and not kept.cancelled) == (began < len(methods) and "CANCEL" not in methods[began:])
    assert told.count(What.INVITATION) == (began < len(methods))
