"""Bring a plan to HR, who may have no shell."""

from datetime import datetime

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import Kind
from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.domain.ports import MailSender, Parcel
from talkcycle.rendering.pages.plan_page import plan_mail


def mail_plan(facts: PlanFacts, line: MailSender, *, sender: str, now: datetime) -> str:
    """Send the plan as a page to the cycle's HR, directly and once; return the address.

    Raises:
        Refused: The server did not take it.
    """
    to = facts.draft.cycle.hr.email
    mail = plan_mail(facts, sender=sender, to=to, now=now)
    try:
        line.send(Parcel(kind=Kind.MAIL, mailbox=sender, address=to, message_id=mail.message_id, payload=mail.payload))
    except DeliveryError as error:
        raise Refused(f"The plan is stored, but it could not be mailed: {error}") from error
    return to
