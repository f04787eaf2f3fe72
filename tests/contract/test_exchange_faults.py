"""Whatever breaks between us and Exchange: after the same parcel has gone again, there is one of everything."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from harness.contract import Cast
from harness.exchange_faulty import FaultyExchange, exchange_with_faults
from harness.graph_faulty import PAUSE, Time, Tried, a_mail, hand_over
from harness.meeting import AGENDA, Meeting
from harness.seen import SeenFile, What
from servers.ews_faults import Fault, busy, cut_after, cut_before, http_error, refusing, slow
from servers.ews_limits import EwsLimits
from servers.ews_soap import Call
from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.domain.mailboxes import Answer, MailboxTimes, Untold
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import ExchangeLogin

CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
SMALL = SeenFile(name="Underlag.txt", data=b"Ett par rader.")
_numbers = count(1)

FAULTS: dict[str, Callable[..., Fault]] = {
    "cut before": cut_before,
    "cut after": cut_after,
    "429": lambda operation, **more: http_error(429, operation, **more),
    "429 with a delay": lambda operation, **more: http_error(429, operation, retry_after="30", **more),
    "503": lambda operation, **more: http_error(503, operation, **more),
    "503 with a delay": lambda operation, **more: http_error(
        503, operation, retry_after="Fri, 12 Feb 2027 09:00:00 GMT", **more
    ),
    "500": lambda operation, **more: http_error(500, operation, **more),
    "502": lambda operation, **more: http_error(502, operation, **more),
    "504": lambda operation, **more: http_error(504, operation, **more),
    "busy": busy,
    "busy with a delay": lambda operation, **more: busy(operation, back_off=45_000, **more),
    "busy in the message": lambda operation, **more: busy(operation, as_message=True, **more),
    "busy in the message with a delay": lambda operation, **more: busy(
        operation, back_off=45_000, as_message=True, **more
    ),
    "too many open": lambda operation, **more: refusing("ErrorTooManyObjectsOpened", operation, **more),
    "store unavailable": lambda operation, **more: refusing("ErrorMailboxStoreUnavailable", operation, **more),
    "being moved": lambda operation, **more: refusing("ErrorMailboxMoveInProgress", operation, **more),
    "timeout expired": lambda operation, **more: refusing("ErrorTimeoutExpired", operation, **more),
    "internal error": lambda operation, **more: refusing("ErrorInternalServerError", operation, **more),
}
VISIBLE_AND_UNKNOWN = {
    *("cut before", "cut after", "503", "503 with a delay", "500", "502", "504"),
    *("timeout expired", "internal error"),
}
"""Nobody can tell from outside whether what others would see has been done."""


@pytest.fixture(scope="module")
def exchange() -> Iterator[FaultyExchange]:
    with exchange_with_faults() as made:
        yield made


@pytest.fixture
def cast(exchange: FaultyExchange) -> Cast:
    exchange.restart()
    return exchange.new_cast()


def a_meeting(cast: Cast, **fields: Any) -> Meeting:
    defaults: dict[str, Any] = {"manager": cast.manager, "employee": cast.employee, "start": START}
    return Meeting(uid=f"{next(_numbers)}-faulty@talkcycle.example", **(defaults | fields))


def order(exchange: FaultyExchange, meeting: Meeting, action: Kind) -> Parcel:
    return exchange.order(meeting, action)[0]


def told(exchange: FaultyExchange, address: str) -> list[What]:
    return [notice.what for notice in exchange.told(address)]


def kinds(failures: list[DeliveryError]) -> list[type[DeliveryError]]:
    """Without what the transport itself makes finer."""
    known = (UnknownDeliveryError, PermanentDeliveryError, TransientDeliveryError)
    return [next(kind for kind in known if isinstance(failure, kind)) for failure in failures]


def settled(tried: Tried, fault: str, *, visible: bool) -> bool:
    """Whether it ended well after the one failure that *fault* amounts to."""
    expected = UnknownDeliveryError if visible and fault in VISIBLE_AND_UNKNOWN else TransientDeliveryError
    return kinds(tried.failures) == [expected] and tried.receipt is not None


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["CreateItem", "CreateAttachment", "UpdateItem"])
def test_a_creation_that_breaks_anywhere_ends_as_one_meeting_told_once_with_all_its_files(
    exchange: FaultyExchange, cast: Cast, step: str, fault: str
) -> None:
    exchange.server.faults.add(FAULTS[fault](step))

    tried = exchange.settle(order(exchange, a_meeting(cast, files=(AGENDA, SMALL), room=cast.rooms[0]), CREATE))

    assert settled(tried, fault, visible=step == "UpdateItem")
    (entry,) = exchange.calendar_of(cast.manager.address)
    assert entry.files == (AGENDA, SMALL)
    for guest in (cast.employee.address, cast.rooms[0].address):
        assert len(exchange.calendar_of(guest)) == 1
        assert [(each.what, each.files) for each in exchange.told(guest)] == [
            (What.INVITATION, (AGENDA.name, SMALL.name))
        ]
    assert tried.receipt is not None
    assert tried.receipt.remote_id == entry.id


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["CreateItem", "SendItem"])
def test_a_mail_that_breaks_anywhere_arrives_once_with_its_file(
    exchange: FaultyExchange, cast: Cast, step: str, fault: str
) -> None:
    exchange.server.faults.add(FAULTS[fault](step))

    tried = exchange.settle(a_mail(cast.employee, SMALL))

    assert settled(tried, fault, visible=step == "SendItem")
    (arrived,) = exchange.inbox(cast.employee.address)
    assert arrived.files == (SMALL,)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["FindItem", "GetItem", "UpdateItem"])
def test_a_change_that_breaks_anywhere_is_told_once(exchange: FaultyExchange, cast: Cast, step: str, fault: str) -> None:
    meeting = a_meeting(cast)
    exchange.settle(order(exchange, meeting, CREATE))
    exchange.server.faults.add(FAULTS[fault](step))

    tried = exchange.settle(order(exchange, meeting.moved(DAY), CHANGE))

    assert settled(tried, fault, visible=step == "UpdateItem")
    assert [entry.start for entry in exchange.calendar_of(cast.employee.address)] == [START + DAY]
    assert told(exchange, cast.employee.address) == [What.INVITATION, What.UPDATE]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["FindItem", "GetItem", "CreateItem"])
def test_a_cancellation_that_breaks_anywhere_is_told_once(
    exchange: FaultyExchange, cast: Cast, step: str, fault: str
) -> None:
    meeting = a_meeting(cast)
    exchange.settle(order(exchange, meeting, CREATE))
    exchange.server.faults.add(FAULTS[fault](step))

    tried = exchange.settle(order(exchange, meeting.with_text("Samtalet ställs in."), CANCEL))

    assert settled(tried, fault, visible=step == "CreateItem")
    assert exchange.calendar_of(cast.employee.address) == exchange.calendar_of(cast.manager.address) == ()
    assert told(exchange, cast.employee.address) == [What.INVITATION, What.CANCELLATION]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_entry_that_takes_anothers_place_does_so_once(exchange: FaultyExchange, cast: Cast, fault: str) -> None:
    earlier = a_meeting(cast)
    exchange.settle(order(exchange, earlier, CREATE))
    exchange.server.faults.add(FAULTS[fault]("UpdateItem"))

    tried = exchange.settle(order(exchange, a_meeting(cast, replaces=earlier.uid, start=START + DAY), CREATE))

    assert settled(tried, fault, visible=True)
    (entry,) = exchange.calendar_of(cast.manager.address)
    assert (entry.start, entry.files) == (START + DAY, (AGENDA,))
    assert told(exchange, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_everything_breaking_one_after_the_other_still_ends_as_one_meeting(exchange: FaultyExchange, cast: Cast) -> None:
    steps = ["CreateItem", "FindItem", "GetItem", "CreateAttachment", "CreateAttachment", "UpdateItem"]
    exchange.server.faults.add(*(cut_after(step) for step in steps))

    tried = exchange.settle(order(exchange, a_meeting(cast, files=(AGENDA, SMALL)), CREATE), most=9)

    assert len(tried.failures) == len(steps)
    (entry,) = exchange.calendar_of(cast.manager.address)
    assert entry.files == (AGENDA, SMALL)
    assert told(exchange, cast.employee.address) == [What.INVITATION]


def test_a_process_that_dies_at_any_step_leaves_what_the_next_one_ends(exchange: FaultyExchange, cast: Cast) -> None:
    for step in ("CreateItem", "CreateAttachment", "UpdateItem"):
        meeting = a_meeting(cast, start=START + len(step) * HOUR)
        exchange.server.faults.add(cut_after(step))
        exchange.settle(order(exchange, meeting, CREATE), most=1)
        exchange.restart()

        with exchange.roles.sending.connect() as line:
            hand_over(line, replace(order(exchange, meeting, CREATE), tried=True))

    assert len(exchange.calendar_of(cast.manager.address)) == 3
    assert told(exchange, cast.employee.address) == [What.INVITATION] * 3


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (http_error(429, retry_after="137"), timedelta(seconds=137)),
        (http_error(429), None),
        (busy(back_off=137_500), timedelta(seconds=137.5)),
        (busy(back_off=137_500, as_message=True), timedelta(seconds=137.5)),
        (busy(), None),
    ],
)
def test_a_delay_that_the_server_asks_for_is_passed_on_and_concerns_that_mailbox_alone(
    exchange: FaultyExchange, cast: Cast, fault: Fault, pause: timedelta | None
) -> None:
    exchange.server.faults.add(fault)

    (failure,) = exchange.settle(order(exchange, a_meeting(cast), CREATE)).failures

    assert isinstance(failure, TransientDeliveryError)
    assert (failure.retry_after, failure.mailbox_wide, failure.connection_wide) == (pause, True, False)


def test_a_request_without_an_answer_is_given_up_after_the_timeout() -> None:
    with exchange_with_faults(timeout=timedelta(seconds=0.5)) as server:
        people = server.new_cast()
        server.server.faults.add(slow(60, "CreateItem"), slow(60, "UpdateItem"))

        tried = server.settle(order(server, a_meeting(people), CREATE))

        assert kinds(tried.failures) == [TransientDeliveryError, UnknownDeliveryError]
        assert len(server.calendar_of(people.manager.address)) == 1
        assert told(server, people.employee.address) == [What.INVITATION]


def test_what_nobody_foresaw_ends_with_somebody_who_looks_and_not_with_two_invitations(
    exchange: FaultyExchange, cast: Cast
) -> None:
    exchange.server.faults.add(refusing("ErrorCalendarOutOfRange", "UpdateItem", times=9))

    tried = exchange.settle(order(exchange, a_meeting(cast), CREATE), most=3)

    exchange.server.faults.waiting.clear()
    assert kinds(tried.failures) == [UnknownDeliveryError] * 3
    assert told(exchange, cast.employee.address) == []


def test_a_right_that_is_missing_concerns_that_mailbox_and_says_how_to_mend_it(
    exchange: FaultyExchange, cast: Cast
) -> None:
    exchange.server.settings.scope = frozenset({exchange.sender})
    try:
        (failure,) = exchange.settle(order(exchange, a_meeting(cast), CREATE), most=1).failures
    finally:
        exchange.server.settings.scope = None

    assert isinstance(failure, TransientDeliveryError)
    assert failure.mailbox_wide
    assert failure.retry_after is not None
    assert failure.retry_after >= HOUR
    assert "New-ManagementRoleAssignment" in str(failure)
    assert cast.manager.address not in str(failure)


def test_a_mailbox_that_left_is_said_so_for_good_without_a_name(exchange: FaultyExchange, cast: Cast) -> None:
    (failure,) = exchange.settle(order(exchange, a_meeting(cast, manager=cast.elsewhere), CREATE)).failures

    assert isinstance(failure, PermanentDeliveryError)
    assert cast.elsewhere.address not in str(failure)


class TestLogin:
    """A refusal is not repeated: whoever repeats it is locked out."""

    @pytest.mark.parametrize("login", [ExchangeLogin.BASIC, ExchangeLogin.NTLM])
    @pytest.mark.parametrize("connections", [1, 4])
    def test_a_wrong_password_is_tried_once_for_all_threads_and_roles(
        self, login: ExchangeLogin, connections: int
    ) -> None:
        with exchange_with_faults(login=login, connections=connections) as exchange:
            people = exchange.new_cast()
            exchange.server.gate.password = "another~one"
            with ThreadPoolExecutor(4) as threads:
                mails = [a_mail(people.employee) for _ in range(4)]
                failures = [failure for tried in threads.map(_once(exchange), mails) for failure in tried.failures]
            assert exchange.roles.free_busy is not None
            times = exchange.roles.free_busy.busy_times([people.manager.address], (START, START + HOUR))

            assert kinds(failures) == [TransientDeliveryError] * 4
            assert all(isinstance(each, TransientDeliveryError) and each.connection_wide for each in failures)
            assert all(isinstance(each, TransientDeliveryError) and each.retry_after for each in failures)
            assert isinstance(times[people.manager.address], Untold)
            assert [each.granted for each in exchange.server.logins] == [False]
            shown = [str(failure) for failure in failures]
            assert not [each for each in shown if str(exchange.settings.secret) in each]

    def test_a_password_that_is_changed_in_the_middle_stops_at_the_next_request(
        self, exchange: FaultyExchange, cast: Cast
    ) -> None:
        right = exchange.server.gate.password
        exchange.settle(a_mail(cast.employee))
        before = len(exchange.server.logins)
        exchange.server.gate.password = "another~one"
        try:
            mail, meeting = a_mail(cast.employee), order(exchange, a_meeting(cast), CREATE)
            failures = [*exchange.settle(mail, most=1).failures]
            exchange.time.passes(-PAUSE)  # as settle() has let pass
            failures += exchange.settle(meeting, most=1).failures
        finally:
            exchange.server.gate.password = right

        assert all(isinstance(each, TransientDeliveryError) and each.connection_wide for each in failures)
        assert [each.granted for each in exchange.server.logins[before:]] == [False]

    def test_after_its_pause_a_mended_password_is_tried_again(self, exchange: FaultyExchange, cast: Cast) -> None:
        right, exchange.server.gate.password = exchange.server.gate.password, "another~one"
        mail = a_mail(cast.employee)
        (failure,) = exchange.settle(mail, most=1).failures
        exchange.server.gate.password = right

        tried = exchange.settle(mail)

        assert isinstance(failure, TransientDeliveryError)
        assert failure.retry_after is not None
        assert failure.retry_after >= QUARTER
        assert tried.failures == []
        assert len(exchange.inbox(cast.employee.address)) == 1

    def test_a_token_is_renewed_before_it_ends(self) -> None:
        with exchange_with_faults(login=ExchangeLogin.OAUTH) as exchange:
            exchange.server.gate.token_lifetime = timedelta(minutes=10)
            people = exchange.new_cast()
            with exchange.roles.sending.connect() as line:
                for _ in range(4):
                    hand_over(line, a_mail(people.employee))
                    exchange.time.passes(timedelta(minutes=4))

            assert len(exchange.inbox(people.employee.address)) == 4
            assert exchange.logins("client_credentials") == 2
            assert [each for each in exchange.server.logins if not each.granted] == []

    def test_a_token_that_the_server_thinks_ended_is_replaced_by_the_next_try(self) -> None:
        with exchange_with_faults(login=ExchangeLogin.OAUTH) as exchange:
            exchange.restart(Time())  # our clock stands still
            people = exchange.new_cast()
            exchange.settle(a_mail(people.employee))
            exchange.time.passes(DAY)

            tried = exchange.settle(order(exchange, a_meeting(people), CREATE))

            (failure,) = tried.failures
            assert isinstance(failure, TransientDeliveryError)
            assert (failure.connection_wide, failure.retry_after) == (True, None)
            assert exchange.logins("client_credentials") == 2
            assert told(exchange, people.employee.address) == [What.INVITATION]

    def test_a_token_that_ends_between_two_steps_leaves_one_meeting(self) -> None:
        with exchange_with_faults(login=ExchangeLogin.OAUTH) as exchange:
            exchange.restart(Time())
            people = exchange.new_cast()

            def ends(_call: Call) -> bool:
                exchange.time.passes(DAY)
                return False

            exchange.server.faults.add(Fault(operation="CreateAttachment", when=ends))

            tried = exchange.settle(order(exchange, a_meeting(people, files=(AGENDA, SMALL)), CREATE))

            exchange.server.faults.waiting.clear()
            assert kinds(tried.failures)
            assert tried.receipt is not None
            (entry,) = exchange.calendar_of(people.manager.address)
            assert entry.files == (AGENDA, SMALL)
            assert told(exchange, people.employee.address) == [What.INVITATION]

    def test_a_wrong_secret_is_shown_to_the_token_endpoint_once(self) -> None:
        with exchange_with_faults(login=ExchangeLogin.OAUTH) as exchange:
            exchange.server.gate.client_secret = "another~one"
            people = exchange.new_cast()
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(_once(exchange), [a_mail(people.employee) for _ in range(4)]))

            assert [(each.scheme, each.granted) for each in exchange.server.logins] == [("client_credentials", False)]
            assert exchange.server.requests == []


class TestReading:
    def test_a_sync_state_that_the_server_has_forgotten_means_that_everything_known_is_told(
        self, exchange: FaultyExchange, cast: Cast
    ) -> None:
        meeting = a_meeting(cast)
        receipt = exchange.settle(order(exchange, meeting, CREATE)).receipt
        assert receipt is not None
        assert receipt.remote_id is not None
        assert exchange.roles.watch is not None
        known = {meeting.uid: receipt.remote_id}
        state = exchange.roles.watch.changes(cast.manager.address, known, None).state
        exchange.answer(cast.employee.address, exchange.calendar_of(cast.employee.address)[0], Answer.ACCEPTED)
        exchange.server.forget_states()

        changes = exchange.roles.watch.changes(cast.manager.address, known, state)

        ((entry,),) = [changes.entries]
        assert [each.answer for each in entry.answers] == [Answer.ACCEPTED]
        assert exchange.roles.watch.changes(cast.manager.address, known, changes.state).entries == ()

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("step", ["SyncFolderItems", "GetItem"])
    def test_a_look_that_breaks_tells_nothing_and_can_be_repeated(
        self, exchange: FaultyExchange, cast: Cast, step: str, fault: str
    ) -> None:
        meeting = a_meeting(cast)
        receipt = exchange.settle(order(exchange, meeting, CREATE)).receipt
        assert receipt is not None
        assert exchange.roles.watch is not None
        known = {meeting.uid: str(receipt.remote_id)}
        exchange.server.faults.add(FAULTS[fault](step))

        with pytest.raises(TransientDeliveryError):
            exchange.roles.watch.changes(cast.manager.address, known, None)

        assert [each.gone for each in exchange.roles.watch.changes(cast.manager.address, known, None).entries] == [False]

    @pytest.mark.parametrize("fault", FAULTS)
    def test_busy_times_that_cannot_be_told_now_are_not_free_time(
        self, exchange: FaultyExchange, cast: Cast, fault: str
    ) -> None:
        exchange.server.faults.add(FAULTS[fault]("GetUserAvailability", times=2))
        assert exchange.roles.free_busy is not None
        asked = [cast.manager.address]

        times = exchange.roles.free_busy.busy_times(asked, (START, START + HOUR))[cast.manager.address]

        exchange.server.faults.waiting.clear()
        assert isinstance(times, Untold)
        assert isinstance(exchange.roles.free_busy.busy_times(asked, (START, START + HOUR))[asked[0]], MailboxTimes)

    def test_a_call_for_many_that_fails_as_a_whole_is_made_for_each(self, exchange: FaultyExchange, cast: Cast) -> None:
        """Some servers stumble over one mailbox among many."""
        asked = [cast.manager.address, cast.employee.address, cast.colleague.address]

        def several(call: Call) -> bool:
            return len(call.findall("m:MailboxDataArray/t:MailboxData")) > 1

        fault = refusing("ErrorInvalidSmtpAddress", "GetUserAvailability", when=several, as_message=False)
        exchange.server.faults.add(fault)
        assert exchange.roles.free_busy is not None

        times = exchange.roles.free_busy.busy_times(asked, (START, START + HOUR))

        assert [type(times[address]) for address in asked] == [MailboxTimes] * 3


class TestThreads:
    @pytest.mark.parametrize("connections", [1, 3])
    def test_no_more_lines_are_open_than_the_settings_allow(self, connections: int) -> None:
        limits = EwsLimits(connections=connections)
        with exchange_with_faults(connections=connections, limits=limits) as exchange:
            people = [exchange.new_cast() for _ in range(12)]
            orders = [order(exchange, a_meeting(each), CREATE) for each in people]
            with ThreadPoolExecutor(6) as threads:
                ends = list(threads.map(_once(exchange), orders))

            assert [failure for tried in ends for failure in tried.failures] == []
            assert exchange.server.throttled == 0
            assert [told(exchange, each.employee.address) for each in people] == [[What.INVITATION]] * 12

    def test_a_server_that_is_away_concerns_everybody(self) -> None:
        with exchange_with_faults() as exchange:
            parcel = order(exchange, a_meeting(exchange.new_cast()), CREATE)
        (failure,) = exchange.settle(parcel, most=1).failures

        assert isinstance(failure, TransientDeliveryError)
        assert failure.connection_wide

    def test_a_certificate_of_nobody_we_know_concerns_everybody(self, exchange: FaultyExchange, cast: Cast) -> None:
        known, exchange.settings = exchange.settings, replace(exchange.settings, ca_file=None)
        exchange.restart()
        exchange.settings = known
        before = len(exchange.server.logins)

        (failure,) = exchange.settle(a_mail(cast.employee), most=1).failures

        assert isinstance(failure, TransientDeliveryError)
        assert failure.connection_wide
        assert "certificate" in str(failure)
        assert len(exchange.server.logins) == before


def _once(exchange: FaultyExchange) -> Callable[[Parcel], Tried]:
    """One try, which does not let time pass for the others."""

    def hand(parcel: Parcel) -> Tried:
        tried = Tried()
        try:
            with exchange.roles.sending.connect() as line:
                tried.receipt = hand_over(line, parcel)
        except DeliveryError as failure:
            tried.failures.append(failure)
        return tried

    return hand
