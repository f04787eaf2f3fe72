"""What a failure means: for one message, for its mailbox, for the whole server. Only codes are repeated, never words."""

import ssl
from collections.abc import Iterator
from datetime import timedelta

import requests
from exchangelib.errors import ErrorServerBusy, ResponseMessageError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.transports.exchange.line import Refusal
from talkcycle.transports.exchange.pauses import DENIED_PAUSE, MISCONFIGURED_PAUSE, MOVING_PAUSE

NOT_HERE = frozenset({"ErrorNonExistentMailbox", "ErrorCannotFindUser", "ErrorNoRespondingCASInDestinationSite"})
"""The server has no such mailbox (any more). ``ErrorCannotFindUser`` is gromox's word for it."""
DENIED = frozenset(
    {
        "ErrorAccessDenied",
        "ErrorImpersonateUserDenied",
        "ErrorImpersonationDenied",
        "ErrorImpersonationFailed",
        "ErrorSendAsDenied",
        "ErrorAccountDisabled",
    }
)
BUSY = frozenset(
    {
        "ErrorServerBusy",
        "ErrorTooManyObjectsOpened",
        "ErrorExceededConnectionCount",
        "ErrorExceededFindCountLimit",
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxFailover",
        "ErrorConnectionFailed",
        "ErrorInsufficientResources",
        "ErrorNotEnoughMemory",
        "ErrorADUnavailable",
        "ErrorBatchProcessingStopped",
        "ErrorIrresolvableConflict",
        "ErrorItemNotFound",
        "ErrorStaleObject",
    }
)
"""Not carried out, and worth another try."""
MOVING = frozenset({"ErrorMailboxMoveInProgress"})
FULL = frozenset({"ErrorQuotaExceeded"})
IMPOSSIBLE = frozenset(
    {
        "ErrorAttachmentSizeLimitExceeded",
        "ErrorInvalidRecipients",
        "ErrorInvalidRequest",
        "ErrorMessageSizeExceeded",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
        "ErrorMissingRecipients",
        "ErrorRequiredPropertyMissing",
        "ErrorSchemaValidation",
        "ErrorSubmissionQuotaExceeded",
    }
)
"""The request cannot be carried out as it stands."""


class NotHere(PermanentDeliveryError):
    """The mailbox is not on this server any more."""


class Denied(TransientDeliveryError):
    """The service may not open the mailbox; an administrator can mend that."""


GRANT = "grant the service account the role ApplicationImpersonation over it (New-ManagementRoleAssignment)"


def explained(failure: BaseException, *, visible: bool) -> DeliveryError:
    """Args:
    failure: What exchangelib, requests or our line raised.
    visible: Somebody else would have seen what was asked for; see ``Server.speaking``.
    """
    if isinstance(failure, Refusal):
        return _refused(failure, visible=visible)
    network = next((cause for cause in causes(failure) if isinstance(cause, requests.RequestException)), None)
    if network is not None:
        return _line_failed(network, visible=visible)
    code = code_of(failure)
    if code == "ErrorServerBusy":
        back_off = failure.back_off if isinstance(failure, ErrorServerBusy) else None
        return TransientDeliveryError(
            "the server is busy", retry_after=timedelta(seconds=back_off) if back_off else None, mailbox_wide=True
        )
    if isinstance(failure, ResponseMessageError) or code in NOT_HERE:
        return _answered(code, visible=visible)
    if isinstance(failure, OSError):
        return TransientDeliveryError(f"the login could not be made: {type(failure).__name__}", connection_wide=True)
    return _lost(f"the server answered what no server should: {code}", visible=visible, connection_wide=True)


def code_of(failure: BaseException) -> str:
    """The response code; for one that exchangelib does not know, the one it quotes."""
    said = str(failure)
    quoted = next((code for code in NOT_HERE if code in said), None)
    return quoted or type(failure).__name__


def causes(failure: BaseException) -> Iterator[BaseException]:
    """The failure and what led to it. exchangelib turns what requests raises into other exceptions."""
    seen: set[int] = set()
    waiting: list[object] = [failure]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__ or each.__context__]


def never_sent(failure: BaseException) -> bool:
    """Whether the line broke while it was being opened: no request can have arrived."""
    opening = (NewConnectionError, ConnectTimeoutError, ProxyError, ssl.SSLCertVerificationError)
    for cause in causes(failure):
        if isinstance(cause, (*opening, requests.ConnectTimeout)):
            return True
        # A server that cuts the line without goodbye looks like a TLS error too; every other one is of the handshake.
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return True
    return False


def _line_failed(failure: requests.RequestException, *, visible: bool) -> DeliveryError:
    certificate = next((each for each in causes(failure) if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        what = f"the server's certificate does not hold: {certificate.verify_message}"
        return TransientDeliveryError(what, retry_after=MISCONFIGURED_PAUSE, connection_wide=True)
    if never_sent(failure):
        what = f"the server cannot be reached: {type(failure).__name__}"
        return TransientDeliveryError(what, connection_wide=True)
    return _lost(f"the line died before the server answered: {type(failure).__name__}", visible=visible)


def _refused(refusal: Refusal, *, visible: bool) -> DeliveryError:
    what = f"the server refused the request ({refusal.status})"
    match refusal.status:
        case 403:
            what = f"{what}: let Exchange Web Services be used by the service account (Set-CASMailbox -EwsEnabled $true)"
            pause = max(DENIED_PAUSE, refusal.pause or DENIED_PAUSE)
            return TransientDeliveryError(what, retry_after=pause, connection_wide=True)
        case 413:
            return PermanentDeliveryError(f"{what}: it is too large")
        case 429:
            return TransientDeliveryError("the server is busy (429)", retry_after=refusal.pause, mailbox_wide=True)
        case status if status >= 500:  # a proxy may say 503, too, after it has passed the request on
            return _lost(what, visible=visible, pause=refusal.pause, connection_wide=True)
        case _:  # moved, not found, method not allowed: no Exchange answers so at its endpoint
            what = f"{what}: this is not the address of Exchange Web Services"
            pause = max(MISCONFIGURED_PAUSE, refusal.pause or MISCONFIGURED_PAUSE)
            return TransientDeliveryError(what, retry_after=pause, connection_wide=True)


def _answered(code: str, *, visible: bool) -> DeliveryError:
    if code in NOT_HERE:
        return NotHere(f"the mailbox is not on this server any more: {code}")
    if code in MOVING:
        return TransientDeliveryError(f"the mailbox is being moved: {code}", retry_after=MOVING_PAUSE, mailbox_wide=True)
    if code in DENIED:
        return Denied(
            f"the service may not open the mailbox: {code}; {GRANT}", retry_after=DENIED_PAUSE, mailbox_wide=True
        )
    if code in FULL:
        return TransientDeliveryError(f"the mailbox is full: {code}", retry_after=DENIED_PAUSE, mailbox_wide=True)
    if code in BUSY:
        return TransientDeliveryError(f"the server does not take it now: {code}", mailbox_wide=True)
    if code in IMPOSSIBLE:
        return PermanentDeliveryError(f"the server refused it: {code}")
    # ErrorTimeoutExpired, ErrorInternalServerError and all that nobody foresaw: it may have been done in part
    return _lost(f"the server failed: {code}", visible=visible)


def _lost(what: str, *, visible: bool, pause: timedelta | None = None, connection_wide: bool = False) -> DeliveryError:
    """It is not known whether the server did what it was asked for."""
    if visible:
        return UnknownDeliveryError(what)
    return TransientDeliveryError(what, retry_after=pause, connection_wide=connection_wide)
