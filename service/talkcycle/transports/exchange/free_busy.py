"""When mailboxes are busy: GetUserAvailability, for kinds and times alone."""

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Any

from exchangelib.ewsdatetime import UTC as EWS_UTC
from exchangelib.ewsdatetime import EWSDateTime
from exchangelib.properties import (
    DaylightTime,
    FreeBusyView,
    FreeBusyViewOptions,
    MailboxData,
    StandardTime,
    TimeWindow,
    TimeZone,
)
from exchangelib.winzone import MS_TIMEZONE_TO_IANA_MAP

from talkcycle.domain.busy import Span
from talkcycle.domain.delivery import DeliveryError, TransientDeliveryError
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.transports.exchange.busy_spans import chunks, pieces, plain, united, week_hours
from talkcycle.transports.exchange.server import Server
from talkcycle.transports.exchange.services import AvailabilityOfEach
from talkcycle.transports.exchange.untold import untold
from talkcycle.transports.exchange.zone_rules import Turn, zone_of

MOST_MAILBOXES = 100
LONGEST_WINDOW = timedelta(days=42)
"""What Exchange tells at once, unless somebody has changed it."""
NO_DATA = Untold(
    problem="The server has no busy times of this mailbox.",
    mend="Let its owner share them with the organisation, or give a calendar file.",
)
_NEVER = {"bias": 0, "time": time(0), "occurrence": 1, "weekday": "Sunday"}
ZONES: tuple[str, ...] = tuple(dict.fromkeys(MS_TIMEZONE_TO_IANA_MAP.values()))
"""One for each that Windows knows; nobody's clocks tell more of them."""
UTC_ZONE = TimeZone(
    bias=0, standard_time=StandardTime(iso_month=10, **_NEVER), daylight_time=DaylightTime(iso_month=3, **_NEVER)
)
"""UTC as EWS describes zones. Known, so that GetServerTimeZones, which exchangelib would ask each time, is not needed."""


class ExchangeFreeBusy:
    """Implements ``domain.ports.FreeBusy``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
        views: dict[str, list[Any]] = {address: [] for address in mailboxes}
        failed: dict[str, Untold] = {}
        for piece in pieces(window, LONGEST_WINDOW):
            for chunk in chunks([each for each in views if each not in failed], MOST_MAILBOXES):
                for address, answer in zip(chunk, self._asked(chunk, piece), strict=True):
                    if isinstance(answer, Untold):
                        failed[address] = answer
                    else:
                        views[address].append(answer)
        return {address: failed.get(address) or _times(views[address], window) for address in views}

    def _asked(self, chunk: Sequence[str], piece: Span) -> list[FreeBusyView | Untold]:
        """An answer for each. One mailbox that a server stumbles over fails the whole call: then each is asked alone."""
        try:
            return [_view(answer) for answer in self._answers(chunk, piece)]
        except TransientDeliveryError as failure:
            if len(chunk) == 1 or failure.connection_wide or failure.mailbox_wide:
                return [untold(failure)] * len(chunk)
        except DeliveryError as failure:
            if len(chunk) == 1:
                return [untold(failure)]
        return [answer for address in chunk for answer in self._asked([address], piece)]

    def _answers(self, chunk: Sequence[str], piece: Span) -> list[Any]:
        start, end = (EWSDateTime.from_datetime(each).astimezone(EWS_UTC) for each in piece)
        options = FreeBusyViewOptions(
            time_window=TimeWindow(start=start, end=end), merged_free_busy_interval=30, requested_view="FreeBusy"
        )
        asked = [MailboxData(email=each, attendee_type="Required", exclude_conflicts=False) for each in chunk]
        with self._server.speaking():
            answers = list(
                AvailabilityOfEach(self._server.line).call(
                    tzinfo=EWS_UTC, mailbox_data=asked, timezone=UTC_ZONE, free_busy_view_options=options
                )
            )
        if len(answers) != len(chunk):
            raise TransientDeliveryError("the server told of fewer mailboxes than it was asked about")
        return answers


def _view(answer: Any) -> FreeBusyView | Untold:
    if isinstance(answer, Exception):
        return untold(answer)
    silent = answer.view_type == "None" or any(each.busy_type == "NoData" for each in answer.calendar_events or ())
    return NO_DATA if silent else answer


def _times(views: Sequence[FreeBusyView], window: Span) -> MailboxTimes:
    events = [event for view in views for event in view.calendar_events or ()]
    periods = [(each.weekdays or (), each.start, each.end) for view in views[:1] for each in view.working_hours or ()]
    hours = week_hours(periods)
    return MailboxTimes(
        busy=united(((each.busy_type, (plain(each.start), plain(each.end))) for each in events), window),
        hours=hours,
        zone=_zone(views[0].working_hours_timezone, window[0].year) if views and hours else None,
    )


def _zone(told: TimeZone | None, year: int) -> str | None:
    if told is None or told.standard_time is None or told.daylight_time is None:
        return None
    return zone_of(told.bias, _turn(told.standard_time), _turn(told.daylight_time), year, ZONES)


def _turn(told: Any) -> Turn:
    return Turn(
        bias=told.bias,
        month=told.iso_month,
        weekday=told.weekday - 1,
        order=told.occurrence,
        at=told.time,
    )
