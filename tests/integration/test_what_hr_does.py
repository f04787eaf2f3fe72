"""Plan, approve, pilot, move, cancel: what HR does, on a real database, with the texts people get."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import structlog

from talkcycle.bootstrap import read_inputs, settings_of, store_of
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import TalkState
from talkcycle.rounds.approve import Approval, approve, prepare_approval
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.plan import Inputs, make_draft
from talkcycle.rounds.texts import TextShelf
from talkcycle.rounds.timeline import timeline

NOW = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
"""A Monday, 10:00 in Stockholm."""
CYCLE = """window: {first: 2027-03-08, last: 2027-03-26}
roster: roster.csv
organisation: Norrsken
hr: {name: HR, email: hr@norrsken.example}
"""
ROSTER = """id,name,email,manager,site
1,Karin Norling,karin@norrsken.example,,Stockholm
2,Johan Ek,johan@norrsken.example,1,Stockholm
3,Åsa Berg,asa@norrsken.example,2,Stockholm
4,Elin Dahl,elin@norrsken.example,2,London
5,Stig Rosén,,2,Stockholm
"""


class Office:
    """A small organisation with a database, a clock and a service without a mail server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cycle.yaml").write_text(CYCLE)
        (folder / "roster.csv").write_text(ROSTER)
        (folder / "service.yaml").write_text("smtp: {host: localhost}\nsender: samtal@norrsken.example\n")
        self.settings = settings_of(folder, {})
        self.store = store_of(self.settings)
        self.clock = VirtualClock(NOW)

    @property
    def inputs(self) -> Inputs:
        return read_inputs(self.folder / "cycle.yaml", self.settings, today=NOW.date())

    def plan(self) -> str:
        return make_draft(self.store, self.inputs, now=self.clock.at).hash

    def prepare(self, plan: str, **options: Any) -> Approval:
        defaults: dict[str, Any] = {"only": None, "who": "hr", "routing": self.settings.routing, "seed": "seed"}
        return prepare_approval(self.store, self.inputs, plan=plan, now=self.clock.at, **(defaults | options))

    def approve(self, **options: Any) -> str:
        approval = self.prepare(self.plan(), **options)
        approve(self.store, self.inputs, approval, who="hr", now=self.clock.at)
        return approval.round.id

    def tick(self, at: datetime) -> None:
        """Let the service run until *at* without ever having been away for a day, everything due taken by a server."""
        ticker = Ticker(
            store=self.store,
            shelf=TextShelf(self.store),
            clock=self.clock,
            policy=self.settings.retry,
            routing=self.settings.routing,
            mark=self.settings.data / "mark",
            log=structlog.get_logger(),
        )
        while True:
            ticker.tick()
            with self.store.write() as session:
                batch = session.outbox.claim(owner="test", transport="smtp", now=self.clock.at, limit=1000)
                for message in batch:
                    assert session.outbox.record_sent(message.id, owner="test", reply="250 OK", now=self.clock.at)
            if self.clock.at >= at:
                return
            self.clock.at = min(at, self.clock.at + timedelta(hours=12))

    def rows(self, **wanted: Any) -> list[Any]:
        with self.store.read() as session:
            return session.outbox.find(OutboxFilter(**wanted))

    def mail(self, id_: int) -> EmailMessage:
        with self.store.read() as session:
            payload = session.outbox.payload(id_)
        assert payload is not None
        mail = message_from_bytes(payload, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail

    def event(self, id_: int) -> tuple[str, Any]:
        """METHOD and the event of the calendar part."""
        part = next(part for part in self.mail(id_).walk() if part.get_content_type() == "text/calendar")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        calendar = icalendar.Calendar.from_ical(payload)
        return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office")
    yield office
    office.store.close()


def test_a_plan_alone_sends_nothing_ever(office: Office) -> None:
    office.plan()
    office.tick(NOW + timedelta(days=2))

    assert office.rows() == []


def test_approval_names_the_plan_it_approves(office: Office) -> None:
    first = office.plan()
    (office.folder / "cycle.yaml").write_text(CYCLE.replace("2027-03-26", "2027-04-02"))
    second = office.plan()

    with pytest.raises(Refused, match="newest plan"):
        office.prepare(first)
    with pytest.raises(Refused, match="newest plan"):
        office.prepare(second[:5])
    assert office.prepare(second[:12]).placed == 4


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("cycle.yaml", "Norrsken", "Norrsken AB", "The cycle file changed"),
        ("roster.csv", "Johan Ek,", "Johan Eklund,", "The roster changed"),
    ],
)
def test_files_that_changed_after_the_plan_stop_its_approval(
    office: Office, file: str, old: str, new: str, what: str
) -> None:
    plan = office.plan()
    path = office.folder / file
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(Refused, match=what):
        office.prepare(plan)


