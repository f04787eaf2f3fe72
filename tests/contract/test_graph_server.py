"""What the transports' tests rely on in the fake Graph server."""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from servers.graph_limits import Throttle
from servers.graph_received import GraphError, Received, received
from servers.graph_server import Fault, FaultKind, GraphServer, Limits, graph_server
from servers.organisation import Organisation, Where, property_key
from servers.prism import check, why_not

START = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
HR, BO, ANNA, CECILIA = (f"{name}@norrsken.example" for name in ("hr", "bo", "anna", "cecilia"))
PROPERTY_SET = "66F5A359-4659-4830-9070-00047EC6AC6E"
KEY = property_key(PROPERTY_SET, "talkcycle-order")
EVENT = {
    "subject": "Samtal",
    "start": {"dateTime": "2027-03-01T09:00:00", "timeZone": "Europe/Stockholm"},
    "end": {"dateTime": "2027-03-01T10:00:00", "timeZone": "W. Europe Standard Time"},
}
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "Agenda.pdf", "contentBytes": "QUJD"}
SCOPE = ["https://graph.microsoft.com/.default"]


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time


class Client:
    """With a token, over one kept line."""

    def __init__(self, server: GraphServer, trust: ssl.SSLContext) -> None:
        self.server = server
        self.http = httpx.Client(verify=trust, timeout=5)
        self.token = ""

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """The content of a success, or status and code of an error."""
        response = self.ask(method, path, json, **more)
        content: Any = response.json() if response.content else None
        return content if response.is_success else (response.status_code, content["error"]["code"])

    def ask(self, method: str, path: str, json: Any = None, headers: Any = (), **more: Any) -> httpx.Response:
        url = path if path.startswith("https:") else self.server.endpoint + path
        self.token = self.token or self.new_token()
        authorized = {"Authorization": f"Bearer {self.token}"} | dict(headers)
        return self.http.request(method, url, json=json, headers=authorized, **more)

    def new_token(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": self.server.client_id, "scope": SCOPE[0]}
        url = f"{self.server.authority}/{self.server.tenant}/oauth2/v2.0/token"
        return str(self.http.post(url, data=form | {"client_secret": self.server.secret}).json()["access_token"])


@pytest.fixture(scope="module")
def trust() -> ssl.SSLContext:
    with graph_server(Organisation()) as server:
        return ssl.create_default_context(cafile=server.ca_file)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def organisation(clock: Clock) -> Organisation:
    made = Organisation(clock.now)
    for address in (HR, BO, ANNA, CECILIA):
        made.add(address, where=Where.ONLINE)
    return made


@contextmanager
def serving(organisation: Organisation, trust: ssl.SSLContext, **more: Any) -> Iterator[Client]:
    with graph_server(organisation, now=organisation.now, **more) as server:
        client = Client(server, trust)
        with client.http:
            yield client


@pytest.fixture
def graph(organisation: Organisation, trust: ssl.SSLContext) -> Iterator[Client]:
    with serving(organisation, trust) as client:
        yield client


def attendees(*addresses: str) -> dict[str, Any]:
    return {"attendees": [{"emailAddress": {"address": each}, "type": "required"} for each in addresses]}


def a_mail(message_id: str, *to: str) -> dict[str, Any]:
    return {
        "subject": "Inför samtalet",
        "internetMessageId": message_id,
        "body": {"contentType": "html", "content": "<p>Hej Åsa!</p>"},
        "toRecipients": [{"emailAddress": {"address": each}} for each in to],
        "singleValueExtendedProperties": [{"id": KEY, "value": message_id}],
    }


def login(server: GraphServer, credential: Any) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False  # REQUESTS_CA_BUNDLE goes before what is set here
        session.verify = str(server.ca_file)
        authority = f"{server.authority}/{server.tenant}"
        application = msal.ConfidentialClientApplication(
            server.client_id,
            client_credential=credential,
            authority=authority,
            instance_discovery=False,
            http_client=session,
        )
        return dict(application.acquire_token_for_client(SCOPE))


def test_msal_gets_a_token_for_a_secret_and_is_told_why_it_gets_none(graph: Client) -> None:
    assert login(graph.server, graph.server.secret)["expires_in"] == 3599

    refused = login(graph.server, "wrong")

    assert refused["error_codes"] == [7000215]


def test_msal_gets_a_token_for_a_certificate(organisation: Organisation, trust: ssl.SSLContext) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "talkcycle")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(START).not_valid_after(START + timedelta(days=1))
    certificate = builder.sign(key, SHA256())
    credential = {
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "thumbprint": certificate.fingerprint(SHA1()).hex(),
    }

    with serving(organisation, trust, certificate=certificate.public_bytes(Encoding.PEM)) as graph:
        token = login(graph.server, credential)
        refused = login(graph.server, credential | {"thumbprint": "00" * 20})

    assert "access_token" in token
    assert refused["error_codes"] == [700027]


