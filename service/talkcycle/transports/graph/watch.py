"""What became of our entries: Graph says which entries of a calendar have changed, and ours among them are read.

A calendar view's delta is the one that v1.0 has, and it takes no ``$select``: whole entries arrive, of which the id alone
is looked at (https://learn.microsoft.com/graph/api/event-delta).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mailboxes import Changes, SeenEntry
from talkcycle.transports.graph.answers import Answer, judged
from talkcycle.transports.graph.batch import read_each
from talkcycle.transports.graph.client import Client, Graph, user, with_query
from talkcycle.transports.graph.properties import ENTRY, having
from talkcycle.transports.graph.seen import READ, entry_of, question

BACK, AHEAD = timedelta(days=7), timedelta(days=400)
"""The view's edges. What leaves it looks deleted, and is asked for by itself."""
RENEWED = timedelta(days=60)
"""A view does not move with time, so a state this old is given up for a new one."""
PAGE = {"Prefer": "odata.maxpagesize=200"}


class GraphEntryWatch:
    """Implements ``domain.ports.EntryWatch``. Safe to share between threads."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def changes(self, organizer: str, known: Mapping[str, str], since: str | None, /) -> Changes:
        """See ``domain.ports.EntryWatch``."""
        with self._graph.line() as client:
            link = self._link(since)
            told = None if link is None else self._walk(client, organizer, link)
            if told is None:  # the first time, or the server has forgotten: whatever is known may have changed
                begun = self._graph.clock.now()
                told = self._walk(client, organizer, _view(organizer, begun))
                if told is None:
                    raise TransientDeliveryError("the server forgets at once what has changed in a calendar")
                changed, state = set(known.values()), _state(begun, told[1])
            else:
                assert since is not None
                changed, state = told[0], _state(_begun(since), told[1])
            entries = tuple(self._read(client, organizer, {uid: id_ for uid, id_ in known.items() if id_ in changed}))
        return Changes(entries=entries, state=state)

    def _link(self, since: str | None) -> str | None:
        """Where *since* goes on; None: it is not ours, or too old."""
        if since is None:
            return None
        begun, link = _begun(since), since.partition(" ")[2]
        too_old = self._graph.clock.now() - begun > RENEWED
        return None if too_old or not link.startswith(f"{self._graph.endpoint}/") else link

    def _walk(self, client: Client, organizer: str, link: str) -> tuple[set[str], str] | None:
        """The ids of what has changed, and where the next look goes on; None: the state is forgotten."""
        changed: set[str] = set()
        while True:
            answer = client.read("GET", link, mailbox=organizer, headers=PAGE)
            if answer.state_is_forgotten:
                return None
            page = self._content(answer)
            changed |= {str(each["id"]) for each in page.get("value", ())}
            if "@odata.deltaLink" in page:
                return changed, str(page["@odata.deltaLink"])
            link = str(page.get("@odata.nextLink") or "")
            if not link:
                raise TransientDeliveryError("the server breaks off while it tells what has changed")

    def _read(self, client: Client, organizer: str, known: Mapping[str, str]) -> Iterator[SeenEntry]:
        """Each of *known* as it stands. One that is not there under its id may be there under another."""
        paths = {uid: question(organizer, id_) for uid, id_ in known.items()}
        lost: list[str] = []
        for uid, answer in read_each(client, paths, mailbox=organizer).items():
            if answer.status == 404 and not answer.mailbox_is_absent:
                lost.append(uid)
                continue
            entry = entry_of(self._content(answer))
            if entry is None or entry.uid != uid:
                lost.append(uid)  # the meeting has become another one
            else:
                yield entry
        again = {uid: with_query(f"{user(organizer)}/events", READ | {"$filter": having(ENTRY, uid)}) for uid in lost}
        for uid, answer in read_each(client, again, mailbox=organizer).items():
            found = [entry_of(each) for each in self._content(answer).get("value", ())]
            there = next((entry for entry in found if entry is not None and not entry.gone), None)
            yield there or SeenEntry(uid=uid, remote_id=known[uid], gone=True)

    def _content(self, answer: Answer) -> Mapping[str, Any]:
        if not answer.ok or not isinstance(answer.body, dict):
            raise judged(answer, visible=False, now=self._graph.clock.now())
        return answer.body


def _view(organizer: str, now: datetime) -> str:
    edges = {"startDateTime": now - BACK, "endDateTime": now + AHEAD}
    query = {name: edge.strftime("%Y-%m-%dT%H:%M:%SZ") for name, edge in edges.items()}
    return with_query(f"{user(organizer)}/calendarView/delta", query)


def _state(begun: datetime, link: str) -> str:
    return f"{begun.strftime('%Y-%m-%dT%H:%M:%SZ')} {link}"


def _begun(state: str) -> datetime:
    """When the view of *state* was opened; long ago for a state that is not ours."""
    try:
        return datetime.fromisoformat(state.partition(" ")[0])
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
