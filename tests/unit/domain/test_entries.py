"""Whose calendar keeps a talk, and what is sent when another one takes it over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_person, a_round, a_talk, at
from outbox_model import ModelOutbox
from talkcycle.domain.cycle import Place
from talkcycle.domain.derive import NO_MAILBOX, OWN_CALENDAR, talk_messages
from talkcycle.domain.endings import LEFT
from talkcycle.domain.messages import (
    CANCELLATION,
    HANDED_OVER,
    NEW_ENTRY_TEMPLATE,
    NEW_HOST,
    OLD_ENTRY_TEMPLATE,
    OPTED_OUT,
    DueMessage,
    Kind,
    OutboxState,
)
from talkcycle.domain.people import Person
from talkcycle.domain.reached import reached
from talkcycle.domain.talks import Entry, Talk, TalkState, abstained, cancelled, moved, reassigned

ROUND = a_round()
ANNA, BO, CEM = a_person(), a_person("bo", manager=None), a_person("cem", manager=None)
HOSTS = {"bo": BO, "cem": CEM}
INVITED = at(2027, 2, 18, 12)
TRANSPORTS = {"smtp", "exchange", "graph"}
CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
Sent = tuple[Kind, str, str, str]


def an_entry(transport: str, number: int = 1, **fields: int | bool | str | None) -> Entry:
    entry = Entry(
        round=ROUND.id,
        talk="anna",
        number=number,
        uid=f"{number}@example.com",
        sequence=0,
        transport=transport,
        organizer="bo@example.com" if transport != "smtp" else "talks@example.com",
        host="bo",
    )
    return replace(entry, **fields)  # type: ignore[arg-type]  # one dictionary for fields of several kinds


@dataclass(slots=True)
class Life:
    """One talk through its days, on servers that take everything; *told* is who got what about the calendar."""

    transport: str
    employee: Person = ANNA
    talk: Talk = field(default_factory=a_talk)
    entries: list[Entry] = field(default_factory=list)
    box: ModelOutbox = field(default_factory=ModelOutbox)
    now: datetime = field(default_factory=lambda: at(2027, 2, 1, 9))

    def __post_init__(self) -> None:
        self.entries = [an_entry(self.transport)]
        self.desire()

    def desire(self) -> None:
        self.box.change(self.messages(), self.now)

    def messages(self) -> list[DueMessage]:
        *earlier, entry = self.entries
        host = HOSTS[self.talk.manager]
        known = reached(self.entries, [row for row in self.box.rows.values() if row.key.step == "invitation"])
        return talk_messages(
            ROUND, self.talk, self.employee, host, entry=entry, earlier=earlier, hosts=HOSTS, reached=known
        )

    def until(self, instant: datetime) -> None:
        """Tick every day and at *instant*."""
        while self.now < instant:
            self.now = min(instant, self.now + timedelta(days=1))
            for _ in range(4):  # a few ticks in a row: what waits for another message goes with a later one
                self.box.desired = self.messages()
                self.box.tick(self.now)
                self.now += timedelta(minutes=1)

    def hand_over(self, transport: str) -> None:
        assert self.talk.start is not None
        self.talk = moved(self.talk, start=self.talk.start, place=self.talk.place, at=self.now)
        self.entries[-1] = replace(self.entries[-1], live=False, closed=self.talk.revision)
        self._open(transport)
        self.desire()

    def reassign(self, transport: str) -> None:
        """To the other host, whose mailbox *transport* serves."""
        assert self.talk.start is not None
        other = "cem" if self.talk.manager == "bo" else "bo"
        self.talk = reassigned(self.talk, manager=other, start=self.talk.start, place=self.talk.place, at=self.now)
        self.entries[-1] = replace(self.entries[-1], live=False, closed=self.talk.revision)
        self._open(transport)
        self.desire()

    def _open(self, transport: str) -> None:
        number = len(self.entries) + 1
        self.entries.append(an_entry(transport, number, opened=self.talk.revision, host=self.talk.manager))

    def move(self) -> None:
        assert self.talk.start is not None
        self.talk = moved(self.talk, start=self.talk.start + timedelta(days=1), place=Place(), at=self.now)
        self.desire()

    def cancel(self) -> None:
        self.talk = cancelled(self.talk, why="", at=self.now)
        self.entries[-1] = replace(self.entries[-1], live=False, closed=self.talk.revision)
        self.desire()

    def abstain(self) -> None:
        self.talk = abstained(self.talk, reason="mine alone", at=self.now)
        self.entries[-1] = replace(self.entries[-1], live=False, closed=self.talk.revision)
        self.desire()

    def come_back(self) -> None:
        """Another time for a talk that was off, three weeks from now."""
        self.talk = moved(self.talk, start=self.now + timedelta(days=22), place=Place(), at=self.now)
        self._open(self.entries[-1].transport)
        self.desire()

    def take(self, step: str) -> None:
        """One step of a life, where it can be taken."""
        here = self.entries[-1].transport
        match step:
            case "wait" | "wait long":
                self.until(self.now + timedelta(days=2 if step == "wait" else 6))
            case "come back" if self.talk.is_off:
                self.come_back()
            case "move" if not self.talk.is_off:
                self.move()
            case "abstain" if not self.talk.is_off:
                self.abstain()
            case "reassign" | "reassign elsewhere" if not self.talk.is_off:
                self.reassign(here if step == "reassign" else min(TRANSPORTS - {here}))
            case transport if transport in TRANSPORTS - {here} and not self.talk.is_off:
                self.hand_over(transport)

    @property
    def told(self) -> list[Sent]:
        """Kind, recipient, what the entry's transport is, template; of calendar messages, in the order they went."""
        by_key = {due.key: due for _, due in self.box.rendered}
        found: list[Sent] = []
        for _, row in self.box.sent:
            due = by_key[row.key]
            if due.kind is not Kind.MAIL:
                entry = next((each for each in self.entries if each.number == due.entry), self._at(row.key.version))
                found.append((due.kind, row.key.recipient, entry.transport, due.template))
        return found

    def _at(self, version: int) -> Entry:
        return next(each for each in reversed(self.entries) if each.opened <= version)