def test_a_token_ends_by_the_clock_and_when_it_is_revoked(graph: Client, clock: Clock) -> None:
    assert graph("GET", f"/users/{BO}/events") == {"value": []}

    clock.time += timedelta(hours=1)
    ended = graph("GET", f"/users/{BO}/events")
    graph.token = graph.new_token()
    graph.server.faults.append(Fault(kind=FaultKind.REVOKE, path="events"))
    revoked = graph("GET", f"/users/{BO}/events")

    assert ended == revoked == (401, "InvalidAuthenticationToken")


def test_only_mailboxes_that_are_online_and_in_scope_are_served(graph: Client, organisation: Organisation) -> None:
    organisation.migrate(CECILIA, Where.ON_PREMISES)
    graph.server.access.scope = {BO, CECILIA}

    assert graph("GET", f"/users/{ANNA}/events") == (403, "ErrorAccessDenied")
    assert graph("GET", f"/users/{CECILIA}/events") == (404, "MailboxNotEnabledForRESTAPI")
    assert graph("GET", "/users/nobody@norrsken.example/events") == (404, "ErrorInvalidUser")
    graph.server.tokens.roles.add("Calendars.ReadWrite")  # the union of both grants wins
    assert graph("GET", f"/users/{ANNA}/events") == {"value": []}


def test_attendees_are_invited_when_they_are_set_with_the_files_attached_until_then(
    organisation: Organisation, trust: ssl.SSLContext
) -> None:
    with serving(organisation, trust, conforming=False) as graph:  # the document does not know that it would be ignored
        made = graph("POST", f"/users/{BO}/events", EVENT | {"attachments": [FILE], "transactionId": "t"})
        again = graph("POST", f"/users/{BO}/events", EVENT | {"transactionId": "t"})
        path = f"/users/{BO}/events/{made['id']}"
        assert not made["hasAttachments"]
        assert again["id"] == made["id"]
        graph("POST", f"{path}/attachments", FILE)
        assert organisation.told == []

        graph("PATCH", path, attendees(ANNA))
        graph("PATCH", path, attendees(ANNA, CECILIA))
        graph("PATCH", path, {"subject": "Samtal, nytt"})

    assert [(told.to, told.what) for told in organisation.told] == [
        (ANNA, "invitation"),
        (CECILIA, "invitation"),
        (ANNA, "update"),
        (CECILIA, "update"),
    ]
    assert organisation.told[0].files == ("Agenda.pdf",)
    assert organisation.told[0].start == START


def test_an_answer_stands_at_its_attendee_in_the_organizers_event(graph: Client, organisation: Organisation) -> None:
    made = graph("POST", f"/users/{BO}/events", EVENT | attendees(ANNA))
    (hers,) = organisation.with_uid(ANNA, made["iCalUId"])
    proposal = {"start": {"dateTime": "2027-03-02T08:00:00"}, "end": {"dateTime": "2027-03-02T09:00:00"}}

    graph("POST", f"/users/{ANNA}/events/{hers.id}/decline", {"proposedNewTime": proposal})

    (anna,) = graph("GET", f"/users/{BO}/events/{made['id']}")["attendees"]
    assert anna["status"] == {"response": "declined", "time": "2027-03-01T08:00:00Z"}
    assert anna["proposedNewTime"]["start"] == {"dateTime": "2027-03-02T08:00:00.0000000", "timeZone": "UTC"}