def test_a_plan_may_be_approved_until_the_day_it_says_and_not_when_the_notice_would_break(office: Office) -> None:
    plan = make_draft(office.store, office.inputs, now=datetime(2027, 2, 15, 9, 0, tzinfo=UTC))

    office.clock.at = datetime(2027, 2, 20, 22, 0, tzinfo=UTC)
    assert plan.approve_by == office.clock.at.date()
    assert office.prepare(plan.hash).placed == len(plan.talks)
    office.clock.at += timedelta(days=7)
    with pytest.raises(Refused, match="less than 14 days ahead"):
        office.prepare(plan.hash)


def test_an_empty_selection_is_nobody(office: Office) -> None:
    with pytest.raises(Refused, match="Nobody is chosen"):
        office.prepare(office.plan(), only=frozenset({"Malmö"}))
    with pytest.raises(Refused, match="Nobody is chosen"):
        office.prepare(office.plan(), only=frozenset())


def test_a_pilot_runs_first_and_the_rest_joins_without_touching_it(office: Office) -> None:
    round_ = office.approve(only=frozenset({"London"}))
    with office.store.read() as session:
        pilot = session.talks.of_round(round_)
    assert [talk.id for talk in pilot] == ["4"]
    office.tick(NOW + timedelta(days=1))

    office.approve()
    office.tick(NOW + timedelta(days=2))

    with office.store.read() as session:
        talks = {talk.id: talk for talk in session.talks.of_round(round_)}
    assert talks["4"] == pilot[0]
    assert sorted(talks) == ["2", "3", "4", "5"]
    announced = [row.key.recipient for row in office.rows(step="announcement") if row.state is OutboxState.SENT]
    assert sorted(announced) == ["person:1", "person:2", "person:3", "person:4"]
    with pytest.raises(Refused, match="Nobody is chosen"):
        office.approve()


def test_after_a_pilot_hr_may_still_change_rooms_and_wishes_for_the_rest(office: Office) -> None:
    round_ = office.approve(only=frozenset({"London"}))
    with office.store.read() as session:
        pilot = session.talks.of_round(round_)
    (office.folder / "cycle.yaml").write_text(
        CYCLE
        + """rooms: {Stockholm: [{name: Vättern, seats: 2}], London: [{name: Ravenscourt, seats: 4}]}
wishes:
  pin: [{employee: "3", at: 2027-03-18 16:30, room: Vättern}, {employee: "4", at: 2027-03-19 10:00}]
  exclude: [{employee: "5", manager: "2", reason: they talked in January}]
"""
    )
    office.approve()

    with office.store.read() as session:
        talks = {talk.id: talk for talk in session.talks.of_round(round_)}
    assert sorted(talks) == ["2", "3", "4"]
    assert talks["4"] == pilot[0]
    assert talks["3"].start == datetime(2027, 3, 18, 15, 30, tzinfo=UTC)
    assert talks["3"].place == talks["2"].place == Place(kind=PlaceKind.NAMED, name="Vättern")
    office.tick(NOW + timedelta(days=45))
    invitation = next(row for row in office.rows(step="invitation") if row.key.subject == "talk:3")
    _, event = office.event(invitation.id)
    assert event["LOCATION"] == "Vättern"

    (office.folder / "cycle.yaml").write_text(CYCLE + "talk: {minutes: 90}\n")
    with pytest.raises(Refused, match="Rooms, rules of planning and wishes may change"):
        office.plan()


