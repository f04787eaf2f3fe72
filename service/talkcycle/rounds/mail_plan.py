"""Bring a plan to HR, who may have no shell."""

from datetime import datetime

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.domain.ports import MailConnection
from talkcycle.rendering.pages.plan_page import plan_mail


def mail_plan(facts: PlanFacts, line: MailConnection, *, sender: str, now: datetime) -> str:
    """Send the plan as a page to the cycle's HR, directly and once; return the address.

    Raises:
        Refused: The server did not take it.
    """
    to = facts.draft.cycle.hr.email
    try:
        line.deliver(sender=sender, recipient=to, payload=plan_mail(facts, sender=sender, to=to, now=now))
    except DeliveryError as error:
        raise Refused(f"The plan is stored, but it could not be mailed: {error}") from error
    return to
