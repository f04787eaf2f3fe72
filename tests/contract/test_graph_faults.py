"""Whatever breaks between us and Microsoft Graph: after the same parcel has gone again, there is one of everything."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from harness.contract import Cast
from harness.graph_faulty import PAUSE, FaultyGraph, Tried, a_mail, graph_with_faults, hand_over
from harness.meeting import AGENDA, Meeting
from harness.seen import SeenFile, What
from servers.certificates import certificates
from servers.graph_server import Fault, FaultKind, Limits
from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.domain.mailboxes import Answer, Changes, MailboxTimes
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel

CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LARGE = SeenFile(name="Underlag.pdf", data=b"%PDF-1.7 " + bytes(range(256)) * 14_000)
SMALL = SeenFile(name="Underlag.txt", data=b"Ett par rader.")
_numbers = count(1)

CREATING = {
    "make": ("POST", r"/events$"),
    "attach": ("POST", r"/attachments$"),
    "open-upload": ("POST", r"/createUploadSession$"),
    "upload": ("PUT", r"^/upload/"),
    "invite": ("PATCH", r"/events/[^/]+$"),
}
MAILING = {
    "make": ("POST", r"/messages$"),
    "open-upload": ("POST", r"/createUploadSession$"),
    "upload": ("PUT", r"^/upload/"),
    "send": ("POST", r"/send$"),
}
CUT, STATUS = FaultKind.CUT, FaultKind.STATUS
FAULTS: dict[str, dict[str, Any]] = {
    "cut before": {"kind": CUT},
    "cut after": {"kind": CUT, "handled": True},
    "429": {"kind": STATUS, "status": 429},
    "429 with a delay": {"kind": STATUS, "status": 429, "retry_after": 30},
    "503": {"kind": STATUS, "status": 503},
    "503 after": {"kind": STATUS, "status": 503, "handled": True},
    "503 with a delay": {"kind": STATUS, "status": 503, "retry_after": "Fri, 12 Feb 2027 09:00:00 GMT"},
    "500": {"kind": STATUS, "status": 500},
    "500 after": {"kind": STATUS, "status": 500, "handled": True},
    "502 after": {"kind": STATUS, "status": 502, "handled": True},
    "504 after": {"kind": STATUS, "status": 504, "handled": True},
    "token revoked": {"kind": FaultKind.REVOKE},
}
VISIBLE_AND_UNKNOWN = {"cut before", "cut after", "503", "503 after", "500", "500 after", "502 after", "504 after"}
"""Nobody can tell them apart from the outside: what others would see may be there."""
HARMLESS = {"token revoked"}


@pytest.fixture(scope="module")
def graph() -> Iterator[FaultyGraph]:
    with graph_with_faults() as made:
        yield made


@pytest.fixture
def cast(graph: FaultyGraph) -> Cast:
    graph.server.faults.clear()
    graph.restart()
    graph.warm_up()
    return graph.new_cast()


def a_meeting(cast: Cast, **fields: Any) -> Meeting:
    defaults: dict[str, Any] = {"manager": cast.manager, "employee": cast.employee, "start": START}
    return Meeting(uid=f"{next(_numbers)}-faulty@talkcycle.example", **(defaults | fields))


def order(graph: FaultyGraph, meeting: Meeting, action: Kind) -> Parcel:
    return graph.order(meeting, action)[0]


def told(graph: FaultyGraph, address: str) -> list[What]:
    return [notice.what for notice in graph.told(address)]


def settled(tried: Tried, fault: str, *, visible: bool) -> bool:
    """Whether it ended well after the one failure that *fault* amounts to, or after none."""
    if fault in HARMLESS:
        expected: list[type[DeliveryError]] = []
    else:
        expected = [UnknownDeliveryError if visible and fault in VISIBLE_AND_UNKNOWN else TransientDeliveryError]
    return [type(failure) for failure in tried.failures] == expected and tried.receipt is not None


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", CREATING)
def test_a_creation_that_breaks_anywhere_ends_as_one_meeting_told_once_with_all_its_files(
    graph: FaultyGraph, cast: Cast, step: str, fault: str
) -> None:
    method, path = CREATING[step]
    graph.server.faults.append(Fault(method=method, path=path, **FAULTS[fault]))
    if step == "upload" and fault in HARMLESS:
        pytest.skip("an upload's address needs no token")

    files = (AGENDA, LARGE) if "upload" in step else (AGENDA, SMALL)

    tried = graph.settle(order(graph, a_meeting(cast, files=files), CREATE))

    assert settled(tried, fault, visible=step == "invite")
    (entry,) = graph.calendar_of(cast.manager.address)
    assert sorted(entry.files, key=lambda file: file.name) == list(files)
    assert len(graph.calendar_of(cast.employee.address)) == 1
    assert [(each.what, sorted(each.files)) for each in graph.told(cast.employee.address)] == [
        (What.INVITATION, [file.name for file in files])
    ]
    assert tried.receipt is not None
    assert tried.receipt.remote_id == entry.id


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", MAILING)
def test_a_mail_that_breaks_anywhere_arrives_once_with_its_file(
    graph: FaultyGraph, cast: Cast, step: str, fault: str
) -> None:
    method, path = MAILING[step]
    graph.server.faults.append(Fault(method=method, path=path, **FAULTS[fault]))
    if step == "upload" and fault in HARMLESS:
        pytest.skip("an upload's address needs no token")

    file = LARGE if "upload" in step else SMALL

    tried = graph.settle(a_mail(cast.employee, file))

    assert settled(tried, fault, visible=step == "send")
    (arrived,) = graph.inbox(cast.employee.address)
    assert arrived.files == (file,)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["look up", "change"])
def test_a_change_that_breaks_anywhere_is_told_once(graph: FaultyGraph, cast: Cast, step: str, fault: str) -> None:
    meeting = a_meeting(cast)
    graph.settle(order(graph, meeting, CREATE))
    method, path = {"look up": ("GET", r"/events$"), "change": CREATING["invite"]}[step]
    graph.server.faults.append(Fault(method=method, path=path, **FAULTS[fault]))

    tried = graph.settle(order(graph, meeting.moved(DAY), CHANGE))

    assert settled(tried, fault, visible=step == "change")
    assert [entry.start for entry in graph.calendar_of(cast.employee.address)] == [START + DAY]
    assert told(graph, cast.employee.address) == [What.INVITATION, What.UPDATE]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["look up", "cancel"])
def test_a_cancellation_that_breaks_anywhere_is_told_once(graph: FaultyGraph, cast: Cast, step: str, fault: str) -> None:
    meeting = a_meeting(cast)
    graph.settle(order(graph, meeting, CREATE))
    method, path = {"look up": ("GET", r"/events$"), "cancel": ("POST", r"/cancel$")}[step]
    graph.server.faults.append(Fault(method=method, path=path, **FAULTS[fault]))

    tried = graph.settle(order(graph, meeting.with_text("Samtalet ställs in."), CANCEL))

    assert settled(tried, fault, visible=step == "cancel")
    assert graph.calendar_of(cast.employee.address) == graph.calendar_of(cast.manager.address) == ()
    assert told(graph, cast.employee.address) == [What.INVITATION, What.CANCELLATION]


@pytest.mark.parametrize("fault", [each for each in FAULTS if each not in HARMLESS])
def test_an_entry_that_takes_anothers_place_does_so_once(graph: FaultyGraph, cast: Cast, fault: str) -> None:
    earlier = a_meeting(cast)
    graph.settle(order(graph, earlier, CREATE))
    method, path = CREATING["invite"]
    graph.server.faults.append(Fault(method=method, path=path, **FAULTS[fault]))

    tried = graph.settle(order(graph, a_meeting(cast, replaces=earlier.uid, start=START + DAY), CREATE))

    assert settled(tried, fault, visible=True)
    assert [entry.start for entry in graph.calendar_of(cast.manager.address)] == [START + DAY]
    assert told(graph, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_everything_breaking_one_after_the_other_still_ends_as_one_meeting(graph: FaultyGraph, cast: Cast) -> None:
    faults = [Fault(method=method, path=path, kind=CUT, handled=True) for method, path in CREATING.values()]
    graph.server.faults += faults

    tried = graph.settle(order(graph, a_meeting(cast, files=(AGENDA, LARGE)), CREATE), most=9)

    assert len(tried.failures) == len(faults)
    (entry,) = graph.calendar_of(cast.manager.address)
    assert len(entry.files) == 2
    assert told(graph, cast.employee.address) == [What.INVITATION]


def test_a_server_that_never_gets_better_is_told_nothing_twice(graph: FaultyGraph, cast: Cast) -> None:
    method, path = CREATING["invite"]
    graph.server.faults.append(Fault(method=method, path=path, kind=STATUS, status=500, handled=True, times=9))

    tried = graph.settle(order(graph, a_meeting(cast), CREATE))

    assert [type(each) for each in tried.failures] == [UnknownDeliveryError]  # the look-up finds that it was done
    assert told(graph, cast.employee.address) == [What.INVITATION]


def test_a_delay_that_the_server_asks_for_is_passed_on_and_concerns_that_mailbox_alone(
    graph: FaultyGraph, cast: Cast
) -> None:
    graph.server.faults.append(Fault(path=r"/events$", kind=STATUS, status=429, retry_after=137))

    (failure,) = graph.settle(order(graph, a_meeting(cast), CREATE)).failures

    assert isinstance(failure, TransientDeliveryError)
    assert (failure.retry_after, failure.mailbox_wide, failure.connection_wide) == (timedelta(seconds=137), True, False)


def test_a_request_without_an_answer_is_given_up_after_the_timeout() -> None:
    with graph_with_faults(timeout=timedelta(seconds=0.3)) as slow:
        people = slow.new_cast()
        meeting = a_meeting(people)
        for handled in (False, True):
            slow.server.faults.append(
                Fault(method="PATCH", kind=FaultKind.SLOW, seconds=30, handled=handled, path=r"/events/")
            )

        tried = slow.settle(order(slow, meeting, CREATE))

        assert [type(failure) for failure in tried.failures] == [UnknownDeliveryError, UnknownDeliveryError]
        assert told(slow, people.employee.address) == [What.INVITATION]


def test_a_right_that_is_missing_concerns_that_mailbox_and_says_how_to_mend_it(graph: FaultyGraph, cast: Cast) -> None:
    graph.server.access.scope = {graph.sender}
    try:
        (failure, *_) = graph.settle(order(graph, a_meeting(cast), CREATE), most=1).failures
    finally:
        graph.server.access.scope = None

    assert isinstance(failure, TransientDeliveryError)
    assert failure.mailbox_wide
    assert failure.retry_after is not None
    assert failure.retry_after >= HOUR
    assert "talkcycle doctor" in str(failure)
    assert cast.manager.address not in str(failure)


class TestLogin:
    """A refusal is not repeated: whoever repeats it is locked out."""

    def test_a_token_that_is_refused_stops_everything_at_once(self, graph: FaultyGraph, cast: Cast) -> None:
        graph.restart()
        graph.server.faults.append(Fault(kind=STATUS, status=401, times=99))
        logins, requests = graph.token_requests(), graph.graph_requests()

        failures = [
            graph.settle(order(graph, a_meeting(cast), CREATE), most=1).failures,
            graph.settle(a_mail(cast.employee), most=1).failures,
        ]

        flat = [failure for some in failures for failure in some if isinstance(failure, TransientDeliveryError)]
        assert [failure.connection_wide for failure in flat] == [True, True]
        assert all(failure.retry_after and failure.retry_after >= timedelta(minutes=15) for failure in flat)
        assert (graph.token_requests() - logins, graph.graph_requests() - requests) == (1, 1)

    def test_a_wrong_secret_is_tried_once_for_all_lines(self) -> None:
        with graph_with_faults() as graph:
            graph.server.tokens.secret = "another~one"
            people, start = graph.new_cast(), Barrier(4)
            failures: list[DeliveryError] = []

            def work() -> None:
                start.wait()
                failures.extend(graph.settle(a_mail(people.employee), most=1).failures)

            threads = [Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert len(failures) == 4
            assert all(isinstance(each, TransientDeliveryError) and each.connection_wide for each in failures)
            assert graph.token_requests() == 1
            assert not [
                each for each in failures if "another~one" in str(each) or str(graph.settings.secret) in str(each)
            ]

    def test_after_its_pause_a_mended_secret_is_tried_again(self) -> None:
        with graph_with_faults() as graph:
            right, graph.server.tokens.secret = graph.server.tokens.secret, "another~one"
            people = graph.new_cast()
            mail = a_mail(people.employee)
            graph.settle(mail, most=1)
            graph.server.tokens.secret = right
            graph.time.passes(PAUSE)

            tried = graph.settle(mail)

            assert tried.failures == []
            assert len(graph.inbox(people.employee.address)) == 1

    def test_a_busy_token_endpoint_is_no_refusal(self, graph: FaultyGraph, cast: Cast) -> None:
        graph.restart()
        graph.server.faults.append(Fault(path="oauth2", kind=STATUS, status=503, retry_after=20))

        tried = graph.settle(a_mail(cast.employee))

        (failure,) = tried.failures
        assert isinstance(failure, TransientDeliveryError)
        assert (failure.connection_wide, failure.retry_after) == (True, timedelta(seconds=20))
        assert len(graph.inbox(cast.employee.address)) == 1

    def test_a_token_is_renewed_before_it_ends(self) -> None:
        with graph_with_faults() as graph:
            graph.server.tokens.seconds = 600
            people = graph.new_cast()
            with graph.roles.sending.connect() as line:
                for _ in range(4):
                    hand_over(line, a_mail(people.employee))
                    graph.time.passes(timedelta(minutes=4))

            assert len(graph.inbox(people.employee.address)) == 4
            assert graph.token_requests() == 2
            assert graph.server.throttled.total() == 0

    def test_a_token_that_was_revoked_is_renewed_once(self, graph: FaultyGraph, cast: Cast) -> None:
        graph.settle(a_mail(cast.employee))
        graph.server.revoke_tokens()
        logins = graph.token_requests()

        tried = graph.settle(a_mail(cast.employee))

        assert tried.failures == []
        assert graph.token_requests() == logins + 1

    def test_a_new_token_that_is_refused_too_is_the_end_of_it(self, graph: FaultyGraph, cast: Cast) -> None:
        graph.settle(a_mail(cast.employee))
        graph.server.faults.append(Fault(kind=STATUS, status=401, times=99))
        logins, requests = graph.token_requests(), graph.graph_requests()

        (failure,) = graph.settle(a_mail(cast.employee), most=1).failures

        assert isinstance(failure, TransientDeliveryError)
        assert failure.connection_wide
        assert (graph.token_requests() - logins, graph.graph_requests() - requests) == (1, 2)


class TestCertificate:
    """The application logs in with a key instead of a secret."""

    @pytest.mark.parametrize("password", [None, "nyckelord"])
    def test_a_certificate_opens_the_mailboxes(self, tmp_path: Path, password: str | None) -> None:
        own = a_key(tmp_path / "graph.pem", password)
        with graph_with_faults(
            registered=own, secret=None, certificate=tmp_path / "graph.pem", certificate_password=password
        ) as graph:
            people = graph.new_cast()

            assert graph.settle(a_mail(people.employee)).failures == []
            assert len(graph.inbox(people.employee.address)) == 1

    def test_one_that_entra_does_not_know_is_refused_once(self, tmp_path: Path) -> None:
        a_key(tmp_path / "graph.pem", None)
        other = a_key(tmp_path / "other.pem", None)
        with graph_with_faults(registered=other, secret=None, certificate=tmp_path / "graph.pem") as graph:
            people = graph.new_cast()

            failures = graph.settle(a_mail(people.employee), most=1).failures
            failures += graph.settle(a_mail(people.employee), most=1).failures

            assert ["AADSTS700027" in str(failure) for failure in failures] == [True, True]
            assert graph.token_requests() == 1

    @pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"])
    def test_a_file_that_cannot_be_used_concerns_everybody_and_asks_nobody(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        if content is not None:
            (tmp_path / "graph.pem").write_bytes(content)
        with graph_with_faults(secret=None, certificate=tmp_path / "graph.pem") as graph:
            (failure,) = graph.settle(a_mail(graph.new_cast().employee), most=1).failures

            assert isinstance(failure, TransientDeliveryError)
            assert failure.connection_wide
            assert graph.token_requests() == 0

    def test_a_key_whose_password_is_wrong_concerns_everybody_and_shows_nothing(self, tmp_path: Path) -> None:
        own = a_key(tmp_path / "graph.pem", "nyckelord")
        with graph_with_faults(
            registered=own, secret=None, certificate=tmp_path / "graph.pem", certificate_password="fel-ord"
        ) as graph:
            (failure,) = graph.settle(a_mail(graph.new_cast().employee), most=1).failures

            assert isinstance(failure, TransientDeliveryError)
            assert failure.connection_wide
            assert "fel-ord" not in str(failure)
            assert graph.token_requests() == 0


def a_key(file: Path, password: str | None) -> bytes:
    """Make *file*, as the guide says: key and certificate. Returns the certificate alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "talkcycle")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    how = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how) + made)
    return made