def test_a_pin_over_a_talk_that_is_under_way_is_refused(office: Office) -> None:
    round_ = office.approve(only=frozenset({"London"}))
    with office.store.read() as session:
        pilot = session.talks.of_round(round_)[0]
    assert pilot.start is not None
    at = pilot.start.astimezone(ZoneInfo("Europe/Stockholm"))
    wish = f'wishes: {{pin: [{{employee: "3", at: {at:%Y-%m-%d %H:%M}}}]}}\n'
    (office.folder / "cycle.yaml").write_text(CYCLE + wish)

    with pytest.raises(Refused, match="The talks of 3 and 4 are both fixed and overlap"):
        office.plan()


@pytest.mark.parametrize(
    ("at", "now", "said"),
    [
        pytest.param(
            "2027-03-08 10:00",
            datetime(2027, 2, 22, 9, 0, tzinfo=UTC),
            "The talk of 3 is pinned to 2027-03-08; with the notice of 14 days the first day for a talk is 2027-03-15. "
            "Pin it to that day or a later one, or let the plan be approved in fewer than 5 days (`approval`).",
            id="inside the notice",
        ),
        pytest.param(
            "2027-03-10 10:00",
            datetime(2027, 6, 1, 9, 0, tzinfo=UTC),
            "The talk of 3 is pinned to 2027-03-10; the window of this round is 2028-03-08 to 2028-03-26. "
            "Change the wish under `wishes: pin`, or take it away.",
            id="of the round before",
        ),
    ],
)
def test_a_pin_this_round_cannot_keep_stops_the_plan(office: Office, at: str, now: datetime, said: str) -> None:
    wish = f'repeat: every year\nwishes: {{pin: [{{employee: "3", at: {at}}}]}}\n'
    (office.folder / "cycle.yaml").write_text(CYCLE + wish)
    office.clock.at = now

    with pytest.raises(Refused) as raised:
        office.plan()
    assert str(raised.value) == said


def test_a_roster_that_shrank_stops_the_next_round_until_hr_confirms(office: Office) -> None:
    office.approve()
    (office.folder / "cycle.yaml").write_text(CYCLE.replace("2027-03", "2027-05"))
    (office.folder / "roster.csv").write_text("\n".join(ROSTER.splitlines()[:3]) + "\n")
    plan = office.plan()

    with pytest.raises(Refused, match="--confirm-roster"):
        office.prepare(plan)
    assert office.prepare(plan, confirm_roster=True).placed == 1


def test_a_moved_talk_keeps_its_uid_and_both_get_the_new_time_once(office: Office) -> None:
    round_ = office.approve()
    with office.store.read() as session:
        talk = session.talks.of_round(round_, ["3"])[0]
    assert talk.start is not None
    office.tick(talk.start - timedelta(days=10))
    later = talk.start + timedelta(days=1, hours=2)

    move_talk(
        office.store,
        round_,
        "3",
        start=later,
        place=None,
        who="hr",
        routing=office.settings.routing,
        now=office.clock.at,
        short_notice=True,
    )
    office.tick(office.clock.at + timedelta(minutes=5))
    office.tick(office.clock.at + timedelta(days=1))

    sent = [row for row in office.rows(subject="talk:3", step="invitation") if row.state is OutboxState.SENT]
    assert sorted((row.key.recipient, row.kind, row.key.version) for row in sent) == [
        ("person:2", Kind.MEETING_CHANGE, 1),
        ("person:2", Kind.MEETING_CREATE, 0),
        ("person:3", Kind.MEETING_CHANGE, 1),
        ("person:3", Kind.MEETING_CREATE, 0),
    ]
    events = {(row.key.recipient, row.key.version): office.event(row.id) for row in sent}
    assert {str(event["UID"]) for _, event in events.values()} == {str(events["person:3", 0][1]["UID"])}
    assert {int(event["SEQUENCE"]) for (_, version), (_, event) in events.items() if version} == {1}
    assert {method for method, _ in events.values()} == {"REQUEST"}
    assert events["person:3", 1][1].decoded("DTSTART") == later


