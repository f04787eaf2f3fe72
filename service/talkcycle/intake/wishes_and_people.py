"""Whether the wishes of a cycle file mean somebody and something that there is."""

from collections.abc import Iterator, Mapping

from talkcycle.domain.cycle import Cycle, PlaceKind
from talkcycle.domain.faults import Fault
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.wishes import EVERYBODY, SEATS, ExcludedPair, PinnedTalk
from talkcycle.intake.nearest import choices, did_you_mean, nearest
from talkcycle.intake.rooms_section import WrittenRooms
from talkcycle.intake.unusable import quoted
from talkcycle.intake.wishes_section import Written, WrittenWishes
from talkcycle.intake.yaml_lines import Document, KeyPath

LIKE_A_SITE = 0.8


def misnamed(document: Document, written: WrittenWishes, rooms: WrittenRooms, roster: Roster) -> Iterator[Fault]:
    """Faults of people, sites and rooms that are not there, and of pairs that are none.

    What a site with a room list has, only the mail server knows.
    """
    known = _Known(document, roster)
    for pin in written.pinned:
        yield from known.person((*pin.path, "employee"), pin.wish.employee)
        yield from _pin(document, pin, known.people.get(pin.wish.employee), rooms)
    for path, who in {each.path: each.wish.who for each in written.forbidden}.items():
        yield from known.anybody((*path, "who"), who)
    for pair in written.excluded:
        yield from known.person((*pair.path, "employee"), pair.wish.employee)
        yield from known.person((*pair.path, "manager"), pair.wish.manager)
        yield from _pair(document, pair, known.people)


def roomless(document: Document, written: WrittenWishes, cycle: Cycle, roster: Roster) -> Iterator[Fault]:
    """Faults of rooms that are wished for talks which take none."""
    people = {person.id: person for person in roster.people}
    for pin in written.pinned:
        person = people.get(pin.wish.employee)
        if pin.wish.room is None or person is None or person.manager is None or person.site is None:
            continue
        path = (*pin.path, "room")
        if people[person.manager].site != person.site:
            mend = "Take the room away: talks between sites have the place under `place`."
            yield document.fault(path, f"the manager of {quoted(person.id)} is at another site.", mend)
        elif cycle.place_for(person.site).kind is PlaceKind.ONLINE:
            yield document.fault(path, f"talks of {person.site} are online.", "Take the room away, or change `place`.")


class _Known:
    """Who and what is in the roster."""

    def __init__(self, document: Document, roster: Roster) -> None:
        self.people = {person.id: person for person in roster.people}
        self._document = document
        self._sites = {person.site for person in roster.people if person.site is not None}
        self._called = {
            word.casefold(): person.id for person in roster.people for word in (person.name, person.email or "")
        }

    def person(self, path: KeyPath, id_: str) -> Iterator[Fault]:
        if id_ not in self.people:
            called = self._called.get(id_.casefold())
            mend = (
                f'Write the id: "{called}".' if called else did_you_mean(id_, self.people, "Write an id of the roster.")
            )
            yield self._document.fault(path, f"nobody in the roster has the id {quoted(id_)}.", mend)

    def anybody(self, path: KeyPath, who: frozenset[str]) -> Iterator[Fault]:
        """Faults of those of *who* that are neither ids nor sites."""
        for word in sorted(who - self.people.keys() - self._sites - {EVERYBODY}):
            called = self._called.get(word.casefold()) or nearest(word, self._sites, cutoff=LIKE_A_SITE)
            known = {*self.people, *self._sites, "everybody"}
            mend = f'Did you mean "{called}"?' if called else did_you_mean(word, known, "Write everybody, ids or sites.")
            written = self._document.at(path)
            place = (*path, written.index(word)) if isinstance(written, list) and word in written else path
            yield self._document.fault(place, f"{quoted(word)} is neither an id nor a site of the roster.", mend)


def _pin(document: Document, pin: Written[PinnedTalk], person: Person | None, rooms: WrittenRooms) -> Iterator[Fault]:
    """Faults of a time for somebody without a talk, and of a room that is not there."""
    if person is None:
        return
    path = (*pin.path, "employee")
    if person.manager is None:
        mend = "Write another id, or name the manager in the roster."
        yield document.fault(path, f"{quoted(person.id)} has no manager and so no talk.", mend)
    elif person.excluded is not None:
        mend = "Take the wish away, or the exclusion in the roster."
        yield document.fault(path, f"{quoted(person.id)} is excluded in the roster and has no talk.", mend)
    elif pin.wish.room is not None:
        yield from _room(document, (*pin.path, "room"), pin.wish.room, person, rooms)


def _room(document: Document, path: KeyPath, name: str, person: Person, rooms: WrittenRooms) -> Iterator[Fault]:
    if person.site is None:
        mend = "Write their site in the roster, or take the room away."
        yield document.fault(path, f"{quoted(person.id)} has no site and so no rooms.", mend)
        return
    here = {room.name: room for room in rooms.rooms.get(person.site, ())}
    room = here.get(name)
    if room is None and person.site in rooms.lists:
        return
    if room is None:
        otherwise = (
            f"The rooms there are {choices(here)}." if here else f"Write it under `rooms: {{{person.site}: ...}}`."
        )
        mend = did_you_mean(name, here, otherwise)
        yield document.fault(path, f"{person.site}, where {quoted(person.id)} sits, has no room {quoted(name)}.", mend)
    elif not room.holds_talks:
        why = "is not neutral" if room.seats >= SEATS else "has one seat"
        yield document.fault(path, f"{quoted(name)} {why} and holds no talks.", "Write another room.")


def _pair(document: Document, pair: Written[ExcludedPair], people: Mapping[str, Person]) -> Iterator[Fault]:
    employee, manager = people.get(pair.wish.employee), people.get(pair.wish.manager)
    if employee is None or manager is None or employee.manager == manager.id:
        return
    if manager.manager == employee.id:
        mend = "Exchange the two."
    elif employee.manager is None:
        mend = "Take the wish away: they have no talk."
    else:
        mend = f'Their manager is "{employee.manager}".'
    yield document.fault(
        (*pair.path, "manager"), f"{quoted(manager.id)} is not the manager of {quoted(employee.id)}.", mend
    )