def test_by_mail_both_are_invited() -> None:
    life = Life("smtp")
    life.until(INVITED)

    assert life.told == [
        (CREATE, "person:anna", "smtp", "invitation"),
        (CREATE, "person:bo", "smtp", "invitation"),
    ]


def test_in_the_hosts_own_calendar_one_meeting_is_made_and_the_host_gets_no_invitation() -> None:
    life = Life("exchange")
    life.until(INVITED)

    assert life.told == [(CREATE, "person:anna", "exchange", "invitation")]
    [skipped] = [row for row in life.box.rows.values() if row.key.recipient == "person:bo" and row.kind is CREATE]
    assert (skipped.state, skipped.reason) == (OutboxState.SKIPPED, OWN_CALENDAR)


def test_where_the_employee_has_no_mailbox_the_meeting_stands_in_the_hosts_calendar_all_the_same() -> None:
    life = Life("graph", employee=replace(ANNA, email=None))
    life.until(INVITED)

    assert life.told == [(CREATE, "person:bo", "graph", "invitation")]
    [skipped] = [row for row in life.box.rows.values() if row.key.recipient == "person:anna" and row.kind is CREATE]
    assert skipped.reason == NO_MAILBOX


def test_the_hosts_preparation_waits_for_the_one_meeting() -> None:
    messages = talk_messages(ROUND, a_talk(), ANNA, BO, entry=an_entry("graph"))

    assert {(each.key.recipient, each.follows, each.carrier) for each in messages if each.kind is Kind.MAIL} == {
        ("person:anna", "invitation", "person:anna"),
        ("person:bo", "invitation", "person:anna"),
    }


def test_a_change_and_a_cancellation_of_the_hosts_meeting_are_one_order_each() -> None:
    life = Life("exchange")
    life.until(INVITED)
    life.move()
    life.until(at(2027, 2, 20))
    life.cancel()
    life.until(at(2027, 2, 22))

    assert life.told == [
        (CREATE, "person:anna", "exchange", "invitation"),
        (CHANGE, "person:anna", "exchange", "moved"),
        (CANCEL, "person:anna", "exchange", "cancellation"),
    ]


