"""What a failure means is decided by how far the request got and by what the server said; nothing of it names anybody."""

import ssl
from datetime import timedelta

import pytest
import requests
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorCalendarOutOfRange,
    ErrorImpersonateUserDenied,
    ErrorInternalServerError,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorMailboxMoveInProgress,
    ErrorMailboxStoreUnavailable,
    ErrorMessageSizeExceeded,
    ErrorNonExistentMailbox,
    ErrorQuotaExceeded,
    ErrorSchemaValidation,
    ErrorServerBusy,
    ErrorTimeoutExpired,
    ErrorTooManyObjectsOpened,
    EWSError,
    SOAPError,
    TransportError,
)
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.transports.exchange.line import Refusal
from talkcycle.transports.exchange.replies import Denied, NotHere, explained

SECRET = "anna@norrsken.example"
ONE = HTTPSConnection("mail.norrsken.example")


def wrapped(network: Exception, kind: type[EWSError] = ErrorTimeoutExpired) -> EWSError:
    """As exchangelib raises it: in the place of what requests raised."""
    failure = kind(f"Reraised from {type(network).__name__}")
    failure.__context__ = network
    return failure


def refused(verify: str = "self-signed certificate") -> requests.exceptions.SSLError:
    reason = ssl.SSLCertVerificationError(1, verify)
    reason.verify_message = verify
    return requests.exceptions.SSLError(MaxRetryError(ONE, "/", SSLError(reason)))  # type: ignore[arg-type]  # any pool


NEVER_SENT = {
    "no route": requests.ConnectionError(MaxRetryError(ONE, "/", NewConnectionError(ONE, "refused"))),  # type: ignore[arg-type]  # any pool
    "too slow to connect": requests.ConnectTimeout(MaxRetryError(ONE, "/", ConnectTimeoutError(ONE, "slow"))),  # type: ignore[arg-type]  # any pool
    "another protocol": requests.exceptions.SSLError(ssl.SSLError(1, "WRONG_VERSION_NUMBER")),
}
PERHAPS_SENT = {
    "cut": requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))),
    "cut without goodbye": requests.exceptions.SSLError(MaxRetryError(ONE, "/", SSLError(ssl.SSLEOFError(8, "EOF")))),  # type: ignore[arg-type]  # any pool
    "no answer": requests.ReadTimeout("read timed out"),
    "half an answer": requests.exceptions.ChunkedEncodingError("broken"),
}


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("failure", NEVER_SENT.values(), ids=NEVER_SENT.keys())
@pytest.mark.parametrize("kind", [ErrorTimeoutExpired, TransportError])
def test_what_never_left_concerns_everybody_and_was_certainly_not_done(
    failure: Exception, kind: type[EWSError], *, visible: bool
) -> None:
    error = explained(wrapped(failure, kind), visible=visible)

    assert isinstance(error, TransientDeliveryError)
    assert error.connection_wide


@pytest.mark.parametrize("failure", PERHAPS_SENT.values(), ids=PERHAPS_SENT.keys())
def test_what_may_have_arrived_is_unknown_when_others_would_see_it(failure: Exception) -> None:
    assert isinstance(explained(wrapped(failure), visible=True), UnknownDeliveryError)

    error = explained(wrapped(failure), visible=False)

    assert isinstance(error, TransientDeliveryError)
    assert not error.connection_wide


def test_a_certificate_that_does_not_hold_says_so_and_gives_people_time() -> None:
    error = explained(wrapped(refused(), TransportError), visible=True)

    assert isinstance(error, TransientDeliveryError)
    assert error.connection_wide
    assert "self-signed certificate" in str(error)
    assert error.retry_after is not None
    assert error.retry_after >= timedelta(minutes=10)


@pytest.mark.parametrize(
    ("status", "kind", "wide"),
    [
        (301, TransientDeliveryError, "connection"),
        (403, TransientDeliveryError, "connection"),
        (404, TransientDeliveryError, "connection"),
        (413, PermanentDeliveryError, ""),
        (429, TransientDeliveryError, "mailbox"),
        (500, TransientDeliveryError, "connection"),
        (503, TransientDeliveryError, "connection"),
    ],
)
def test_an_http_status_has_a_meaning(status: int, kind: type[DeliveryError], wide: str) -> None:
    error = explained(Refusal(status, pause=timedelta(minutes=99)), visible=False)

    assert isinstance(error, kind)
    if isinstance(error, TransientDeliveryError):
        assert (error.connection_wide, error.mailbox_wide) == (wide == "connection", wide == "mailbox")
        assert error.retry_after is not None
        assert error.retry_after >= timedelta(minutes=60)


@pytest.mark.parametrize(
    ("failure", "kind", "wide"),
    [
        (ErrorServerBusy("x", back_off=90), TransientDeliveryError, True),
        (ErrorTooManyObjectsOpened("x"), TransientDeliveryError, True),
        (ErrorMailboxStoreUnavailable("x"), TransientDeliveryError, True),
        (ErrorMailboxMoveInProgress("x"), TransientDeliveryError, True),
        (ErrorQuotaExceeded("x"), TransientDeliveryError, True),
        (ErrorIrresolvableConflict("x"), TransientDeliveryError, True),
        (ErrorItemNotFound("x"), TransientDeliveryError, True),
        (ErrorImpersonateUserDenied("x"), Denied, True),
        (ErrorAccessDenied("x"), Denied, True),
        (ErrorNonExistentMailbox("x"), NotHere, False),
        (SOAPError("SOAP error code: ErrorCannotFindUser string: user not found"), NotHere, False),
        (TransportError("Unknown ResponseCode in ResponseMessage: ErrorCannotFindUser"), NotHere, False),
        (ErrorMessageSizeExceeded("x"), PermanentDeliveryError, False),
        (ErrorSchemaValidation("x"), PermanentDeliveryError, False),
    ],
)
@pytest.mark.parametrize("visible", [True, False])
def test_a_response_code_that_says_that_nothing_was_done_is_believed(
    failure: EWSError, kind: type[DeliveryError], *, wide: bool, visible: bool
) -> None:
    error = explained(failure, visible=visible)

    assert isinstance(error, kind)
    assert isinstance(error, TransientDeliveryError) is issubclass(kind, TransientDeliveryError)
    if isinstance(error, TransientDeliveryError):
        assert error.mailbox_wide is wide
        assert not error.connection_wide


def test_the_servers_wish_is_passed_on() -> None:
    error = explained(ErrorServerBusy("x", back_off=90.5), visible=True)

    assert isinstance(error, TransientDeliveryError)
    assert error.retry_after == timedelta(seconds=90.5)


@pytest.mark.parametrize(
    "failure", [ErrorTimeoutExpired("x"), ErrorInternalServerError("x"), ErrorCalendarOutOfRange("x")]
)
def test_a_response_code_that_leaves_it_open_is_unknown_when_others_would_see_it(failure: EWSError) -> None:
    assert isinstance(explained(failure, visible=True), UnknownDeliveryError)
    assert isinstance(explained(failure, visible=False), TransientDeliveryError)


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize(
    "failure",
    [
        ErrorNonExistentMailbox(SECRET),
        ErrorAccessDenied(SECRET),
        ErrorInternalServerError(SECRET),
        ErrorSchemaValidation(SECRET),
        SOAPError(f"Bad SOAP response: {SECRET}"),
        wrapped(requests.ReadTimeout(SECRET)),
        wrapped(requests.ConnectionError(SECRET)),
    ],
)
def test_what_a_server_says_is_not_repeated(failure: EWSError, *, visible: bool) -> None:
    assert SECRET not in str(explained(failure, visible=visible))
