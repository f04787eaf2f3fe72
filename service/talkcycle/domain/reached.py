"""Whom an entry of a talk may have reached, and where: its end goes there, wherever they are by now. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from talkcycle.domain.messages import MAY_HAVE_ARRIVED, Kind, KnownMessage
from talkcycle.domain.talks import Entry

Reached = Mapping[tuple[int, str], str]
"""The number of an entry and a recipient's key, to the address that may have it."""

PUTS_IT_THERE = frozenset({Kind.MEETING_CREATE, Kind.MEETING_CHANGE})


def reached(entries: Sequence[Entry], rows: Iterable[KnownMessage]) -> Reached:
    """Which addresses may have each of *entries*, oldest first; of several of one recipient the last."""
    found: dict[tuple[int, str], str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        entry = entry_of_row(entries, row)
        if entry is not None and row.address and (row.state in MAY_HAVE_ARRIVED or row.uncertain):
            found[entry.number, row.key.recipient] = row.address
    return found


def entry_of_row(entries: Sequence[Entry], row: KnownMessage) -> Entry | None:
    """The entry that *row* puts into a calendar; None where it puts none."""
    if row.kind not in PUTS_IT_THERE:
        return None
    return next((each for each in reversed(entries) if each.opened <= row.key.version), None)


def taken_over_from(earlier: Sequence[Entry], entry: Entry, known: Reached) -> Entry | None:
    """The entry of which people may know, among those that ended for *entry* to begin; the last one where nobody does.

    Several may have taken over from one another before any was told of. What was called off between ended for good.
    """
    chain: list[Entry] = []
    following = entry
    for each in reversed(earlier):
        if each.closed != following.opened:
            break
        chain.append(each)
        following = each
    numbers = {number for number, _ in known}
    return next((each for each in chain if each.number in numbers), chain[0] if chain else None)