def test_a_takeover_opens_the_new_entry_with_a_text_that_says_so_and_then_ends_the_old_one() -> None:
    life = Life("exchange")
    life.until(INVITED)
    life.hand_over("graph")
    life.until(at(2027, 2, 20))

    assert life.told[1:] == [
        (CREATE, "person:anna", "graph", NEW_ENTRY_TEMPLATE),
        (CANCEL, "person:anna", "exchange", OLD_ENTRY_TEMPLATE),
    ]


def test_from_mail_to_a_calendar_both_are_told_that_the_old_invitation_ends() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.hand_over("graph")
    life.until(at(2027, 2, 20))

    assert life.told[2:] == [
        (CREATE, "person:anna", "graph", NEW_ENTRY_TEMPLATE),
        (CANCEL, "person:anna", "smtp", OLD_ENTRY_TEMPLATE),
        (CANCEL, "person:bo", "smtp", OLD_ENTRY_TEMPLATE),
    ]


def test_from_a_calendar_to_mail_the_host_is_invited_as_well() -> None:
    life = Life("graph")
    life.until(INVITED)
    life.hand_over("smtp")
    life.until(at(2027, 2, 20))

    assert life.told[1:] == [
        (CREATE, "person:anna", "smtp", NEW_ENTRY_TEMPLATE),
        (CREATE, "person:bo", "smtp", NEW_ENTRY_TEMPLATE),
        (CANCEL, "person:anna", "graph", OLD_ENTRY_TEMPLATE),
    ]


def test_by_mail_the_new_host_is_invited_and_the_former_one_told_that_the_talk_is_another_persons() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.reassign("smtp")
    life.until(at(2027, 2, 20))

    assert life.told[2:] == [
        (CREATE, "person:anna", "smtp", NEW_HOST),
        (CREATE, "person:cem", "smtp", NEW_HOST),
        (CANCEL, "person:anna", "smtp", HANDED_OVER),
        (CANCEL, "person:bo", "smtp", HANDED_OVER),
    ]


def test_between_own_calendars_one_meeting_takes_the_place_of_the_other_and_a_mail_tells_either_host_why() -> None:
    life = Life("exchange")
    life.until(INVITED)
    before = len(life.box.sent)
    life.reassign("graph")
    life.until(at(2027, 2, 20))

    assert life.told[1:] == [
        (CREATE, "person:anna", "graph", NEW_HOST),
        (CANCEL, "person:anna", "exchange", HANDED_OVER),
    ]
    mails = [(row.key.step, row.key.recipient) for _, row in life.box.sent[before:] if row.kind is Kind.MAIL]
    assert mails[:2] == [(NEW_HOST, "person:cem"), (HANDED_OVER, "person:bo")]


@pytest.mark.parametrize(("first", "second"), [("smtp", "graph"), ("graph", "smtp"), ("graph", "graph")])
def test_before_anybody_was_invited_another_host_is_only_another_host(first: str, second: str) -> None:
    life = Life(first)
    life.until(at(2027, 2, 5))
    before = len(life.box.sent)
    life.reassign(second)
    life.until(INVITED)

    assert {(kind, template) for kind, _, _, template in life.told} == {(CREATE, "invitation")}
    assert {row.key.step for _, row in life.box.sent[before:]} == {"invitation"}


def test_who_gave_a_talk_away_and_gets_it_back_before_anybody_was_told_hears_of_one_new_invitation() -> None:
    life = Life("smtp")
    life.until(INVITED)
    life.reassign("smtp")
    life.reassign("smtp")
    life.until(at(2027, 2, 20))

    assert {template for _, _, _, template in life.told[2:]} == {NEW_ENTRY_TEMPLATE, OLD_ENTRY_TEMPLATE}
    assert {who for _, who, _, _ in life.told} == {"person:anna", "person:bo"}


def test_the_former_host_hears_nothing_more() -> None:
    life = Life("graph")
    life.until(INVITED)
    life.reassign("graph")
    life.until(at(2027, 2, 20))
    before = len(life.box.sent)
    life.until(at(2027, 5, 1))

    assert {row.key.recipient for _, row in life.box.sent[before:]} == {"person:anna", "person:cem"}


