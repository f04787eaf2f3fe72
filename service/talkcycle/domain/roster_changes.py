"""From the roster a round runs with to a new one: what would happen to which talk, and why. Pure."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from talkcycle.domain.localtime import day_of
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Entry, Talk
from talkcycle.domain.working_hours import at_work

DETAILS = ("name", "email", "language", "zone", "country", "site", "mailbox", "preferred", "most_per_day")
"""What of a person holds from now on, and makes no other talk of theirs."""
HOURS = ("hours", "absences", "starts", "ends")

Told = Mapping[tuple[str, str], str]
"""A talk's id and a roster id, to the address to which the talk's newest entry was or will be sent; empty: to none."""


class Course(StrEnum):
    """``plan``: a talk for whoever has none. ``renew``: another invitation takes the place of the one they have.
    ``readdress``: the host's own mailbox has another address; nobody is told. ``report``: for HR; nothing is done.
    """

    PLAN = "plan"
    CALL_OFF = "call off"
    HAND_OVER = "hand over"
    MOVE = "move"
    RENEW = "renew"
    READDRESS = "readdress"
    REPORT = "report"


class Because(StrEnum):
    """Why a talk changes."""

    JOINED = "joined"
    LEFT = "left"
    EXCLUDED = "excluded"
    NEW_MANAGER = "new manager"
    HOST_LEFT = "host left"
    NO_HOST = "no host"
    HOURS = "hours"
    ADDRESS = "address"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkChange:
    """What becomes of one talk.

    Attributes:
        talk: Its id, which is the employee's.
        host: Who hosts it from now on; of a talk that is called off, who did.
        keep: Its time may stay, if the host has it free.
        renew: Its entry ends and another begins.
        why: Of a report, a sentence for HR.
    """

    talk: str
    course: Course
    because: tuple[Because, ...]
    host: str | None
    keep: bool = False
    renew: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """Somebody of whom something is different from now on. *what*: names of fields."""

    person: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChanges:
    """Ids, sorted. *talks*: those concerned alone."""

    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    people: tuple[PersonChange, ...] = ()
    talks: tuple[TalkChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rosters:
    """The two rosters by id, and what bears on who has a talk and when.

    Attributes:
        no_talk_before, no_talk_after: Who has no talk by the rules, and why.
        holidays: Country to public holidays.
        unfinished: Part of the round is not approved yet (a pilot): the next plan takes in whoever joins.
        served_by: The transport by which a host's talks are kept.
    """

    before: Mapping[str, Person]
    after: Mapping[str, Person]
    no_talk_before: Mapping[str, str]
    no_talk_after: Mapping[str, str]
    holidays: Mapping[str, AbstractSet[date]]
    served_by: Callable[[Person], str]
    unfinished: bool = False


def roster_changes(
    rosters: Rosters, talks: Iterable[Talk], entries: Mapping[str, Entry], told: Told, *, now: datetime
) -> RosterChanges:
    """What applying the new roster would do. Talks that are off or have begun stay as they are, and so does every talk of
    whose people nothing changed that bears on it.

    Args:
        talks: All of the round.
        entries: The newest of each talk, by its id.
    """
    before, after = rosters.before, rosters.after
    talks = sorted(talks, key=lambda talk: talk.id)
    coming = [talk for talk in talks if not talk.is_off and (talk.start is None or talk.start > now)]
    found: list[TalkChange | None] = []
    for talk in coming:
        employee = after.get(talk.employee)
        if employee is None:
            found.append(_called_off(talk, Because.LEFT))
            continue
        case = _Case(
            talk=talk,
            was=before.get(talk.employee),
            employee=employee,
            entry=entries.get(talk.id),
            rosters=rosters,
            told=told,
        )
        found.append(case.change())
    have = {talk.id for talk in talks}
    new = [_of_newcomer(after[id_], rosters) for id_ in sorted(after.keys() - have)]
    both = sorted(before.keys() & after.keys())
    details = ((id_, _differing(before[id_], after[id_], (*DETAILS, *HOURS, "manager", "excluded"))) for id_ in both)
    return RosterChanges(
        joined=tuple(sorted(after.keys() - before.keys())),
        left=tuple(sorted(before.keys() - after.keys())),
        people=tuple(PersonChange(person=id_, what=what) for id_, what in details if what),
        talks=tuple(change for change in (*found, *new) if change is not None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A coming talk. *was*: its employee by the former roster; *told*: as of ``roster_changes``."""

    talk: Talk
    was: Person | None
    employee: Person
    entry: Entry | None
    rosters: Rosters
    told: Told

    def change(self) -> TalkChange | None:
        if self._is_gone_by() or (self.employee.excluded is not None and (self.was is None or self.was.excluded is None)):
            return _called_off(self.talk, Because.LEFT if self._is_gone_by() else Because.EXCLUDED)
        host, why = self._host()
        if host is None:
            return _called_off(self.talk, Because.NO_HOST)
        moves = self._fits_no_more(self.was, self.employee, 0)
        if host.id != self.talk.manager:
            because = (*((why,) if why else ()), *((Because.HOURS,) if moves else ()))
            return self._to(host, Course.HAND_OVER, because, keep=not moves, renew=True)
        host_was = self.rosters.before.get(host.id)
        moves = moves or self._fits_no_more(host_was, host, self.talk.buffer_minutes)
        renewed = self._renewed(host_was, host)
        if moves:
            return self._to(host, Course.MOVE, (Because.HOURS, *renewed), renew=bool(renewed))
        if renewed:
            return self._to(host, Course.RENEW, renewed, keep=True, renew=True)
        if self._is_readdressed(host_was, host):
            return self._to(host, Course.READDRESS, (Because.ADDRESS,), keep=True)
        return None

    def _is_gone_by(self) -> bool:
        """Whether the employee's last day is before the talk, and was not so before."""
        start, ends = self.talk.start, self.employee.ends
        if start is None or ends is None or day_of(start, self.employee.zone) <= ends:
            return False
        return self.was is None or self.was.ends != ends

    def _host(self) -> tuple[Person | None, Because | None]:
        """Who hosts it from now on: a stand-in that HR chose stays, unless they have left."""
        host, after = self.talk.manager, self.rosters.after
        new_manager = self.was is not None and self.was.manager == host != self.employee.manager
        if host in after and not new_manager:
            return after[host], None
        return after.get(self.employee.manager or ""), Because.NEW_MANAGER if new_manager else Because.HOST_LEFT

    def _fits_no_more(self, was: Person | None, person: Person, buffer: int) -> bool:
        """Whether *person* was at work at the time of the talk by the former roster, and is not by the new one."""
        start = self.talk.start
        if start is None or was is None or not _differing(was, person, (*HOURS, "zone", "country")):
            return False
        minutes = self.talk.minutes + buffer
        then, now = (self.rosters.holidays.get(each.country, frozenset()) for each in (was, person))
        return at_work(was, start, minutes, then) and not at_work(person, start, minutes, now)

    def _renewed(self, host_was: Person | None, host: Person) -> tuple[Because, ...]:
        """Why the entry cannot live on: it is at an address that is nobody's any more, or another server keeps it."""
        if self.entry is None or not self.entry.live:
            return ()
        other = host_was is not None and (host_was.mailbox, host_was.email) != (host.mailbox, host.email)
        if other and self.rosters.served_by(host) != self.entry.transport:
            return (Because.MAILBOX,)
        asked = (
            [(self.was, self.employee)] if self.entry.in_own_calendar else [(self.was, self.employee), (host_was, host)]
        )
        return (Because.ADDRESS,) if any(self._is_told_elsewhere(was, person) for was, person in asked) else ()

    def _is_told_elsewhere(self, was: Person | None, person: Person) -> bool:
        address = self.told.get((self.talk.id, person.id))
        return was is not None and was.email != person.email and address is not None and _differ(address, person.email)

    def _is_readdressed(self, host_was: Person | None, host: Person) -> bool:
        entry = self.entry
        if entry is None or not entry.live or not entry.in_own_calendar or host_was is None:
            return False
        return host_was.email != host.email and _differ(entry.organizer, host.email)

    def _to(
        self, host: Person, course: Course, because: tuple[Because, ...], *, keep: bool = False, renew: bool = False
    ) -> TalkChange:
        return TalkChange(talk=self.talk.id, course=course, because=because, host=host.id, keep=keep, renew=renew)


def _of_newcomer(person: Person, rosters: Rosters) -> TalkChange | None:
    """A talk for somebody who has none, if they have none only because they were not there, or had no manager."""
    if person.id in rosters.before and person.id not in rosters.no_talk_before:
        return None  # not approved yet, or without a time since the plan
    why = rosters.no_talk_after.get(person.id)
    if why is None and rosters.unfinished:
        why = "part of the round is not approved yet: the next plan takes them in"
    if why is None:
        return TalkChange(talk=person.id, course=Course.PLAN, because=(Because.JOINED,), host=person.manager)
    if person.id in rosters.before:
        return None
    return TalkChange(talk=person.id, course=Course.REPORT, because=(Because.JOINED,), host=person.manager, why=why)


def _called_off(talk: Talk, because: Because) -> TalkChange:
    return TalkChange(talk=talk.id, course=Course.CALL_OFF, because=(because,), host=talk.manager)


def _differ(address: str, email: str | None) -> bool:
    return address.casefold() != (email or "").casefold()


def _differing(one: Person, other: Person, fields: Iterable[str]) -> tuple[str, ...]:
    return tuple(field for field in fields if getattr(one, field) != getattr(other, field))
