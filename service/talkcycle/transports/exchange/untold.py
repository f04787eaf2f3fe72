"""Why something cannot be told, and how to mend it."""

from talkcycle.domain.delivery import DeliveryError, TransientDeliveryError
from talkcycle.domain.mailboxes import Untold
from talkcycle.transports.exchange.replies import DENIED, NOT_HERE, code_of

UNKNOWN = NOT_HERE | {"ErrorMailRecipientNotFound", "ErrorNameResolutionNoResults", "ErrorInvalidSmtpAddress"}
CLOSED = DENIED | {"ErrorNoFreeBusyAccess"}


TRY_AGAIN = "Try again later."


def untold(failure: BaseException) -> Untold:
    """Of a failure as ``Server.speaking`` raises it, or as exchangelib gives it in the place of an answer."""
    if isinstance(failure, TransientDeliveryError):
        return Untold(problem=f"The server could not be asked: {failure}.", mend=TRY_AGAIN)
    if isinstance(failure, DeliveryError):
        return Untold(problem=f"The server does not tell it: {failure}.", mend="Check the address and its route.")
    code = code_of(failure)
    if code in UNKNOWN:
        return Untold(
            problem=f"The server does not know this address ({code}).",
            mend="Check the address, and by which transport it is reached.",
        )
    if code in CLOSED:
        return Untold(
            problem=f"The service may not see this ({code}).",
            mend="Grant it: Set-MailboxFolderPermission MAILBOX:\\Calendar -User Default -AccessRights AvailabilityOnly",
        )
    return Untold(problem=f"The server does not tell it now ({code}).", mend=TRY_AGAIN)
