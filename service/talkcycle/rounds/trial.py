"""Carry out a test that a person asked for: one mail and one meeting, to that person alone."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from talkcycle.domain.delivery import DeliveryError, Receipt, UnknownDeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import day_of, instant_of, working_day
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel, Sending
from talkcycle.domain.routes import Routing, Transport
from talkcycle.rendering.trial import Trial, trial_languages, trial_mail, trial_meeting

AHEAD = timedelta(days=21)
HOUR = time(10, 0)
LOOK = "See docs/clients.md for what to look at in each program."
AGAIN = "Run talkcycle doctor without --send-to: it says what is wrong and how to mend it."
CHECKS = {Kind.MAIL: "test-mail", Kind.MEETING_CREATE: "test-meeting", Kind.MEETING_CANCEL: "test-cancellation"}


def plan_trial(
    routing: Routing,
    *,
    to: str,
    host: str | None,
    named: str | None,
    language: str,
    zone: str,
    identity: UUID,
    now: datetime,
) -> Trial:
    """The test for *to*: three weeks ahead on a working day, in the calendar that would keep a talk of *host*.

    Args:
        host: A manager; None: the service's own mailbox.
        named: What the roster says of who serves the host.
        identity: New each time.
        now: UTC.

    Raises:
        Refused: There is no text in that language; or nothing is configured that could send.
    """
    if language not in trial_languages():
        known = ", ".join(sorted(trial_languages()))
        raise Refused(f"There is no text of the test in {language}. There is one in: {known}. Write --language en.")
    route = routing.hosting(host, named)
    if not {routing.mail, route.transport} <= routing.available:
        raise Refused(f"Nothing is configured that could send this by {route.transport}. See service.yaml.")
    day = working_day(day_of(now, zone) + AHEAD, frozenset(), earlier=False)
    return Trial(
        sender=routing.sender,
        to=to,
        route=route,
        language=language,
        start=instant_of(day, HOUR, zone),
        zone=zone,
        identity=identity,
        made_at=now.replace(microsecond=0),
    )


def try_out(trial: Trial, lines: Mapping[str, Sending], routing: Routing, *, keep: bool) -> Iterator[Finding]:
    """Send the mail and the meeting, and take the meeting away again unless told to *keep* it. Each once, no retry.

    Whoever did not take the mail is not asked for a meeting: a login that was refused is not tried again.
    """
    by, mailed = trial.route.transport, _sent(trial_mail(trial), lines, routing.mail)
    yield mailed
    if mailed.grade is Grade.BAD and routing.mail is by:
        return
    made = _sent(trial_meeting(trial, Kind.MEETING_CREATE), lines, by)
    yield made
    if not keep and made.grade is not Grade.BAD:
        yield _sent(trial_meeting(trial, Kind.MEETING_CANCEL), lines, by)


def _sent(parcel: Parcel, lines: Mapping[str, Sending], transport: Transport) -> Finding:
    what = f"{CHECKS[parcel.kind].removeprefix('test-')} from {parcel.mailbox} to {parcel.address}"
    try:
        receipt = _hand_over(parcel, lines[transport])
    except UnknownDeliveryError as unsure:
        return _finding(parcel, transport, Grade.UNTOLD, f"the {what} may have arrived: {unsure}", LOOK)
    except DeliveryError as refusal:
        return _finding(parcel, transport, Grade.BAD, f"the {what} was not taken: {refusal}", AGAIN)
    said = f": {receipt.reply}" if receipt.reply else ""
    return _finding(parcel, transport, Grade.GOOD, f"the server took the {what}{said}")


def _hand_over(parcel: Parcel, line: Sending) -> Receipt:
    with line.connect() as connection:
        return connection.send(parcel) if parcel.kind is Kind.MAIL else connection.keep(parcel)


def _finding(parcel: Parcel, transport: Transport, grade: Grade, says: str, mend: str = "") -> Finding:
    about = {"message_id": parcel.message_id}
    return Finding(transport=transport, check=CHECKS[parcel.kind], grade=grade, says=says, mend=mend, about=about)