def test_the_end_of_an_entry_goes_where_its_invitation_went_though_the_address_is_another_by_now() -> None:
    known = {(1, "person:anna"): "old@example.com"}
    talk = moved(a_talk(), start=a_talk().start or INVITED, place=Place(), at=INVITED)
    old, new = an_entry("graph", live=False, closed=1), an_entry("graph", 2, opened=1)
    gone = replace(ANNA, email=None)

    messages = talk_messages(ROUND, talk, gone, BO, entry=new, earlier=[old], reached=known)

    [end] = [each for each in messages if each.kind is CANCEL]
    assert (end.key.recipient, end.not_sent) == ("person:anna", None)


@pytest.mark.parametrize("person", [replace(ANNA, left=True), replace(ANNA, ends=date(2027, 3, 10))])
def test_whoever_has_left_gets_nothing_after_their_last_day(person: Person) -> None:
    messages = talk_messages(ROUND, a_talk(), person, BO)

    unsent = {each.key.step for each in messages if each.key.recipient == "person:anna" and each.not_sent == LEFT}
    assert {"follow-up", "check-in"} <= unsent
    assert ("invitation" in unsent) == person.left


def test_before_anybody_was_invited_a_takeover_is_only_another_way_of_inviting() -> None:
    life = Life("smtp")
    life.until(at(2027, 2, 5))
    life.hand_over("exchange")
    life.until(INVITED)

    assert life.told == [(CREATE, "person:anna", "exchange", "invitation")]


def test_the_old_entry_stays_while_the_new_one_is_not_in_place() -> None:
    life = Life("exchange")
    life.until(INVITED)
    life.hand_over("graph")
    key = next(due.key for due in life.box.desired if due.kind is CREATE and due.key.recipient == "person:anna")
    life.box.tick(life.now)
    life.box.rows[key] = replace(life.box.rows[key], state=OutboxState.HELD)
    life.until(at(2027, 3, 1))

    assert [what for what in life.told if what[0] is CANCEL] == []


def test_a_change_of_what_only_may_be_in_a_calendar_creates_it_after_a_look() -> None:
    """The worker died with the creation in hand, and nobody knows whether the server got it."""
    life = Life("graph")
    life.until(INVITED)
    [(key, row)] = [
        each for each in life.box.rows.items() if each[0].recipient == "person:anna" and each[1].kind is CREATE
    ]
    life.box.rows[key] = replace(row, state=OutboxState.UNKNOWN, uncertain=True)
    life.move()
    life.until(at(2027, 2, 20))

    [again] = [due for _, due in life.box.rendered if due.kind is not Kind.MAIL and due.key.version == 1]
    assert (again.kind, again.looks_first, again.due_at) == (CREATE, True, life.talk.changed_at)


def test_by_mail_a_change_of_what_only_may_have_arrived_is_a_change() -> None:
    life = Life("smtp")
    life.until(INVITED)
    for key, row in list(life.box.rows.items()):
        if row.kind is CREATE:
            life.box.rows[key] = replace(row, state=OutboxState.UNKNOWN, uncertain=True)
    life.move()
    life.until(at(2027, 2, 20))

    again = [due for _, due in life.box.rendered if due.kind is not Kind.MAIL and due.key.version == 1]
    assert {(due.kind, due.looks_first) for due in again} == {(CHANGE, False)}


def test_a_talk_called_off_amid_a_takeover_leaves_no_entry_behind() -> None:
    life = Life("exchange")
    life.until(INVITED)
    life.hand_over("graph")
    life.cancel()
    life.until(at(2027, 2, 20))

    assert life.told[1:] == [(CANCEL, "person:anna", "exchange", CANCELLATION)]


@pytest.mark.parametrize("transport", ["smtp", "exchange"])
def test_who_abstains_has_the_entry_taken_out_is_told_once_that_it_is_noted_and_hears_no_more(transport: str) -> None:
    life = Life(transport)
    life.until(INVITED)
    before = len(life.box.sent)
    life.abstain()
    life.until(at(2027, 5, 1))

    carriers = ["person:anna", "person:bo"] if transport == "smtp" else ["person:anna"]
    sent = [(row.key.step, row.key.recipient) for _, row in life.box.sent[before:]]
    assert sorted(sent) == sorted([(CANCELLATION, who) for who in carriers] + [(OPTED_OUT, "person:anna")])


