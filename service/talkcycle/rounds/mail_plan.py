"""Bring a plan to HR, who may have no shell."""

from collections.abc import Mapping
from datetime import datetime

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft
from talkcycle.domain.ports import MailConnection
from talkcycle.rendering.pages.plan_page import plan_mail


def mail_plan(draft: Draft, people: Mapping[str, Person], line: MailConnection, *, sender: str, now: datetime) -> str:
    """Send *draft* as a page to the cycle's HR, directly and once; return the address.

    Raises:
        Refused: The server did not take it.
    """
    to = draft.cycle.hr.email
    try:
        line.deliver(sender=sender, recipient=to, payload=plan_mail(draft, people, sender=sender, to=to, now=now))
    except DeliveryError as error:
        raise Refused(f"The plan is stored, but it could not be mailed: {error}") from error
    return to
