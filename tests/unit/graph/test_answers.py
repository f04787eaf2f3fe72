"""What an answer of Graph's means for a message."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.transports.graph.answers import MOST_PAUSE, Answer, NoMailbox, answer_of, judged, retry_after

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def answer(status: int, code: str = "", message: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body={"error": {"code": code, "message": message}})


def transient(failure: DeliveryError) -> TransientDeliveryError:
    assert isinstance(failure, TransientDeliveryError)
    return failure


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 1.5 ", timedelta(seconds=1.5)),
        ("0", timedelta(0)),
        ("-5", timedelta(0)),
        ("Mon, 01 Mar 2027 08:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 01 Mar 2027 07:00:00 GMT", timedelta(0)),
        ("999999", MOST_PAUSE),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_delay_is_read_in_seconds_or_as_a_date_and_bounded(value: str, expected: timedelta | None) -> None:
    assert retry_after(value, NOW) == expected


@given(st.text(max_size=40))
def test_whatever_stands_in_the_header_the_pause_is_bounded(value: str) -> None:
    pause = retry_after(value, NOW)

    assert pause is None or timedelta(0) <= pause <= MOST_PAUSE


@pytest.mark.parametrize("status", [500, 502, 504, 503, 599, 302])
def test_what_may_have_been_carried_out_is_unknown_where_others_would_see_it(status: int) -> None:
    assert isinstance(judged(answer(status), visible=True, now=NOW), UnknownDeliveryError)
    assert isinstance(judged(answer(status), visible=False, now=NOW), TransientDeliveryError)


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize(
    "turned_away",
    [
        answer(429),
        answer(429, retry_after="30"),
        answer(503, retry_after="30"),
        answer(500, "ErrorServerBusy", retry_after="30"),
        answer(503, "ErrorMailboxMoveInProgress"),
        answer(507, "ErrorQuotaExceeded"),
    ],
)
def test_what_was_turned_away_unread_waits_and_so_does_its_mailbox(turned_away: Answer, *, visible: bool) -> None:
    failure = transient(judged(turned_away, visible=visible, now=NOW))

    asked = timedelta(seconds=30) if "retry-after" in turned_away.headers else failure.retry_after
    assert (failure.mailbox_wide, failure.connection_wide, failure.retry_after) == (True, False, asked)
    assert failure.retry_after is not None
    assert failure.retry_after >= timedelta(seconds=30)


@pytest.mark.parametrize(
    "code",
    ["MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI", "ErrorInvalidUser", "Request_ResourceNotFound"],
)
def test_a_mailbox_that_is_not_there_is_told_from_an_item_that_is_not(code: str) -> None:
    assert isinstance(judged(answer(404, code), visible=True, now=NOW), NoMailbox)
    item = judged(answer(404, "ErrorItemNotFound"), visible=True, now=NOW)
    assert isinstance(item, PermanentDeliveryError)
    assert not isinstance(item, NoMailbox)


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 422])
def test_what_graph_does_not_want_it_never_will(status: int) -> None:
    assert isinstance(judged(answer(status), visible=True, now=NOW), PermanentDeliveryError)


@pytest.mark.parametrize("status", [401, 408, 409, 412, 423])
def test_what_came_at_a_bad_moment_may_come_again(status: int) -> None:
    assert not transient(judged(answer(status), visible=True, now=NOW)).connection_wide


def test_a_missing_right_waits_long_and_says_who_tells_more() -> None:
    failure = transient(judged(answer(403, "ErrorAccessDenied"), visible=True, now=NOW))

    assert (failure.mailbox_wide, failure.connection_wide) == (True, False)
    assert failure.retry_after is not None
    assert failure.retry_after >= timedelta(hours=1)
    assert "talkcycle doctor" in str(failure)


@pytest.mark.parametrize(
    "message",
    [
        "The mailbox bo@norrsken.example is gone.",
        "User 'bo@norrsken.example' is invalid",
        "<bo@norrsken.example>: no",
        'Mailbox "bo@norrsken.example", which was asked for',
        "smtp:bo@norrsken.example;",
    ],
)
def test_words_carry_the_request_and_no_address(message: str) -> None:
    said = answer(400, "ErrorX", message, request_id="4a1d").said

    assert "norrsken" not in said
    assert said.startswith("400 ErrorX")
    assert said.endswith("(request-id 4a1d)")


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": None}, {"error": "x"}, {"error": {"code": None}}])
def test_an_error_of_any_shape_can_be_told(body: Any) -> None:
    odd = Answer(status=418, body=body)

    assert odd.said == "418"
    assert isinstance(judged(odd, visible=True, now=NOW), PermanentDeliveryError)


@pytest.mark.parametrize("content", [b'{"id": "a', b"<html>", b"\xff\xfe"])
def test_a_success_that_breaks_off_is_none(content: bytes) -> None:
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        answer_of(200, {}, content)
    assert answer_of(502, {}, content).body is None


@pytest.mark.parametrize(
    ("told", "forgotten"),
    [
        (answer(410, "SyncStateNotFound"), True),
        (answer(410, "resyncRequired"), True),
        (answer(410), True),
        (answer(400, "SyncStateInvalid"), True),
        (answer(400, "BadRequest"), False),
        (Answer(status=200), False),
    ],
)
def test_a_forgotten_state_is_recognised(told: Answer, *, forgotten: bool) -> None:
    assert told.state_is_forgotten is forgotten