def test_only_the_organizer_cancels_and_the_attendee_reads_why(graph: Client, organisation: Organisation) -> None:
    made = graph("POST", f"/users/{BO}/events", EVENT | attendees(ANNA))
    (hers,) = organisation.with_uid(ANNA, made["iCalUId"])

    refused = graph("POST", f"/users/{ANNA}/events/{hers.id}/cancel", {"comment": "Nej"})
    graph("POST", f"/users/{BO}/events/{made['id']}/cancel", {"comment": "Samtalet utgår"})

    assert refused == (400, "ErrorInvalidRequest")
    assert [told.text for told in organisation.told_to(ANNA, "cancellation")] == ["Samtalet utgår"]
    assert graph("GET", f"/users/{BO}/events/{made['id']}") == (404, "ErrorItemNotFound")


def test_a_draft_is_sent_once_and_found_by_its_message_id_and_its_key(graph: Client, organisation: Organisation) -> None:
    made = graph("POST", f"/users/{HR}/messages", a_mail("<1@hr>", ANNA), headers={"Prefer": 'IdType="ImmutableId"'})
    path = f"/users/{HR}/messages/{made['id']}"
    by_key = f"singleValueExtendedProperties/any(ep:ep/id eq '{KEY}' and ep/value eq '<1@hr>')"

    graph("POST", f"{path}/send")
    again = graph("POST", f"{path}/send")

    assert again == (404, "ErrorItemNotFound")
    assert [told.uid for told in organisation.told_to(ANNA, "mail")] == ["<1@hr>"]
    for question in ("internetMessageId eq '<1@hr>'", by_key):
        found = graph("GET", f"/users/{HR}/messages", params={"$filter": question, "$select": "isDraft"})["value"]
        assert [(each["id"], each["isDraft"]) for each in found] == [(made["id"], False)]


def test_a_sent_draft_has_another_id_unless_ids_that_stay_were_asked_for(graph: Client) -> None:
    made = graph("POST", f"/users/{HR}/messages", a_mail("<1@hr>", ANNA))

    graph("POST", f"/users/{HR}/messages/{made['id']}/send")

    assert graph("GET", f"/users/{HR}/messages/{made['id']}") == (404, "ErrorItemNotFound")
    (sent,) = graph("GET", f"/users/{HR}/mailFolders/sentitems/messages")["value"]
    assert sent["internetMessageId"] == "<1@hr>"


def test_a_large_file_comes_in_pieces_without_a_token(graph: Client, organisation: Organisation) -> None:
    data, piece = bytes(4_000_000), 320 * 1024 * 10
    made = graph("POST", f"/users/{BO}/events", EVENT)
    path = f"/users/{BO}/events/{made['id']}/attachments"
    large = {"attachmentType": "file", "name": "Stor.pdf", "size": len(data)}
    url = graph("POST", f"{path}/createUploadSession", {"AttachmentItem": large})["uploadUrl"]

    def put(start: int, end: int, **headers: str) -> int:
        told = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"} | headers
        return graph.http.put(url, content=data[start:end], headers=told).status_code

    assert graph("POST", path, FILE | {"contentBytes": base64.b64encode(data[: 3 * 1024 * 1024]).decode()})[0] == 413
    assert put(0, piece, Authorization="Bearer t") == 401
    assert put(0, 1_000_000) == 400
    assert put(piece, len(data)) == 416
    assert put(0, piece) == 200
    assert put(piece, len(data)) == 201
    assert [len(file.data) for file in organisation.item(BO, made["id"]).files] == [len(data)]


def test_a_view_tells_what_has_changed_page_by_page_until_its_state_is_forgotten(
    graph: Client, organisation: Organisation
) -> None:
    items = [organisation.occupy(BO, START + timedelta(hours=n), START + timedelta(hours=n + 1)) for n in range(3)]
    view = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-03-31T00:00:00Z"}
    paging = {"Prefer": "odata.maxpagesize=2"}

    first = graph("GET", f"/users/{BO}/calendarView/delta", params=view, headers=paging)
    second = graph("GET", first["@odata.nextLink"], headers=paging)
    organisation.cancel(BO, items[1].id)
    third = graph("GET", second["@odata.deltaLink"])
    graph.server.forget_states()

    assert [each["id"] for each in first["value"] + second["value"]] == [item.id for item in items]
    assert [(each["id"], "@removed" in each) for each in third["value"]] == [(items[1].id, True)]
    assert graph("GET", third["@odata.deltaLink"]) == (410, "SyncStateNotFound")


