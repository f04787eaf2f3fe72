"""Rounds of random shape, run as one and in pieces, against an outbox in memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_cycle, a_person, a_round, a_step, a_talk
from outbox_model import ModelOutbox
from talkcycle.domain.cycle import Anchor, Place, Recipients, Step
from talkcycle.domain.derive import person_messages, person_recipient, talk_messages
from talkcycle.domain.localtime import day_of, is_working_day
from talkcycle.domain.messages import DueMessage, Kind, OutboxState
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Round, Talk, TalkState, cancelled, moved

ZONES = ("Europe/Stockholm", "Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata")
FIRST, LAST = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)
"""Daylight saving changes in this time in the EU, the US and on Lord Howe."""
GRID = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
EXAMPLES = min(settings().max_examples, 18) if settings().derandomize else settings().max_examples
"""Few where every run is the same; all that are asked for where a run explores."""
OFTEN = timedelta(hours=3, minutes=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What a talk is from an instant on."""

    since: datetime
    talk: Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A round, a pair, and a talk that HR changes now and then. *share*: 0 to 1, where in its time a daemon looks."""

    round: Round
    employee: Person
    manager: Person
    phases: tuple[Phase, ...]
    share: tuple[float, ...]

    def messages(self, talk: Talk) -> list[DueMessage]:
        return talk_messages(self.round, talk, self.employee, self.manager)

    def recipient_off(self, key: str, instant: datetime) -> bool:
        person = self.employee if key == f"person:{self.employee.id}" else self.manager
        to = person_recipient(person, Role.EMPLOYEE, self.round.holidays)
        return not is_working_day(day_of(instant, to.zone), to.holidays)


times = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
instants = st.integers(0, (LAST - FIRST) // GRID).map(lambda steps: FIRST + steps * GRID)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    shapes = st.tuples(
        st.integers(-40, 40).filter(bool),
        st.sampled_from([Recipients.EMPLOYEE, Recipients.MANAGER, Recipients.BOTH]),
        times,
        st.none() | st.integers(0, 5),
        st.booleans(),
    )
    others = [
        a_step(f"step{number}", days, to, at=shown, latest=latest if days < 0 else None, again_when_moved=again)
        for number, (days, to, shown, latest, again) in enumerate(draw(st.lists(shapes, max_size=5)))
    ]
    invitation = a_step("invitation", -draw(st.integers(14, 30)), calendar=True, at=draw(times))
    announcement = a_step("announcement", 0, anchor=Anchor.APPROVAL, at=draw(times))
    return tuple(draw(st.permutations([invitation, announcement, *others])))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    holidays = st.frozensets(st.dates(date(2027, 1, 25), date(2027, 6, 15)), max_size=25)
    start = draw(instants)
    approved_at = start - timedelta(days=14) - draw(st.integers(0, 40 * 24 * 60)) * MINUTE
    first = a_talk(
        start=start,
        zone=draw(st.sampled_from(ZONES)),
        changed_at=approved_at,
        approved_at=draw(st.sampled_from([None, approved_at])),
    )
    phases = [Phase(since=approved_at, talk=first)]
    for _ in range(draw(st.integers(0, 3))):
        latest = phases[-1]
        since = latest.since + draw(st.integers(1, 30 * 24 * 60)) * MINUTE
        if draw(st.integers(0, 3)) == 0:
            phases.append(Phase(since=since, talk=cancelled(latest.talk, why="x", at=since)))
            break
        new = since + draw(st.integers(4, 40 * 96)) * GRID
        phases.append(Phase(since=since, talk=moved(latest.talk, start=new, place=Place(), at=since)))
    mailbox = draw(st.sampled_from(["anna@example.com", "anna@example.com", "anna@example.com", None]))
    return Story(
        round=a_round(
            cycle=a_cycle(steps=draw(steps())),
            holidays={"SE": draw(holidays), "FI": draw(holidays)},
            approved_at=approved_at,
        ),
        employee=a_person(zone=first.zone, email=mailbox),
        manager=a_person("bo", manager=None, zone=draw(st.sampled_from(ZONES)), country="FI"),
        phases=tuple(phases),
        share=tuple(draw(st.lists(st.floats(0, 0.999), min_size=1, max_size=12))),
    )


def in_one(story: Story) -> list[datetime]:
    """A daemon that is never down: it looks every now and then, and at every instant that matters."""
    ends = [phase.talk.start for phase in story.phases if phase.talk.start] + [story.phases[-1].since]
    first, last = story.phases[0].since, max(ends) + timedelta(days=75)
    often = [first + number * OFTEN for number in range((last - first) // OFTEN)]
    exact = [
        message.due_at + nudge
        for phase in story.phases
        for message in story.messages(phase.talk)
        for nudge in (timedelta(0), timedelta(seconds=1))
    ]
    return often + exact


def in_pieces(story: Story) -> list[datetime]:
    """A daemon that was down at will, but not from before a message was due until after it expired."""
    looks = []
    for phase in story.phases:
        for number, message in enumerate(story.messages(phase.talk)):
            share = story.share[number % len(story.share)]
            spans = [(message.due_at, message.expires_at)]
            spans += [(message.change.due_at, message.change.expires_at)] if message.change else []
            looks += [due + share * max(end - due, timedelta(0)) for due, end in spans if end is not None]
    return looks


def run(story: Story, looks: Callable[[Story], list[datetime]]) -> ModelOutbox:
    """Tick at *looks*, and just before each change: what was due until then is not the change's business."""
    outbox = ModelOutbox()
    ticks = sorted(looks(story))
    for number, phase in enumerate(story.phases):
        following = [later.since for later in story.phases[number + 1 :]]
        outbox.change(story.messages(phase.talk), phase.since)
        for tick in ticks:
            if tick >= phase.since and not (following and tick >= following[0]):
                outbox.tick(tick)
        if following:
            outbox.tick(following[0])
    return outbox


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_a_span_in_pieces_gives_what_the_whole_gives(story: Story) -> None:
    whole, pieces = run(story, in_one), run(story, in_pieces)
    assert pieces.states() == whole.states()
    assert {key: row.due_at for key, row in pieces.rows.items()} == {key: row.due_at for key, row in whole.rows.items()}


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_after_a_cancellation_only_the_cancellation_is_made_or_sent(story: Story) -> None:
    outbox = run(story, in_one)
    last = story.phases[-1]
    if last.talk.state is TalkState.CANCELLED:
        assert {due.kind for made, due in outbox.rendered if made > last.since} <= {Kind.MEETING_CANCEL}
        assert {row.kind for left, row in outbox.sent if left > last.since} <= {Kind.MEETING_CANCEL}


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_nothing_about_the_time_before_a_talk_leaves_when_it_has_begun(story: Story) -> None:
    starts = {phase.talk.revision: phase.talk.start for phase in story.phases}
    before = {step.id for step in story.round.cycle.steps if step.when.before}
    for left, row in run(story, in_pieces).sent:
        start = starts[row.key.version]
        assert start is not None
        if row.key.step in before:
            assert left < start
            assert row.due_at < start


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_nothing_about_a_talk_leaves_before_the_approval_or_the_invitation(story: Story) -> None:
    sent = run(story, in_pieces).sent
    for key in ("person:anna", "person:bo"):
        mine = [row for _, row in sent if row.key.recipient == key]
        assert [row.kind for row in mine][:1] in ([], [Kind.MEETING_CREATE])
        assert [row.kind for row in mine].count(Kind.MEETING_CREATE) <= 1
    assert all(left >= story.phases[0].since for left, _ in sent)


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_no_announcement_leaves_after_the_invitation(story: Story) -> None:
    invitations = [message for message in story.messages(story.phases[0].talk) if message.kind is Kind.MEETING_CREATE]
    for person, role in ((story.employee, Role.EMPLOYEE), (story.manager, Role.MANAGER)):
        [announced] = [
            message.due_at
            for message in person_messages(story.round, person, frozenset({role}))
            if message.key.step == "announcement"
        ]
        assert [each.due_at > announced for each in invitations if each.role is role] == [True]


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_nothing_is_due_on_a_day_off_but_what_hr_did_that_day(story: Story) -> None:
    changes = {phase.since for phase in story.phases[1:]}
    for row in run(story, in_one).rows.values():
        immediate = row.kind is not Kind.MAIL and row.due_at in changes
        assert immediate or not story.recipient_off(row.key.recipient, row.due_at)


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_the_notice_is_kept_or_the_invitation_is_not_sent(story: Story) -> None:
    for left, row in run(story, in_pieces).sent:
        if row.kind is Kind.MEETING_CREATE and row.key.version == 0:
            person = story.employee if row.key.recipient == "person:anna" else story.manager
            start = story.phases[0].talk.start
            assert start is not None
            assert (day_of(start, person.zone) - day_of(left, person.zone)).days >= story.round.cycle.notice_days


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_every_calendar_ends_with_the_last_word(story: Story) -> None:
    sent = run(story, in_one).sent
    last = story.phases[-1].talk
    former = [phase.talk.start for phase in story.phases[:-1]]
    in_time = all(start is not None and start > story.phases[-1].since for start in [*former, last.start])
    for key in ("person:anna", "person:bo"):
        words = [
            (row.key.step, row.key.version) for _, row in sent if row.key.recipient == key and row.kind is not Kind.MAIL
        ]
        if words and in_time:
            step = "cancellation" if last.state is TalkState.CANCELLED else "invitation"
            assert words[-1] == (step, last.revision)
            assert sorted(version for _, version in words) == [version for _, version in words]


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_what_was_sent_for_one_time_is_sent_again_only_where_the_step_wants_it(story: Story) -> None:
    again = {step.id for step in story.round.cycle.steps if step.again_when_moved or step.calendar}
    sent = [(row.key.step, row.key.recipient) for _, row in run(story, in_one).sent if row.key.step not in again]
    assert sorted(set(sent)) == sorted(sent)


@settings(max_examples=EXAMPLES)
@given(story=stories())
def test_who_has_no_mailbox_is_sent_nothing(story: Story) -> None:
    unreachable = replace(story, employee=replace(story.employee, email=None))
    rows = run(unreachable, in_one).rows.values()
    assert {row.state for row in rows if row.key.recipient == "person:anna"} <= {OutboxState.SKIPPED}