def test_a_cancelled_talk_leaves_both_calendars_and_nothing_more_is_sent_about_it(office: Office) -> None:
    round_ = office.approve()
    with office.store.read() as session:
        talk = session.talks.of_round(round_, ["3"])[0]
    assert talk.start is not None
    office.tick(talk.start - timedelta(days=12))
    before = {row.id for row in office.rows(subject="talk:3")}

    cancel_talk(office.store, round_, "3", why="secret reason", who="hr", now=office.clock.at)
    office.tick(talk.start + timedelta(days=40))

    after = [row for row in office.rows(subject="talk:3") if row.id not in before]
    assert sorted((row.key.step, row.key.recipient, row.state) for row in after) == [
        ("cancellation", "person:2", OutboxState.SENT),
        ("cancellation", "person:3", OutboxState.SENT),
    ]
    method, event = office.event(after[0].id)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)
    assert "secret reason" not in office.mail(after[0].id).as_string()
    with pytest.raises(Refused, match="off already"):
        cancel_talk(office.store, round_, "3", why="", who="hr", now=office.clock.at)


def test_moves_that_would_hurt_somebody_are_refused(office: Office) -> None:
    round_ = office.approve()
    with office.store.read() as session:
        talks = {talk.id: talk for talk in session.talks.of_round(round_)}
    taken = talks["4"].start
    assert taken is not None

    def move(start: datetime) -> None:
        move_talk(office.store, round_, "3", start=start, place=None, who="hr", routing=office.settings.routing, now=NOW)

    with pytest.raises(Refused, match="has passed"):
        move(NOW - timedelta(days=1))
    with pytest.raises(Refused, match="another talk"):
        move(taken + timedelta(minutes=75))
    with pytest.raises(Refused, match="less than the notice"):
        move(NOW + timedelta(days=3))
    with office.store.read() as session:
        assert session.talks.of_round(round_, ["3"]) == [talks["3"]]


def test_a_timeline_shows_what_was_and_will_be_with_reasons(office: Office) -> None:
    round_ = office.approve()
    office.tick(NOW + timedelta(days=1))
    lines = timeline(office.store, "asa@norrsken.example", now=office.clock.at).lines

    assert [(line.step, line.state) for line in lines] == [
        ("announcement", "sent"),
        ("invitation", "planned"),
        ("preparation-employee", "planned"),
        ("reminder", "planned"),
        ("follow-up", "planned"),
        ("check-in", "planned"),
    ]
    assert {line.round for line in lines} == {round_}
    office.tick(lines[-1].at + timedelta(hours=1))
    done = timeline(office.store, "3", now=office.clock.at).lines
    assert [(line.step, line.state) for line in done] == [(line.step, "sent") for line in lines]
    with pytest.raises(Refused, match="Nobody"):
        timeline(office.store, "99", now=NOW)


def test_who_has_no_mailbox_gets_nothing_and_their_manager_is_asked_to_print(office: Office) -> None:
    round_ = office.approve()
    with office.store.read() as session:
        talk = session.talks.of_round(round_, ["5"])[0]
    assert talk.start is not None
    assert talk.state is TalkState.PLACED
    office.tick(talk.start)

    assert {row.state for row in office.rows(recipient="person:5")} == {OutboxState.SKIPPED}
    (invitation,) = [row for row in office.rows(recipient="person:2", subject="talk:5") if row.key.step == "invitation"]
    body = office.mail(invitation.id).get_body(("plain",))
    assert body is not None
    assert "har ingen mejladress" in body.get_content()
    _, event = office.event(invitation.id)
    assert "karin" not in str(event["ATTENDEE"]).lower()
    assert str(event["ATTENDEE"]) == "mailto:johan@norrsken.example"