def test_schedules_come_for_twenty_mailboxes_and_a_missing_one_keeps_no_other_from_being_told(
    organisation: Organisation, trust: ssl.SSLContext
) -> None:
    organisation.occupy(BO, START, START + timedelta(hours=1))
    day = {"startTime": {"dateTime": "2027-03-01T00:00:00"}, "endTime": {"dateTime": "2027-03-02T00:00:00"}}
    path = f"/users/{HR}/calendar/getSchedule"

    with serving(organisation, trust, conforming=False) as graph:  # 21 are malformed
        bo, nobody = graph("POST", path, day | {"schedules": [BO, "nobody@norrsken.example"]})["value"]
        many = graph("POST", path, day | {"schedules": [BO] * 21})
        long = graph("POST", path, day | {"schedules": [BO], "endTime": {"dateTime": "2027-05-02T00:00:00"}})

    assert bo["availabilityView"] == "0" * 16 + "22" + "0" * 30
    assert [item["status"] for item in bo["scheduleItems"]] == ["busy"]
    assert bo["workingHours"]["timeZone"] == {"name": "W. Europe Standard Time"}
    assert nobody["error"]["responseCode"] == "ErrorMailRecipientNotFound"
    assert many[0] == long[0] == 400


def test_each_part_of_a_batch_has_a_fate_of_its_own(graph: Client) -> None:
    graph.server.faults.append(Fault(kind=FaultKind.STATUS, path=ANNA, status=429, retry_after=7))
    parts = [
        {"id": "1", "method": "GET", "url": f"/users/{ANNA}/events"},
        {"id": "2", "method": "GET", "url": f"/users/{BO}/events?$top=5"},
        {"id": "3", "method": "GET", "url": f"/users/{BO}/events", "dependsOn": ["1"]},
    ]

    answers = {each["id"]: each for each in graph("POST", "/$batch", {"requests": parts})["responses"]}

    assert {id_: each["status"] for id_, each in answers.items()} == {"1": 429, "2": 200, "3": 424}
    assert answers["1"]["headers"]["Retry-After"] == "7"
    assert [each.path for each in graph.server.of(BO)] == [f"/users/{BO}/events"]


def test_a_request_can_be_carried_out_without_an_answer(graph: Client, organisation: Organisation) -> None:
    graph("GET", f"/users/{BO}/events")
    graph.server.faults.append(Fault(kind=FaultKind.CUT, method="POST", path="/events$"))
    graph.server.faults.append(Fault(kind=FaultKind.CUT, method="POST", path="/events$", handled=True))
    graph.server.faults.append(Fault(kind=FaultKind.SLOW, method="POST", path="/events$", handled=True, seconds=30))
    made = []

    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            graph("POST", f"/users/{BO}/events", EVENT)
        made.append(len(organisation.mailbox(BO).calendar))
    with pytest.raises(httpx.ReadTimeout):
        graph("POST", f"/users/{BO}/events", EVENT, timeout=0.05)

    assert [*made, len(organisation.mailbox(BO).calendar)] == [0, 1, 2]


def test_a_mailbox_sends_thirty_messages_a_minute(
    organisation: Organisation, trust: ssl.SSLContext, clock: Clock
) -> None:
    with serving(organisation, trust, limits=Limits(messages=2)) as graph:
        for number in range(2):
            graph("POST", f"/users/{HR}/sendMail", {"message": a_mail(f"<{number}@hr>", ANNA)})
            clock.time += timedelta(seconds=10)
        third = a_mail("<3@hr>", ANNA)
        refused = graph.ask("POST", f"/users/{HR}/sendMail", {"message": third})
        clock.time += timedelta(seconds=int(refused.headers["Retry-After"]))
        graph("POST", f"/users/{HR}/sendMail", {"message": third})
        assert graph.server.throttled == {"messages": 1}

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert len(organisation.told_to(ANNA, "mail")) == 3


