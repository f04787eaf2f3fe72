"""When mailboxes are busy, asked for twenty at a time: in the service's own name, where its mailbox is online.

Otherwise in the name of one of those asked about, since whoever asks needs a mailbox in Exchange Online that the
application may open.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from talkcycle.domain.busy import Span
from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.transports.graph.answers import Answer, judged
from talkcycle.transports.graph.client import Client, Graph, user
from talkcycle.transports.graph.schedules import (
    MOST_MAILBOXES,
    BusySpan,
    Unreadable,
    busy_within,
    question,
    refusal,
    times_of,
    windows,
)

ASK_DOCTOR = "Try again later; `talkcycle doctor` says what is wrong if it stays so."


class GraphFreeBusy:
    """Implements ``domain.ports.FreeBusy``. Safe to share between threads."""

    def __init__(self, graph: Graph, *, sender: str) -> None:
        self._graph = graph
        self._asker = sender

    def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
        """See ``domain.ports.FreeBusy``."""
        found: dict[str, MailboxTimes | Untold] = {}
        wanted = list(dict.fromkeys(mailboxes))
        with self._graph.line() as client:
            for start in range(0, len(wanted), MOST_MAILBOXES):
                found |= self._of_some(client, wanted[start : start + MOST_MAILBOXES], window)
        return found

    def _of_some(self, client: Client, mailboxes: list[str], window: Span) -> dict[str, MailboxTimes | Untold]:
        found: dict[str, list[BusySpan]] = {each: [] for each in mailboxes}
        last: dict[str, Mapping[str, Any]] = {}
        untold: dict[str, MailboxTimes | Untold] = {}
        for asked in windows(window):
            left = [each for each in mailboxes if each not in untold]
            for mailbox, schedule in self._schedules(client, left, asked).items():
                piece = _piece(schedule, asked, window)
                if isinstance(piece, Untold):
                    untold[mailbox] = piece
                else:
                    found[mailbox] += piece
                    last[mailbox] = schedule if isinstance(schedule, Mapping) else {}
        return {each: untold.get(each) or times_of(found[each], last.get(each, {})) for each in mailboxes}

    def _schedules(self, client: Client, mailboxes: list[str], asked: Span) -> Mapping[str, Mapping[str, Any] | Untold]:
        """What is told of each. Where one spoils the question for all, each is asked for by itself."""
        if not mailboxes:
            return {}
        try:
            answer = self._asked(client, mailboxes, asked)
            if answer.status == 400 and len(mailboxes) > 1:
                return {each: self._schedules(client, [each], asked)[each] for each in mailboxes}
            if not answer.ok or not isinstance(answer.body, dict):
                raise judged(answer, visible=False, now=self._graph.clock.now())
        except DeliveryError as failure:
            return dict.fromkeys(mailboxes, Untold(problem=f"Exchange Online did not tell: {failure}.", mend=ASK_DOCTOR))
        told = {str(each.get("scheduleId", "")).casefold(): each for each in answer.body.get("value", ())}
        nothing = Untold(problem="Exchange Online left this mailbox out of its answer.", mend=ASK_DOCTOR)
        return {each: told.get(each.casefold(), nothing) for each in mailboxes}

    def _asked(self, client: Client, mailboxes: list[str], asked: Span) -> Answer:
        """The answer to whoever has an open mailbox there; who asked last asks again."""
        for asker in dict.fromkeys((self._asker, *mailboxes)):
            path = f"{user(asker)}/calendar/getSchedule"
            answer = client.read("POST", path, mailbox=asker, content=question(mailboxes, asked))
            if answer.status not in {403, 404}:
                self._asker = asker
                break
        return answer


def _piece(schedule: Mapping[str, Any] | Untold, asked: Span, window: Span) -> list[BusySpan] | Untold:
    if isinstance(schedule, Untold):
        return schedule
    refused = refusal(schedule)
    if refused is not None:
        return refused
    try:
        return busy_within(schedule, asked, window)
    except Unreadable:
        return Untold(problem="Exchange Online told times that cannot be read.", mend=ASK_DOCTOR)