class TestLine:
    def test_a_server_that_is_away_concerns_everybody(self) -> None:
        with graph_with_faults() as graph:
            people = graph.new_cast()
            parcel = order(graph, a_meeting(people), CREATE)
        (failure,) = graph.settle(parcel, most=1).failures

        assert isinstance(failure, TransientDeliveryError)
        assert failure.connection_wide

    def test_a_certificate_of_nobody_we_know_concerns_everybody(self, graph: FaultyGraph, cast: Cast) -> None:
        known, graph.settings = graph.settings, replace(graph.settings, ca_file=None)
        graph.restart()
        graph.settings = known

        (failure,) = graph.settle(a_mail(cast.employee), most=1).failures

        assert isinstance(failure, TransientDeliveryError)
        assert failure.connection_wide
        assert "certificate" in str(failure)
        assert graph.inbox(cast.employee.address) == ()
        assert certificates().ca_file == known.ca_file

    def test_a_mailbox_that_left_is_said_so_for_good_without_a_name(self, graph: FaultyGraph, cast: Cast) -> None:
        (failure,) = graph.settle(order(graph, a_meeting(cast, manager=cast.elsewhere), CREATE)).failures

        assert isinstance(failure, PermanentDeliveryError)
        assert cast.elsewhere.address not in str(failure)


