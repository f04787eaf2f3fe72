"""What follows from answers: one kind mail for each declined time, HR once, proposals to the manager, one nudge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import START, a_person, a_round, a_step, a_talk, at
from outbox_model import HORIZON, ModelOutbox
from talkcycle.domain.answer_messages import answer_messages
from talkcycle.domain.answers import is_unconfirmed
from talkcycle.domain.cycle import Place, Recipients
from talkcycle.domain.derive import talk_messages
from talkcycle.domain.messages import (
    ABOUT_ANSWERS,
    HR_HELP,
    NUDGE,
    PROPOSAL,
    TIME_DECLINED,
    TIME_KEPT,
    Kind,
    KnownMessage,
    OutboxState,
)
from talkcycle.domain.talks import Entry, Talk, TalkAnswer, abstained, moved

ROUND = a_round()
ANNA, BO = a_person(), a_person("bo", manager=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INVITED = at(2027, 2, 18, 8)
"""A Thursday; the talk is three weeks away."""
E, M = "person:anna", "person:bo"


def an_entry(transport: str, number: int, **fields: int | bool | None) -> Entry:
    entry = Entry(
        round=ROUND.id,
        talk="anna",
        number=number,
        uid=f"{number}@example.com",
        sequence=0,
        transport=transport,
        organizer="bo@example.com" if transport != "smtp" else "talks@example.com",
    )
    return replace(entry, **fields)  # type: ignore[arg-type]  # one dictionary for fields of several kinds


@dataclass(slots=True)
class Life:
    """One talk through its days, on servers that take everything at once, with people who answer."""

    transport: str = "smtp"
    answers_by_mail: bool = True
    talk: Talk = field(default_factory=a_talk)
    answers: dict[tuple[str, bool], TalkAnswer] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    box: ModelOutbox = field(default_factory=ModelOutbox)
    now: datetime = field(default_factory=lambda: at(2027, 2, 1, 9))
    off: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries = [an_entry(self.transport, 1)]
        self.box.next_due = self.now
        self.until(self.now)

    def until(self, instant: datetime) -> None:
        """Tick whenever something is due, and at *instant*."""
        while True:
            self.tick()
            if self.now >= instant:
                return
            waiting = [row.due_at for row in self.box.rows.values() if row.state is OutboxState.QUEUED]
            looks = [] if self.box.next_due is None else [self.box.next_due]
            self.now = min(instant, max(self.now + timedelta(minutes=5), min([*waiting, *looks], default=instant)))

    def look(self) -> None:
        """An answer came, or HR did something: the talk is looked at with the next tick."""
        self.box.next_due = self.now
        self.tick()

    def tick(self) -> None:
        if self.box.next_due is None or self.box.next_due >= self.now + HORIZON:
            self.box.tick(self.now)
            return
        *earlier, entry = self.entries
        rows = [_settled(row, self.box) for row in self.box.rows.values()]
        desired = talk_messages(ROUND, self.talk, ANNA, BO, entry=entry, earlier=earlier)
        desired += answer_messages(
            ROUND,
            self.talk,
            ANNA,
            BO,
            entry=entry,
            answers=self.answers.values(),
            rows=rows,
            answers_by_mail=self.answers_by_mail,
        )
        self.box.change(desired, self.now)
        self.box.tick(self.now)

    def answer(
        self,
        party: str,
        says: str,
        *,
        verified: bool = True,
        after: timedelta = HOUR,
        proposed: tuple[datetime, datetime] | None = None,
    ) -> None:
        self.now += after
        self.answers[party, verified] = TalkAnswer(
            party=party, answer=says, at=self.now, verified=verified, proposed=proposed
        )
        self.look()

    def propose(self, party: str = E, says: str = "tentative", *, verified: bool = True) -> None:
        assert self.talk.start is not None
        start = self.talk.start + DAY
        self.answer(party, says, verified=verified, proposed=(start, start + HOUR))

    def keep(self) -> None:
        self.answer("proposal:anna", "declined")

    def move(self, days: int = 1) -> None:
        """HR moves it; a calendar forgets what was answered to the time before."""
        assert self.talk.start is not None
        self.now += HOUR
        self.talk = moved(self.talk, start=self.talk.start + days * DAY, place=Place(), at=self.now)
        if self.entries[-1].in_own_calendar:
            self.answers.clear()
        self.look()

    def abstain(self) -> None:
        self.now += HOUR
        self.talk = abstained(self.talk, reason="mine alone", at=self.now)
        self.entries[-1] = replace(self.entries[-1], live=False, closed=self.talk.revision)
        self.off.append((self.now, datetime.max.replace(tzinfo=UTC)))
        self.look()

    def come_back(self) -> None:
        self.now += HOUR
        self.off[-1] = (self.off[-1][0], self.now)
        self.talk = moved(self.talk, start=self.now + 22 * DAY, place=Place(), at=self.now)
        self.entries.append(an_entry(self.transport, len(self.entries) + 1, opened=self.talk.revision))
        self.answers.clear()
        self.look()

    def sent(self, *steps: str) -> list[tuple[str, str, datetime]]:
        return [
            (row.key.step, row.key.recipient, row.due_at)
            for _, row in self.box.sent
            if row.key.step in (steps or ABOUT_ANSWERS)
        ]


def _settled(row: KnownMessage, box: ModelOutbox) -> KnownMessage:
    """*row* with the instant at which it left."""
    left = [when for when, sent in box.sent if sent.key == row.key]
    return replace(row, settled_at=left[0]) if left else row


@pytest.fixture(params=["smtp", "graph"])
def life(request: pytest.FixtureRequest) -> Life:
    made = Life(request.param)
    made.until(INVITED)
    return made


def test_who_declines_the_time_gets_one_mail_at_once_and_hr_is_asked_to_help_three_working_days_later(life: Life) -> None:
    life.answer(E, "declined")
    life.until(INVITED + 14 * DAY)

    told = INVITED + HOUR
    assert life.sent() == [(TIME_DECLINED, E, told), (HR_HELP, "hr", told + 5 * DAY)], "a weekend lies between"


def test_in_the_evening_and_at_weekends_nobody_is_written_to(life: Life) -> None:
    life.answer(E, "declined", after=timedelta(days=1, hours=10))

    assert life.sent() == []
    life.until(INVITED + 6 * DAY)
    assert life.sent(TIME_DECLINED) == [(TIME_DECLINED, E, at(2027, 2, 22, 7))]


def test_a_new_time_in_between_leaves_hr_in_peace(life: Life) -> None:
    life.answer(E, "declined")
    life.until(INVITED + 2 * DAY)
    life.move()
    life.until(START + DAY)

    assert life.sent(TIME_DECLINED, HR_HELP) == [(TIME_DECLINED, E, INVITED + HOUR)]


def test_who_accepts_after_all_leaves_hr_in_peace(life: Life) -> None:
    life.answer(E, "declined")
    life.answer(E, "accepted")
    life.until(START)

    assert [step for step, _, _ in life.sent()] == [TIME_DECLINED]


def test_a_moved_talk_that_is_declined_again_gets_another_mail_and_with_the_third_hr_helps_at_once(life: Life) -> None:
    for _ in range(3):
        life.answer(E, "declined")
        life.move()
    assert life.sent(TIME_DECLINED) == [(TIME_DECLINED, E, INVITED + hours * HOUR) for hours in (1, 3, 5)]
    assert life.sent(HR_HELP) == [(HR_HELP, "hr", INVITED + 5 * HOUR)]

    life.answer(E, "declined")
    life.until(START)
    assert len(life.sent(TIME_DECLINED)) == 4
    assert len(life.sent(HR_HELP)) == 1


def test_shortly_before_the_talk_hr_helps_at_once(life: Life) -> None:
    life.until(START - DAY)
    life.answer(E, "declined")

    assert sorted(step for step, _, _ in life.sent(TIME_DECLINED, HR_HELP)) == [HR_HELP, TIME_DECLINED]


def test_by_mail_the_manager_is_asked_likewise_and_hr_is_told_once_of_both() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.answer(M, "declined")
    life.answer(E, "declined")
    life.until(START)

    assert [(step, who) for step, who, _ in life.sent()] == [(TIME_DECLINED, M), (TIME_DECLINED, E), (HR_HELP, "hr")]


def test_who_hosts_the_meeting_in_their_own_calendar_is_not_asked() -> None:
    life = Life("graph")
    life.until(INVITED)
    life.answer(M, "declined")
    life.until(START)

    assert life.sent(TIME_DECLINED, HR_HELP) == []


@pytest.mark.parametrize("says", ["accepted", "tentative", "none"])
def test_nothing_follows_from_other_answers_to_the_time(life: Life, says: str) -> None:
    life.answer(E, says)
    life.until(INVITED + 5 * DAY)

    assert life.sent() == []


def test_what_nobody_vouches_for_is_not_acted_upon(life: Life) -> None:
    life.answer(E, "declined", verified=False)
    life.until(START)

    assert life.sent(TIME_DECLINED, HR_HELP) == []


def test_an_answer_to_the_time_before_does_not_count() -> None:
    life = Life("smtp")
    life.until(INVITED)
    before = TalkAnswer(party=E, answer="declined", at=life.now + HOUR / 2)
    life.move()
    life.answers[E, True] = before
    life.look()
    life.until(START)

    assert life.sent(TIME_DECLINED, HR_HELP) == []


def test_an_answer_read_while_the_new_time_is_on_its_way_to_the_calendar_does_not_count_nor_does_it_later() -> None:
    life = Life("graph")
    life.until(INVITED)
    assert life.talk.start is not None
    life.talk = moved(life.talk, start=life.talk.start + DAY, place=Place(), at=life.now)
    life.answers[E, True] = TalkAnswer(party=E, answer="declined", at=life.now + HOUR / 4)
    rows = list(life.box.rows.values())
    entry = life.entries[-1]

    def due(known: Sequence[KnownMessage]) -> list[str]:
        found = answer_messages(ROUND, life.talk, ANNA, BO, entry=entry, answers=life.answers.values(), rows=known)
        return [each.key.step for each in found]

    assert due(rows) == []
    life.now += HOUR
    life.look()
    assert due([_settled(row, life.box) for row in life.box.rows.values()]) == [NUDGE], "it is asked about anew"


def test_a_calendar_that_does_not_say_when_tells_of_the_time_it_has(life: Life) -> None:
    life.answers[E, True] = TalkAnswer(party=E, answer="declined")
    life.look()
    life.until(INVITED + DAY)

    assert [step for step, _, _ in life.sent()] == ([TIME_DECLINED] if life.transport == "graph" else [])


def test_who_has_no_mailbox_is_recorded_as_not_written_to_and_hr_helps() -> None:
    nobody = replace(ANNA, email=None)
    answers = [TalkAnswer(party=E, answer="declined", at=INVITED)]
    found = answer_messages(ROUND, a_talk(), nobody, BO, entry=None, answers=answers, rows=[])

    assert [(each.key.step, each.not_sent is None) for each in found] == [(TIME_DECLINED, False), (HR_HELP, True)]


# Nobody has heard from the employee


NUDGED = at(2027, 3, 2, 8)
"""Six working days before the tenth."""


def test_who_has_not_answered_is_asked_once_a_week_before_the_talk(life: Life) -> None:
    life.until(START + DAY)

    assert life.sent() == [(NUDGE, E, NUDGED)]


@pytest.mark.parametrize("says", ["accepted", "tentative", "declined"])
@pytest.mark.parametrize("verified", [True, False])
def test_who_has_answered_is_not_whoever_vouches_for_it(life: Life, says: str, *, verified: bool) -> None:
    life.answer(E, says, verified=verified)
    life.until(START + DAY)

    assert life.sent(NUDGE) == []


def test_where_answers_by_mail_are_not_read_nobody_can_tell_who_has_not_answered() -> None:
    life = Life("smtp", answers_by_mail=False)
    life.until(START + DAY)

    assert life.sent() == []


def test_what_was_answered_to_another_time_is_no_answer_but_another_place_asks_nothing(life: Life) -> None:
    life.answer(E, "accepted")
    said = dict(life.answers)
    assert life.talk.start is not None
    life.talk = moved(life.talk, start=life.talk.start, place=Place(), at=life.now + HOUR)
    life.look()
    life.until(INVITED + 2 * DAY)
    life.move(7)
    life.answers = said
    life.look()
    life.until(START + 8 * DAY)

    assert life.sent() == [(NUDGE, E, NUDGED + 7 * DAY)]


def test_who_proposed_the_time_that_the_talk_now_has_is_not_asked_about_it() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.propose()
    life.move()
    life.until(START + 2 * DAY)

    assert life.sent(NUDGE) == []


def test_a_moved_talk_is_not_asked_about_again(life: Life) -> None:
    life.until(NUDGED + HOUR)
    life.move(14)
    life.until(START + 15 * DAY)

    assert life.sent() == [(NUDGE, E, NUDGED)]


def test_a_talk_invited_to_shortly_before_is_not_asked_about() -> None:
    life = Life("smtp", talk=a_talk(start=START - 14 * DAY, changed_at=at(2027, 2, 18), revision=1))
    life.until(START)

    assert life.sent() == []


def test_who_was_not_invited_is_not_asked() -> None:
    round_ = replace(
        ROUND, cycle=replace(ROUND.cycle, steps=(a_step("invitation", -21, Recipients.MANAGER, calendar=True),))
    )
    found = answer_messages(
        round_, a_talk(), ANNA, BO, entry=an_entry("smtp", 1), answers=(), rows=(), answers_by_mail=True
    )

    assert found == []


def unconfirmed(life: Life) -> bool:
    rows = [_settled(row, life.box) for row in life.box.rows.values()]
    return is_unconfirmed(
        life.talk, life.entries[-1], list(life.answers.values()), rows, calendar_step=ROUND.cycle.calendar_step.id
    )


def test_a_time_counts_as_unconfirmed_once_the_employee_was_asked_again_or_somebody_disagreed(life: Life) -> None:
    assert not unconfirmed(life)
    life.until(NUDGED + HOUR)
    assert unconfirmed(life)
    life.answer(E, "accepted")
    assert not unconfirmed(life)
    life.answer(E, "declined")
    assert unconfirmed(life)


def test_what_nobody_vouches_for_is_shown_to_the_manager(life: Life) -> None:
    life.answer(E, "declined", verified=False)
    assert unconfirmed(life)


# Somebody proposes another time


def test_a_proposal_is_told_to_the_manager_once_and_three_working_days_later_by_mail_the_proposer_hears_that_it_stays(
    life: Life,
) -> None:
    life.propose()
    life.until(START)

    told = INVITED + HOUR
    heard = [] if life.transport == "graph" else [(TIME_KEPT, E, told + 5 * DAY)]
    assert life.sent() == [(PROPOSAL, M, told), *heard]


def test_when_somebody_says_that_the_time_stays_the_proposer_hears_so_at_once(life: Life) -> None:
    life.propose()
    life.keep()
    life.until(START)

    heard = [] if life.transport == "graph" else [(TIME_KEPT, E, INVITED + 2 * HOUR)]
    assert life.sent() == [(PROPOSAL, M, INVITED + HOUR), *heard]


def test_what_the_proposer_hears_declines_the_counter_in_their_calendar() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.propose()
    life.keep()

    assert [row.kind for _, row in life.box.sent if row.key.step == TIME_KEPT] == [Kind.COUNTER_DECLINED]


def test_a_talk_that_moves_leaves_nothing_to_say(life: Life) -> None:
    life.propose()
    life.move()
    life.until(INVITED + 10 * DAY)

    assert life.sent() == [(PROPOSAL, M, INVITED + HOUR)]


def test_who_declines_and_proposes_gets_other_times_once_it_is_clear_that_the_talk_stays(life: Life) -> None:
    life.propose(says="declined")
    assert [step for step, _, _ in life.sent()] == [PROPOSAL]
    life.keep()
    life.until(START)

    assert [(step, who) for step, who, _ in life.sent(TIME_DECLINED, HR_HELP)] == [(TIME_DECLINED, E), (HR_HELP, "hr")]
    [told] = life.sent(TIME_DECLINED)
    assert told[2] == INVITED + 2 * HOUR


def test_what_nobody_vouches_for_is_proposed_to_nobody_but_shown(life: Life) -> None:
    life.propose(verified=False)
    life.until(START)

    assert life.sent() == []
    assert unconfirmed(life)


def test_a_proposal_of_the_very_time_the_talk_has_is_none(life: Life) -> None:
    life.answer(E, "tentative", proposed=(START, START + HOUR))
    life.until(START)

    assert life.sent() == []


def test_of_two_proposals_in_one_revision_the_manager_is_told_of_one_and_a_moved_talk_is_asked_about_anew(
    life: Life,
) -> None:
    life.propose()
    life.propose()
    life.move()
    life.propose()
    life.until(START)

    assert [who for step, who, _ in life.sent(PROPOSAL)] == [M, M]


def the_machine_was_off(life: Life) -> None:
    life.now += 10 * DAY
    life.tick()


def nobody_knows_whether_the_last_mail_arrived(life: Life) -> None:
    about = [row for row in life.box.rows.values() if row.key.step in ABOUT_ANSWERS and row.state is OutboxState.SENT]
    if about:
        row = max(about, key=lambda each: each.id)
        life.box.rows[row.key] = replace(row, state=OutboxState.UNKNOWN, uncertain=True)
        life.look()


def if_it_is(off: bool, does: Callable[[Life], None]) -> Callable[[Life], None]:  # noqa: FBT001  # read as a sentence
    return lambda life: does(life) if life.talk.is_off is off else None


STEPS: Mapping[str, Callable[[Life], None]] = {
    "accepts": lambda life: life.answer(E, "accepted"),
    "is not sure": lambda life: life.answer(E, "tentative"),
    "declines": lambda life: life.answer(E, "declined"),
    "somebody declines": lambda life: life.answer(E, "declined", verified=False),
    "host declines": lambda life: life.answer(M, "declined"),
    "proposes": Life.propose,
    "declines and proposes": lambda life: life.propose(says="declined"),
    "host proposes": lambda life: life.propose(M),
    "keep": Life.keep,
    "move": if_it_is(False, Life.move),
    "abstain": if_it_is(False, Life.abstain),
    "come back": if_it_is(True, Life.come_back),
    "wait": lambda life: life.until(life.now + DAY),
    "wait long": lambda life: life.until(life.now + 6 * DAY),
    "off": the_machine_was_off,
    "lost": nobody_knows_whether_the_last_mail_arrived,
}


def test_hr_of_whom_nobody_knows_whether_the_mail_arrived_is_not_told_again(life: Life) -> None:
    life.until(START - DAY)
    life.answer(E, "declined")
    [(key, row)] = [each for each in life.box.rows.items() if each[0].step == HR_HELP]
    life.box.rows[key] = replace(row, state=OutboxState.UNKNOWN, uncertain=True)
    life.move(7)
    life.answer(E, "declined")
    life.until(START + 7 * DAY)

    assert len(life.sent(HR_HELP)) == 1


@given(
    transport=st.sampled_from(["smtp", "graph"]),
    steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=12),
)
def test_whatever_people_answer_nobody_is_written_to_twice_about_one_time_and_hr_once_a_talk(
    transport: str, steps: Sequence[str]
) -> None:
    life = Life(transport)
    life.until(INVITED)
    for step in steps:
        STEPS[step](life)
    life.until(life.now + 90 * DAY)
    about = [row for _, row in life.box.sent if row.key.step in ABOUT_ANSWERS]
    when = {row.key: instant for instant, row in life.box.sent}

    assert len({row.key for row in about}) == len(about)
    assert len([row for row in about if row.key.step == HR_HELP]) <= 1
    assert len([row for row in about if row.key.step == NUDGE]) <= 1
    assert len({(row.key.slot, row.key.version) for row in about}) == len(about)
    for row in about:
        assert not any(begins < when[row.key] < ends for begins, ends in life.off), "somebody abstained"
        assert row.expires_at is not None
        assert when[row.key] < row.expires_at
    assert all(row.state not in {OutboxState.QUEUED, OutboxState.HELD} for row in life.box.rows.values())
    rendered = len(life.box.rendered)
    life.until(life.now + 20 * DAY)
    assert len(life.box.rendered) == rendered, "it has come to rest"
