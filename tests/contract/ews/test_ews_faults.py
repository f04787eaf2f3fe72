"""How the fake of Exchange Web Services misbehaves on demand, and what its limits do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from exchangelib import CalendarItem
from exchangelib.errors import (
    ErrorInternalServerTransientError,
    ErrorInvalidSyncStateData,
    ErrorServerBusy,
    ErrorTimeoutExpired,
    EWSError,
    MalformedResponseError,
    UnauthorizedError,
)
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY

from dispatching import JumpingClock
from ews_office import ANNA, BO, NOW, START
from servers.ews_client import Client, ews_client
from servers.ews_faults import Fault, busy, cut_after, cut_before, http_error, refusing, slow
from servers.ews_limits import EwsLimits, Throttle
from servers.ews_server import EwsServer, ews_server
from servers.ews_soap import Call, Refusal, m
from servers.organisation import Organisation


def save_a_meeting(account: Any) -> None:
    """Tells one attendee."""
    item = CalendarItem(
        account=account, folder=account.calendar, start=START, end=START + timedelta(hours=1), required_attendees=[ANNA]
    )
    item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)


@pytest.mark.parametrize(("fault", "done"), [(cut_before, 0), (cut_after, 1)])
def test_a_line_can_be_cut_before_or_after_a_request_is_carried_out(
    fault: Callable[[str], Fault], done: int, server: EwsServer, client: Client, organisation: Organisation
) -> None:
    server.faults.add(fault("CreateItem"))
    with pytest.raises(ErrorTimeoutExpired):
        save_a_meeting(client.open(BO))
    assert (len(organisation.told_to(ANNA)), len(server.asked("CreateItem"))) == (done, 1)
    save_a_meeting(client.open(BO))
    assert len(organisation.told_to(ANNA)) == done + 1


def test_an_answer_can_come_too_late(server: EwsServer, client: Client, organisation: Organisation) -> None:
    account = client.open(BO)
    assert account.calendar.name == "Calendar"
    server.faults.add(slow(60, "CreateItem"))
    client.protocol.TIMEOUT = 0.1
    with pytest.raises(ErrorTimeoutExpired):
        save_a_meeting(account)
    assert len(organisation.told_to(ANNA)) == 1


@pytest.mark.parametrize(
    ("fault", "error", "back_off"),
    [
        (busy(back_off=297_749), ErrorServerBusy, 297.749),
        (busy(), ErrorServerBusy, 10),  # exchangelib's own, where the server says none
        (busy(as_message=True), ErrorServerBusy, 10),
        (http_error(429, retry_after="30"), MalformedResponseError, None),
        (http_error(500), MalformedResponseError, None),
        (http_error(502), MalformedResponseError, None),
        (http_error(503), ErrorInternalServerTransientError, None),
        (http_error(401), UnauthorizedError, None),
    ],
)
def test_a_server_can_refuse(
    fault: Fault, error: type[EWSError], back_off: float | None, server: EwsServer, organisation: Organisation
) -> None:
    with ews_client(server) as client:
        account = client.open(BO)
        assert account.calendar.name == "Calendar"
        fault.operation, fault.times = "CreateItem", 1
        server.faults.add(fault)
        with pytest.raises(EWSError) as raised:
            save_a_meeting(account)
        cause = raised.value if isinstance(raised.value, error) else raised.value.__context__
        assert isinstance(cause, error)
        assert getattr(cause, "back_off", None) == back_off
        assert organisation.told == []
        save_a_meeting(account)
        assert len(organisation.told_to(ANNA)) == 1


def test_a_message_can_say_for_how_long_the_server_is_busy(server: EwsServer) -> None:
    """exchangelib does not read it there; others may."""
    fault = busy(back_off=1500, as_message=True)
    server.faults.add(fault)
    with ews_client(server) as client, pytest.raises(ErrorServerBusy):
        list(client.open(BO).calendar.all())
    assert server.faults.met == [fault]


def test_a_fault_waits_for_the_request_it_is_meant_for(server: EwsServer, client: Client) -> None:
    server.faults.add(
        refusing("ErrorInvalidSyncStateData", "SyncFolderItems", when=lambda call: call.impersonated == ANNA)
    )
    assert list(client.open(BO).calendar.sync_items()) == []
    with pytest.raises(ErrorInvalidSyncStateData):
        list(client.open(ANNA).calendar.sync_items())
    assert list(client.open(ANNA).calendar.sync_items()) == []


def test_more_messages_a_minute_than_allowed_are_refused_with_the_time_to_wait(
    organisation: Organisation, clock: JumpingClock
) -> None:
    with ews_server(organisation, limits=EwsLimits(messages_per_minute=2)) as server, ews_client(server) as client:
        account = client.open(BO)
        for _ in range(2):
            save_a_meeting(account)
            clock.jump(timedelta(seconds=20))
        with pytest.raises(ErrorServerBusy) as refused:
            save_a_meeting(account)
        assert (refused.value.back_off, server.throttled) == (20.0, 1)
        save_a_meeting(client.open(ANNA))  # another mailbox
        clock.jump(timedelta(seconds=20))
        save_a_meeting(account)
        assert server.throttled == 1


def test_more_requests_at_once_than_allowed_are_refused() -> None:
    throttle = Throttle(EwsLimits(connections=1), now=lambda: NOW)
    call = Call(operation="GetItem", body=m("GetItem"), raw=b"")
    with throttle.passing(call, BO):
        with pytest.raises(Refusal) as refused, throttle.passing(call, ANNA):
            raise AssertionError
        assert (refused.value.code, throttle.throttled) == ("ErrorServerBusy", 1)
    with throttle.passing(call, ANNA):
        assert throttle.most_at_once == 1
