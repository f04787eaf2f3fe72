"""Messages on their way out, for those who hand them over by themselves."""

from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel


def a_parcel(
    payload: bytes, *, sender: str, recipient: str, message_id: str = "<a@talkcycle.example>", tried: bool = False
) -> Parcel:
    """A mail."""
    return Parcel(kind=Kind.MAIL, mailbox=sender, address=recipient, message_id=message_id, payload=payload, tried=tried)