class TestLimits:
    def test_what_the_server_allows_is_never_asked_for_twice_over(self) -> None:
        limits = Limits(concurrent=4, requests=50, messages=1000, upload_bytes=2_000_000)
        with graph_with_faults(limits=limits, requests_per_10_minutes=50, upload_bytes_per_5_minutes=2_000_000) as graph:
            people = graph.new_cast()
            meetings = [a_meeting(people, start=START + number * HOUR) for number in range(30)]

            failures = [failure for each in meetings for failure in graph.settle(order(graph, each, CREATE)).failures]

            assert failures == []
            assert graph.server.throttled.total() == 0
            assert len(graph.calendar_of(people.employee.address)) == 30
            # 30 meetings are 90 requests, of which 50 fit into the first window.
            assert (
                timedelta(minutes=10) <= graph.time.now() - datetime(2027, 2, 12, 8, tzinfo=UTC) < timedelta(minutes=21)
            )

    def test_more_threads_than_a_mailbox_takes_wait_for_each_other(self) -> None:
        with graph_with_faults(limits=Limits(concurrent=1, messages=1000)) as graph:
            people = graph.new_cast()
            failures: list[DeliveryError] = []

            def work(hour: int) -> None:
                parcel = order(graph, a_meeting(people, start=START + hour * HOUR), CREATE)
                failures.extend(graph.settle(parcel, most=1).failures)

            threads = [Thread(target=work, args=(hour,)) for hour in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert failures == []
            assert len(graph.calendar_of(people.employee.address)) == 6

    def test_a_days_recipients_are_counted_and_the_rest_waits_until_there_is_room(self) -> None:
        with graph_with_faults(limits=Limits(messages=1000, recipients=3), recipients_per_day=3) as graph:
            people = graph.new_cast()
            for _ in range(3):
                graph.settle(a_mail(people.employee))
            graph.time.passes(HOUR)

            (failure,) = graph.settle(a_mail(people.employee), most=1).failures

            assert isinstance(failure, TransientDeliveryError)
            assert failure.mailbox_wide
            assert failure.retry_after is not None
            assert timedelta(hours=22) < failure.retry_after < timedelta(hours=24)
            assert graph.server.throttled.total() == 0


class TestWatching:
    """Nothing is lost: what could not be read is told the next time."""

    @pytest.fixture
    def uids(self, graph: FaultyGraph, cast: Cast) -> dict[str, str]:
        """Five talks, UID to remote id."""
        found = {}
        for number in range(5):
            meeting = a_meeting(cast, start=START + number * DAY)
            receipt = graph.settle(order(graph, meeting, CREATE)).receipt
            assert receipt is not None
            assert receipt.remote_id is not None
            found[meeting.uid] = receipt.remote_id
        return found

    def look(self, graph: FaultyGraph, cast: Cast, known: dict[str, str], since: str | None = None) -> Changes:
        assert graph.roles.watch is not None
        return graph.roles.watch.changes(cast.manager.address, known, since)

    def test_parts_of_a_batch_that_are_throttled_are_asked_again_by_themselves(
        self, graph: FaultyGraph, cast: Cast, uids: dict[str, str]
    ) -> None:
        for retry_after in (7, 3):
            graph.server.faults.append(
                Fault(kind=STATUS, status=429, retry_after=retry_after, match=lambda request: request.part)
            )
        before, waited = len(graph.server.requests), len(graph.time.waited)

        changes = self.look(graph, cast, uids)

        assert {entry.uid for entry in changes.entries if not entry.gone} == uids.keys()
        assert graph.time.waited[waited:] == [7]
        assert sum(request.part for request in graph.server.requests[before:]) == 5 + 2

    def test_half_a_batch_that_breaks_leaves_the_state_as_it_was(
        self, graph: FaultyGraph, cast: Cast, uids: dict[str, str]
    ) -> None:
        state = self.look(graph, cast, uids).state
        for entry in graph.calendar_of(cast.employee.address)[:3]:
            graph.answer(cast.employee.address, entry, Answer.ACCEPTED)
        graph.server.faults += [Fault(kind=STATUS, status=500, match=lambda request: request.part, times=2)]

        with pytest.raises(TransientDeliveryError):
            self.look(graph, cast, uids, state)

        told = self.look(graph, cast, uids, state)
        answers = [answer.answer for entry in told.entries for answer in entry.answers]
        assert answers == [Answer.ACCEPTED] * 3

    @pytest.mark.parametrize("retry_after", [None, 4000])
    def test_a_long_pause_is_the_rounds_to_keep(
        self, graph: FaultyGraph, cast: Cast, uids: dict[str, str], retry_after: int | None
    ) -> None:
        waited = len(graph.time.waited)
        graph.server.faults.append(Fault(kind=STATUS, status=429, retry_after=retry_after, path="delta", times=2))

        with pytest.raises(TransientDeliveryError) as failure:
            self.look(graph, cast, uids)

        assert failure.value.mailbox_wide
        assert failure.value.retry_after == timedelta(seconds=retry_after or 60)
        assert graph.time.waited[waited:] == ([60] if retry_after is None else [])
        graph.server.faults.clear()

    @pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired"])
    def test_a_state_that_expires_while_it_is_used_tells_everything_that_is_known(
        self, graph: FaultyGraph, cast: Cast, uids: dict[str, str], code: str
    ) -> None:
        state = self.look(graph, cast, uids).state
        graph.server.faults.append(Fault(kind=FaultKind.FORGET, code=code, path="delta"))

        told = self.look(graph, cast, uids, state)

        assert {entry.uid for entry in told.entries} == uids.keys()
        assert self.look(graph, cast, uids, told.state).entries == ()

    @pytest.mark.parametrize("step", ["delta", r"\$batch"])
    @pytest.mark.parametrize("fault", ["cut before", "cut after", "500", "502 after", "503"])
    def test_a_look_that_breaks_is_repeated_with_the_same_state(
        self, graph: FaultyGraph, cast: Cast, uids: dict[str, str], step: str, fault: str
    ) -> None:
        state = self.look(graph, cast, uids).state
        entry = graph.calendar_of(cast.employee.address)[0]
        graph.answer(cast.employee.address, entry, Answer.DECLINED)
        graph.server.faults.append(Fault(path=step, **FAULTS[fault]))

        with pytest.raises(TransientDeliveryError):
            self.look(graph, cast, uids, state)

        (told,) = self.look(graph, cast, uids, state).entries
        assert [answer.answer for answer in told.answers] == [Answer.DECLINED]

    def test_a_state_of_long_ago_begins_a_new_view(self, graph: FaultyGraph, cast: Cast, uids: dict[str, str]) -> None:
        """The view of a state does not move with time: in the end talks would lie outside it."""
        state = self.look(graph, cast, uids).state
        graph.time.passes(timedelta(days=61))

        assert {entry.uid for entry in self.look(graph, cast, uids, state).entries} == uids.keys()


class TestBusyTimes:
    SPAN = (START, START + HOUR)

    def ask(self, graph: FaultyGraph, cast: Cast) -> MailboxTimes | object:
        assert graph.roles.free_busy is not None
        return graph.roles.free_busy.busy_times([cast.employee.address], (START, START + DAY))[cast.employee.address]

    @pytest.mark.parametrize("fault", ["429 with a delay", "503 with a delay", "429"])
    def test_a_short_pause_is_waited_for(self, graph: FaultyGraph, cast: Cast, fault: str) -> None:
        graph.occupy(cast.employee.address, self.SPAN)
        kind = FAULTS[fault] | ({"retry_after": 20} if "delay" in fault else {})
        graph.server.faults.append(Fault(path="getSchedule", **kind))

        times = self.ask(graph, cast)

        assert isinstance(times, MailboxTimes)
        assert list(times.busy.values()) == [(self.SPAN,)]

    @pytest.mark.parametrize("fault", ["cut before", "500", "503", "token revoked"])
    def test_nothing_is_raised_and_nobody_counts_as_free(self, graph: FaultyGraph, cast: Cast, fault: str) -> None:
        graph.occupy(cast.employee.address, self.SPAN)
        graph.server.faults.append(Fault(path="getSchedule", **FAULTS[fault]))

        times = self.ask(graph, cast)

        assert isinstance(times, MailboxTimes) is (fault in HARMLESS)
