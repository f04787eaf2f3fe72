"""What the fake of Exchange Web Services owes to those who test with it, seen through exchangelib."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import certifi
import pytest
import requests
from exchangelib import (
    BASIC,
    DELEGATE,
    NTLM,
    OAUTH2,
    Attendee,
    CalendarItem,
    Configuration,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    FileAttachment,
    HTMLBody,
    Identity,
    Mailbox,
    Message,
    OAuth2Credentials,
    Q,
)
from exchangelib.errors import (
    ErrorImpersonateUserDenied,
    ErrorInvalidExchangeImpersonationHeaderData,
    ErrorInvalidSyncStateData,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorMailboxDataArrayTooBig,
    ErrorNonExistentMailbox,
    ErrorSchemaValidation,
    ErrorSendAsDenied,
    ErrorTimeIntervalTooBig,
    SOAPError,
    TransportError,
    UnauthorizedError,
)
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.items import NEVER_OVERWRITE, SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.protocol import FailFast
from exchangelib.services import GetUserOofSettings, SyncFolderItems

from dispatching import JumpingClock
from servers.ews_client import KNOWN, Client, TrustingAutodiscover, ews_client
from servers.ews_schema import WHY_ABSENT, schemas_are_here
from servers.ews_server import ACCOUNT, Complaints, EwsServer, ews_server
from servers.ews_soap import MESSAGES, SOAP
from servers.organisation import Busy, Organisation, Response, Where, property_key

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
BO, ANNA, OLLE = "bo@norrsken.example", "anna@norrsken.example", "olle@norrsken.example"
ROOM, ROOMS = "masen@norrsken.example", "rum@norrsken.example"
STOCKHOLM = EWSTimeZone("Europe/Stockholm")
START = EWSDateTime(2027, 4, 1, 9, tzinfo=STOCKHOLM)
PROPERTY_SET = "5B6F5C1E-71D4-4F0F-9A3C-0F3F7D1B2A90"


class Label(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    property_set_id, property_name, property_type = PROPERTY_SET, "Label", "String"


@pytest.fixture(autouse=True)
def _labels() -> Iterator[None]:
    for kind in (CalendarItem, Message):
        kind.register("label", Label)
    yield
    for kind in (CalendarItem, Message):
        kind.deregister("label")


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(NOW)


@pytest.fixture
def organisation(clock: JumpingClock) -> Organisation:
    made = Organisation(now=clock.now)
    made.add(ACCOUNT, where=Where.ON_PREMISES, name="HR")
    made.add(BO, where=Where.ON_PREMISES, name="Bo Ek")
    made.add(ANNA, where=Where.ON_PREMISES, name="Anna Al", manager=BO, department="Hamnen", site="Umeå")
    made.add(OLLE, where=Where.ONLINE, name="Olle Bo")
    made.add_room_list(ROOMS, "Rum i Umeå")
    made.add(ROOM, where=Where.ON_PREMISES, name="Måsen", room_list=ROOMS)
    return made


@pytest.fixture
def server(organisation: Organisation) -> Iterator[EwsServer]:
    with ews_server(organisation) as running:
        yield running


@pytest.fixture
def client(server: EwsServer) -> Iterator[Client]:
    with ews_client(server) as made:
        yield made


def somebody(address: str) -> Attendee:
    return Attendee(mailbox=Mailbox(email_address=address), response_type="Unknown")


def a_meeting(account: Any, **more: Any) -> CalendarItem:
    fields = {"subject": "Samtal", "start": START, "end": START + timedelta(hours=1)} | more
    return CalendarItem(account=account, folder=account.calendar, **fields)


def invited(account: Any, **more: Any) -> CalendarItem:
    people = {"required_attendees": [somebody(ANNA)], "resources": [somebody(ROOM)]}
    return a_meeting(account, **people, **more).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)


# Against the schemas


@pytest.mark.skipif(not schemas_are_here(), reason=WHY_ABSENT)
def test_a_request_that_violates_the_schema_is_refused_and_fails_the_test(organisation: Organisation) -> None:
    with (
        pytest.raises(Complaints, match="ResolveNames violates the schema"),
        ews_server(organisation) as server,
        ews_client(server) as client,
        pytest.raises(ErrorSchemaValidation, match="UnresolvedEntry"),
    ):
        client.protocol.resolve_names(["one", "two at once"])


def test_asking_what_the_fake_does_not_know_fails_the_test(organisation: Organisation) -> None:
    with (
        pytest.raises(Complaints, match="GetUserOofSettings"),
        ews_server(organisation) as server,
        ews_client(server) as client,
        pytest.raises((TransportError, SOAPError)),
    ):
        list(GetUserOofSettings(account=client.open(BO)).call(mailbox=Mailbox(email_address=BO)))


# Meetings


def test_nobody_is_told_before_a_request_says_so_and_files_go_with_the_invitation(
    client: Client, organisation: Organisation
) -> None:
    item = a_meeting(
        client.open(BO),
        body=HTMLBody("<p>Välkommen</p>"),
        required_attendees=[somebody(ANNA)],
        sensitivity="Private",
        reminder_is_set=True,
        reminder_minutes_before_start=15,
    )
    item.save(send_meeting_invitations=SEND_TO_NONE)
    item.attach(FileAttachment(name="Dagordning.pdf", content=b"%PDF-1.7", content_type="application/pdf"))
    assert organisation.told == []

    item.location = "Måsen"
    item.save(update_fields=["location"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)

    (told,) = organisation.told
    assert (told.to, told.what, told.files, told.text) == (ANNA, "invitation", ("Dagordning.pdf",), "<p>Välkommen</p>")
    (theirs,) = client.open(ANNA).calendar.all()
    assert (theirs.start, theirs.location, theirs.sensitivity) == (START, "Måsen", "Private")
    assert (theirs.reminder_minutes_before_start, theirs.attachments[0].content) == (15, b"%PDF-1.7")


def test_a_change_tells_everybody_and_whoever_is_taken_out(client: Client, organisation: Organisation) -> None:
    item = invited(client.open(BO))
    item.required_attendees = [somebody(ACCOUNT)]
    item.save(update_fields=["required_attendees"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)

    assert [told.what for told in organisation.told_to(ANNA)] == ["invitation", "cancellation"]
    assert [told.what for told in organisation.told_to(ROOM)] == ["invitation", "update"]
    assert [told.what for told in organisation.told_to(ACCOUNT)] == ["invitation"]


def test_answers_stand_in_the_organizers_item_alone(client: Client) -> None:
    mine = invited(client.open(BO))
    (theirs,) = client.open(ANNA).calendar.all()
    proposed = START + timedelta(days=1)
    theirs.decline(proposed_start=proposed, proposed_end=proposed + timedelta(hours=1))

    mine.refresh()
    (anna,), (room,) = mine.required_attendees, mine.resources
    assert (anna.response_type, anna.last_response_time, anna.proposed_start) == ("Decline", NOW, proposed)
    assert room.response_type == "Accept"
    theirs.refresh()
    assert theirs.required_attendees[0].response_type == "Unknown"


def test_a_cancelled_meeting_leaves_every_calendar_and_says_why(client: Client, organisation: Organisation) -> None:
    mine = invited(client.open(BO))
    mine.cancel(new_body="Inställt")

    assert organisation.told_to(ANNA, "cancellation")[0].text == "Inställt"
    assert client.open(ANNA).calendar.all().count() == 0
    with pytest.raises(ErrorItemNotFound):
        mine.refresh()


def test_a_changed_item_is_not_overwritten_by_those_who_forbid_it(client: Client) -> None:
    account = client.open(BO)
    mine = a_meeting(account).save()
    other = account.calendar.get(id=mine.id)
    other.subject = "theirs"
    other.save(update_fields=["subject"])

    mine.subject = "mine"
    with pytest.raises(ErrorIrresolvableConflict):
        mine.save(update_fields=["subject"], conflict_resolution=NEVER_OVERWRITE)
    mine.save(update_fields=["subject"])
    other.refresh()
    assert other.subject == "mine"


def test_entries_are_found_by_extended_properties_which_do_not_reach_attendees(
    client: Client, organisation: Organisation
) -> None:
    account = client.open(BO)
    for label in ("a", "b", "c"):
        invited(account, label=label)

    found = account.calendar.filter(Q(label="a") | Q(label="c", subject="Samtal")).only("label")
    assert {item.label for item in found} == {"a", "c"}
    assert client.open(ANNA).calendar.filter(label="a").count() == 0
    assert len(organisation.find(BO, **{property_key(PROPERTY_SET, "Label"): "b"})) == 1


def test_finding_and_following_tell_no_attendees_and_getting_does(client: Client) -> None:
    account = client.open(BO)
    mine = invited(account)
    (change,) = account.calendar.sync_items(only_fields=["subject", "required_attendees"])
    assert change[1].required_attendees is None
    assert account.calendar.get(id=mine.id).required_attendees is not None


# What has changed


def synced(account: Any, state: str | None, most: int = 100) -> tuple[list[tuple[str, str]], str, bool]:
    """Changes (kind, id), the new state, and whether that was all."""
    service = SyncFolderItems(account=account)
    found = service.call(
        folder=account.calendar,
        shape="IdOnly",
        additional_fields=None,
        sync_state=state,
        ignore=None,
        max_changes_returned=most,
        sync_scope=None,
    )
    changes = [(kind, item.id) for kind, item in found]
    return changes, service.sync_state, service.includes_last_item_in_range


def test_changes_are_told_once_in_pages_and_deleted_items_by_their_id(client: Client, organisation: Organisation) -> None:
    account = client.open(BO)
    items = [a_meeting(account).save() for _ in range(3)]

    first, state, all_told = synced(account, None, most=2)
    assert (first, all_told) == ([("create", item.id) for item in items[:2]], False)
    rest, state, all_told = synced(account, state, most=2)
    assert (rest, all_told) == ([("create", items[2].id)], True)
    assert synced(account, state)[0] == []

    organisation.update(BO, items[0].id, subject="anew")
    deleted = items[1].id
    items[1].delete()
    assert synced(account, state)[0] == [("update", items[0].id), ("delete", deleted)]


def test_states_that_are_forgotten_or_anothers_are_refused(client: Client, server: EwsServer) -> None:
    _, state, _ = synced(client.open(BO), None)
    with pytest.raises(ErrorInvalidSyncStateData):
        synced(client.open(ANNA), state)
    server.forget_states()
    with pytest.raises(ErrorInvalidSyncStateData):
        synced(client.open(BO), state)


# Mail


def test_a_draft_of_exact_bytes_is_sent_once_and_found_by_its_label(client: Client, organisation: Organisation) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = f"HR <{ACCOUNT}>", ANNA, "<1@talkcycle.example>"
    mail.set_content("Hej")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Bilaga.pdf")
    account = client.open(ACCOUNT, DELEGATE)
    draft = Message(account=account, folder=account.drafts, mime_content=bytes(mail), label="m1").save()
    assert (organisation.told, account.drafts.filter(label="m1").count()) == ([], 1)

    draft.send()

    (told,) = organisation.told
    assert (told.to, told.uid, told.files) == (ANNA, "<1@talkcycle.example>", ("Bilaga.pdf",))
    assert (account.drafts.all().count(), account.sent.filter(label="m1").count()) == (0, 1)
    assert client.open(ANNA).inbox.filter(message_id="<1@talkcycle.example>").count() == 1


def test_nobody_sends_as_somebody_else(client: Client) -> None:
    account = client.open(ACCOUNT, DELEGATE)
    mail = f"From: {BO}\r\nTo: {ANNA}\r\n\r\nHej".encode()
    with pytest.raises(ErrorSendAsDenied):
        Message(account=account, folder=account.drafts, mime_content=mail).save()


# Free/busy, rooms, people


def free_busy(client: Client, *addresses: str, start: EWSDateTime = START, days: int = 1) -> list[Any]:
    asked = [(address, "Required", False) for address in addresses]
    return list(client.protocol.get_free_busy_info(asked, start, start + timedelta(days=days), requested_view="FreeBusy"))


def test_busy_times_are_local_across_a_change_of_clocks_and_carry_no_subjects(
    client: Client, organisation: Organisation
) -> None:
    winter, summer = datetime(2027, 3, 27, 8, tzinfo=UTC), datetime(2027, 3, 29, 8, tzinfo=UTC)
    for start in (winter, summer):
        organisation.occupy(ANNA, start, start + timedelta(hours=1), Busy.AWAY)
    from_ = EWSDateTime(2027, 3, 25, tzinfo=STOCKHOLM)
    (anna,) = free_busy(client, ANNA, start=from_, days=14)

    assert [event.start for event in anna.calendar_events] == [winter, summer]
    assert {(event.busy_type, event.details) for event in anna.calendar_events} == {("OOF", None)}
    (hours,) = anna.working_hours
    assert (hours.weekdays, hours.start.hour, hours.end.hour) == ([1, 2, 3, 4, 5], 8, 17)
    assert anna.working_hours_timezone.bias == -60


def test_an_unknown_mailbox_keeps_no_other_from_being_told(client: Client) -> None:
    anna, unknown, moved = free_busy(client, ANNA, "ingen@norrsken.example", OLLE)
    assert anna.calendar_events == []
    assert all("Unable to resolve e-mail address" in str(each) for each in (unknown, moved))


def test_too_many_mailboxes_and_too_long_a_time_are_refused(client: Client) -> None:
    from exchangelib.services import GetUserAvailability  # noqa: PLC0415  # only here

    chunk, GetUserAvailability.CHUNK_SIZE = GetUserAvailability.CHUNK_SIZE, 200
    try:
        with pytest.raises(ErrorMailboxDataArrayTooBig):
            free_busy(client, *[ANNA] * 101)
    finally:
        GetUserAvailability.CHUNK_SIZE = chunk
    assert free_busy(client, ANNA, days=62)
    with pytest.raises(ErrorTimeIntervalTooBig):
        free_busy(client, ANNA, days=63)


def test_rooms_are_listed(client: Client) -> None:
    (listed,) = client.protocol.get_roomlists()
    assert (listed.name, listed.email_address) == ("Rum i Umeå", ROOMS)
    assert [(room.name, room.email_address) for room in client.protocol.get_rooms(ROOMS)] == [("Måsen", ROOM)]


def test_people_are_found_by_the_beginning_of_their_names_with_their_managers(client: Client) -> None:
    ((mailbox, contact),) = client.protocol.resolve_names(["al"], return_full_contact_data=True, shape="AllProperties")
    assert (mailbox.email_address, contact.department, contact.office) == (ANNA, "Hamnen", "Umeå")
    assert contact.manager_mailbox.email_address == BO
    ((_, brief),) = client.protocol.resolve_names(["al"], return_full_contact_data=True)
    assert brief.manager_mailbox is None


def test_no_more_than_a_hundred_are_found_and_there_is_no_next_page(client: Client, organisation: Organisation) -> None:
    for number in range(101):
        organisation.add(f"u{number}@norrsken.example", where=Where.ON_PREMISES)
    with pytest.warns(UserWarning, match="at most 100 candidates"):
        assert len(client.protocol.resolve_names(["smtp:u"])) == 100


# Who may come in, and as whom


def test_impersonation_ends_where_its_scope_or_the_server_does(client: Client, server: EwsServer) -> None:
    with pytest.raises(ErrorNonExistentMailbox):
        client.open(OLLE).calendar.all().count()
    server.settings.scope = frozenset({BO})
    client.open(BO).calendar.all().count()
    with pytest.raises(ErrorImpersonateUserDenied):
        client.open(ANNA).calendar.all().count()
    assert [each.mailbox for each in server.requests][-1] == ANNA


def test_a_wrong_password_is_refused_and_counted(server: EwsServer) -> None:
    with ews_client(server, password="wrong") as client, pytest.raises(UnauthorizedError):
        client.open(BO).calendar.all().count()
    assert [(each.scheme, each.granted) for each in server.logins] == [("basic", False)]
    assert server.requests == []


def test_ntlm_logs_in_once_a_connection(organisation: Organisation) -> None:
    with ews_server(organisation, user="NORRSKEN\\hr-samtal") as server:
        with ews_client(server, auth_type=NTLM) as client:
            assert client.open(BO).calendar.all().count() == 0
        assert [(each.scheme, each.user, each.granted) for each in server.logins] == [
            ("ntlm", "NORRSKEN\\hr-samtal", True)
        ]
        with ews_client(server, auth_type=NTLM, password="wrong") as client, pytest.raises(UnauthorizedError):
            client.open(BO).calendar.all().count()
        assert [each.granted for each in server.logins] == [True, False]


def test_login_and_version_can_be_found_out(server: EwsServer) -> None:
    with ews_client(server, auth_type=None, version=None) as client:
        assert client.open(BO).calendar.all().count() == 0
        assert (client.protocol.auth_type, str(client.protocol.version.build)) == (NTLM, "15.1.2507.6")


class TokensOfTheFake(OAuth2Credentials):  # type: ignore[misc]  # exchangelib has no types
    url = ""

    @property
    def token_url(self) -> str:
        return self.url


def test_tokens_are_for_those_with_the_secret_and_end_by_the_clock(server: EwsServer, clock: JumpingClock) -> None:
    me = Identity(primary_smtp_address=ACCOUNT)
    gate = server.gate
    credentials = TokensOfTheFake(gate.client_id, gate.client_secret, tenant_id=gate.tenant, identity=me)
    credentials.url = f"{server.authority}/{gate.tenant}/oauth2/v2.0/token"
    with ews_client(server, credentials=credentials, auth_type=OAUTH2) as client:
        assert list(client.protocol.get_roomlists())
        clock.jump(gate.token_lifetime)
        with pytest.raises(UnauthorizedError):
            client.open(BO).calendar.all().count()
    schemes = [(each.scheme, each.granted) for each in server.logins]
    assert schemes[:3] == [("client_credentials", True), ("bearer", True), ("bearer", False)]


def test_an_application_has_no_mailbox_of_its_own(server: EwsServer) -> None:
    gate = server.gate
    credentials = TokensOfTheFake(gate.client_id, gate.client_secret, tenant_id=gate.tenant)
    credentials.url = f"{server.authority}/{gate.tenant}/oauth2/v2.0/token"
    with (
        ews_client(server, credentials=credentials, auth_type=OAUTH2) as client,
        pytest.raises(ErrorInvalidExchangeImpersonationHeaderData),
    ):
        list(client.protocol.get_roomlists())


def test_what_people_do_shows(client: Client, organisation: Organisation) -> None:
    mine = invited(client.open(BO), uid="u1@talkcycle.example")
    organisation.answer(ANNA, "u1@talkcycle.example", Response.TENTATIVE)
    mine.refresh()
    assert mine.required_attendees[0].response_type == "Tentative"


def test_nobody_gets_in_who_does_not_trust_the_authority(server: EwsServer) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.post(server.endpoint, timeout=10, verify=certifi.where())
    assert server.requests == []


def test_autodiscover_tells_where_a_mailbox_is_served(server: EwsServer) -> None:
    config = Configuration(
        service_endpoint=server.autodiscover,
        credentials=Credentials(server.user, server.password),
        auth_type=BASIC,
        version=KNOWN,
        retry_policy=FailFast(),
    )
    protocol = TrustingAutodiscover(config=config)
    found, other = (protocol.get_user_settings(address, ["external_ews_url"]) for address in (BO, OLLE))
    protocol.close()
    assert found.user_settings["external_ews_url"] == server.endpoint
    assert other.error_code == "InvalidUser"


def test_the_end_of_the_password_is_told(server: EwsServer) -> None:
    server.settings.password_expires = NOW + timedelta(days=9)
    body = f'<m:GetPasswordExpirationDate xmlns:m="{MESSAGES}"/>'
    envelope = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(server.ca_file)
        told = session.post(server.endpoint, data=envelope, auth=(server.user, server.password), timeout=10)
    assert "<m:PasswordExpirationDate>2027-03-10T08:00:00Z<" in told.text