def test_a_mailbox_takes_four_requests_at_once(clock: Clock) -> None:
    throttle = Throttle(Limits(), clock.now)

    with ExitStack() as requests_at_once:
        for _ in range(4):
            requests_at_once.enter_context(throttle.running(BO))
        requests_at_once.enter_context(throttle.running(ANNA))
        with pytest.raises(GraphError) as refused, throttle.running(BO):
            pass
    with throttle.running(BO):
        assert refused.value.status == 429


def test_a_line_that_says_nothing_does_not_keep_the_server_from_ending(
    organisation: Organisation, trust: ssl.SSLContext
) -> None:
    with serving(organisation, trust) as graph:
        silent = socket.create_connection(("localhost", httpx.URL(graph.server.endpoint).port or 0))
        graph("GET", f"/users/{BO}/events")  # came later, so the silent one has been taken

    with silent:
        assert silent.recv(1) == b""


def test_people_come_page_by_page_with_their_managers(graph: Client, organisation: Organisation) -> None:
    organisation.mailbox(ANNA).manager = BO
    query = {"$select": "id,mail", "$expand": "manager($select=id)", "$filter": "accountEnabled eq true", "$top": "3"}

    first = graph("GET", "/users", params=query)
    second = graph("GET", first["@odata.nextLink"])

    people = {each["mail"]: each for each in first["value"] + second["value"]}
    assert list(people) == [HR, BO, ANNA, CECILIA]
    assert people[ANNA]["manager"]["id"] == people[BO]["id"]


def test_a_room_list_has_its_rooms_with_their_seats(graph: Client, organisation: Organisation) -> None:
    organisation.add_room_list("rum@norrsken.example", "Plan 3")
    organisation.add(
        "tarnan@norrsken.example", where=Where.ONLINE, name="Tärnan", room_list="rum@norrsken.example", seats=4
    )

    (room,) = graph("GET", "/places/rum@norrsken.example/microsoft.graph.roomList/rooms")["value"]

    assert (room["displayName"], room["emailAddress"], room["capacity"]) == ("Tärnan", "tarnan@norrsken.example", 4)
    assert graph("GET", "/places/nix@norrsken.example/microsoft.graph.roomList/rooms") == (404, "ErrorItemNotFound")


def test_a_property_set_before_a_mailbox_moved_here_is_found(graph: Client, organisation: Organisation) -> None:
    organisation.migrate(BO, Where.ON_PREMISES)
    organisation.create(BO, start=START, end=START, properties={KEY: "o"})
    organisation.migrate(BO, Where.ONLINE)
    shouted = property_key(PROPERTY_SET, "talkcycle-order").replace(PROPERTY_SET.lower(), PROPERTY_SET)
    question = {
        "$filter": f"singleValueExtendedProperties/any(ep:ep/id eq '{shouted}' and ep/value eq 'o')",
        "$expand": f"singleValueExtendedProperties($filter=id eq '{KEY}')",
    }

    (found,) = graph("GET", f"/users/{BO}/events", params=question)["value"]

    assert found["singleValueExtendedProperties"] == [{"id": KEY, "value": "o"}]


def a_request(method: str, target: str, body: bytes = b"") -> Received:
    return received(method, f"/v1.0{target}", {"content-type": "application/json"}, body, START)


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_checker_says_where_a_request_is_malformed() -> None:
    batch = b'{"requests":[{"id":"1","method":"GET","url":"/users/a@b.example/calendarView"}]}'

    complaints = check(
        [
            a_request("GET", "/users/a@b.example/events?$top=5"),
            a_request("POST", "/users/a@b.example/events", b'{"subject":"x","start":{"dateTime":"2027-03-01T09:00:00"}}'),
            a_request("GET", "/users/a@b.example/agenda"),
            a_request("PUT", "/users"),
            a_request("POST", "/$batch", batch),
        ]
    )

    assert [complaint.partition(":")[0] for complaint in complaints] == [
        "POST /users/{}/events",
        "GET /users/{}/agenda",
        "PUT /users",
        "GET /users/{}/calendarView",
    ]
    assert "required property 'end'" in complaints[0]
    assert "startdatetime" in complaints[3]