def test_who_abstains_before_the_invitation_has_nothing_to_take_out() -> None:
    life = Life("smtp")
    life.until(at(2027, 2, 5))
    before = len(life.box.sent)
    life.abstain()
    life.until(at(2027, 5, 1))

    assert [(row.key.step, row.key.recipient) for _, row in life.box.sent[before:]] == [(OPTED_OUT, "person:anna")]


def test_who_abstains_and_leaves_before_it_was_noted_is_not_told() -> None:
    talk = abstained(a_talk(), reason="", at=at(2027, 2, 2))

    [noted] = [m for m in talk_messages(ROUND, talk, replace(ANNA, left=True), BO) if m.key.step == OPTED_OUT]
    assert noted.not_sent == LEFT


def test_who_has_no_time_yet_can_abstain() -> None:
    talk = abstained(a_talk(start=None, state=TalkState.UNPLACED), reason="", at=at(2027, 2, 2))

    assert [each.template for each in talk_messages(ROUND, talk, ANNA, BO)] == [OPTED_OUT]


@pytest.mark.parametrize("transport", ["smtp", "graph"])
def test_what_comes_back_is_invited_to_as_if_for_the_first_time_under_another_uid(transport: str) -> None:
    life = Life(transport)
    life.until(INVITED)
    life.abstain()
    life.until(at(2027, 2, 20))
    told = len(life.told)
    life.come_back()
    life.until(at(2027, 3, 1))

    assert {(kind, template) for kind, _, _, template in life.told[told:]} == {(CREATE, "invitation")}
    assert len({each.uid for each in life.entries}) == 2


MOVES = st.lists(
    st.sampled_from(
        [
            "smtp",
            "exchange",
            "graph",
            "move",
            "wait",
            "wait long",
            "abstain",
            "come back",
            "reassign",
            "reassign elsewhere",
        ]
    ),
    min_size=1,
    max_size=8,
)


@given(first=st.sampled_from(["smtp", "exchange", "graph"]), steps=MOVES, ends=st.sampled_from(["called off", "held"]))
def test_whatever_takes_over_and_moves_each_entry_ends_once_and_one_is_left(
    first: str, steps: Sequence[str], ends: str
) -> None:
    life = Life(first)
    for step in steps:
        life.take(step)
    if ends == "called off" and not life.talk.is_off and life.talk.start is not None and life.now < life.talk.start:
        life.cancel()
    life.until(life.now + timedelta(days=1))
    opened = {(row.key.recipient, _entry_number(life, row.key.version)) for _, row in life.box.sent if row.kind is CREATE}
    ended = [(kind, who, where) for kind, who, where, _ in life.told if kind is CANCEL]
    live = life.entries[-1].number if life.talk.state is TalkState.PLACED else 0

    assert _nobody_is_left_without(life)
    assert len(ended) == len({(who, number) for who, number in opened if number != live})
    assert len(opened) == len([row for _, row in life.box.sent if row.kind is CREATE]), "an entry was opened twice"


def _nobody_is_left_without(life: Life) -> bool:
    """Whether each entry that another took over from ended after that one was opened."""
    by_key = {due.key: due for _, due in life.box.rendered}
    sent = [row.key for _, row in life.box.sent]
    handed = [at for at, key in enumerate(sent) if by_key[key].replaced_at is not None]
    return all(
        any(key.step == "invitation" and key.version >= (by_key[sent[at]].replaced_at or 0) for key in sent[:at])
        for at in handed
    )


def _entry_number(life: Life, version: int) -> int:
    return next(each.number for each in reversed(life.entries) if each.opened <= version)


@given(first=st.sampled_from(["smtp", "exchange", "graph"]), steps=MOVES)
def test_nobody_who_neither_has_the_talk_nor_had_it_is_told_and_a_hosts_note_comes_once(
    first: str, steps: Sequence[str]
) -> None:
    life = Life(first)
    for step in steps:
        life.take(step)
    life.until(life.now + timedelta(days=1))
    notes = [row.key for _, row in life.box.sent if row.key.step in {NEW_HOST, HANDED_OVER}]
    hosts = {f"person:{each.host}" for each in life.entries}

    assert {key.recipient for key in notes} <= hosts
    assert len(notes) == len(set(notes))
    assert {row.key.recipient for _, row in life.box.sent} <= {"person:anna", *hosts}
