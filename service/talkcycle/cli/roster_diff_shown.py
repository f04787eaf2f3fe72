"""What a new roster does to a running round, as the terminal and machines get it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from talkcycle.cli.output import console, local
from talkcycle.domain.roster_changes import Because, Course
from talkcycle.intake.unusable import shown

if TYPE_CHECKING:
    from talkcycle.rounds.roster_apply import Applied
    from talkcycle.rounds.roster_diff import RosterDiff, Settled

REASONS = {
    Because.JOINED: "is new, or takes part now",
    Because.LEFT: "does not work here any more by then",
    Because.EXCLUDED: "is excluded in the roster",
    Because.NEW_MANAGER: "has another manager",
    Because.HOST_LEFT: "the host has left",
    Because.NO_HOST: "has nobody to host the talk any more",
    Because.HOURS: "one of the two is not at work then any more",
    Because.ADDRESS: "an address is another one",
    Because.MAILBOX: "the host's mailbox is on another server",
}
DONE = {
    Course.PLAN: "planned",
    Course.CALL_OFF: "called off",
    Course.HAND_OVER: "handed over",
    Course.MOVE: "moved",
    Course.RENEW: "invited anew",
    Course.READDRESS: "kept, in a calendar that has another address",
}


def needs_hr(diff: "RosterDiff") -> bool:
    """Whether something in it waits for HR: a talk without a time, or a roster to be confirmed."""
    return bool(diff.faults) or any(
        each.later or each.change.course is Course.REPORT or each.change.why for each in diff.talks
    )


def show_diff(diff: "RosterDiff") -> None:
    console().print("\n".join(_lines(diff)), soft_wrap=True, markup=False)


def show_applied(diff: "RosterDiff", applied: "Applied") -> None:
    """What was done, and what is left."""
    lines = [f"{count} {_talks(count)} {DONE[course]}." for course, count in applied.done.items()]
    if not lines and not applied.left_over:
        lines = ["No talk changed."]
    if diff.is_applied:
        lines = ["The round runs with this roster already. Nothing changed."]
    if applied.left_over:
        lines.append(f"Left to do: {', '.join(applied.left_over)}. Apply again: talkcycle roster apply")
    lines += [f"For you: {_line(each, diff)}" for each in diff.talks if each.change.course is Course.REPORT]
    console().print("\n".join(lines), soft_wrap=True, markup=False)


def document_of(diff: "RosterDiff") -> dict[str, object]:
    """The same for machines."""
    return {
        "round": diff.round.id,
        "applied": diff.is_applied,
        "version": diff.roster.version,
        "faults": diff.faults,
        "joined": diff.changes.joined,
        "left": diff.changes.left,
        "people": [asdict(each) for each in diff.changes.people],
        "talks": [
            {
                "talk": each.change.talk,
                "course": each.change.course,
                "because": each.change.because,
                "manager": each.talk and each.talk.manager,
                "host": each.change.host,
                "from": each.talk and each.talk.start,
                "to": each.start,
                "place": each.place and each.place.name,
                "why": each.change.why,
                "later": each.later,
            }
            for each in diff.talks
        ],
    }


def _lines(diff: "RosterDiff") -> Iterator[str]:
    changes = diff.changes
    if diff.is_applied:
        yield f"The round {diff.round.id} runs with this roster already."
    yield f"{len(changes.joined)} joined, {len(changes.left)} left, {len(changes.people)} changed."
    yield f"{len(diff.talks)} {_talks(len(diff.talks))} concerned; every other stays as it is."
    yield from (f"  {_line(each, diff)}" for each in diff.talks)
    concerned = {each.change.talk for each in diff.talks}
    for person in changes.people:
        if person.person not in concerned:
            yield f"  {_name(person.person, diff)}: {', '.join(person.what).replace('_', ' ')}, from now on"
    yield from (f"Stops until you confirm it: {fault}" for fault in diff.faults)


def _line(each: "Settled", diff: "RosterDiff") -> str:
    because = "; ".join(REASONS[reason] for reason in each.change.because)
    return f"{_name(each.change.talk, diff)}: {_what(each, diff)} ({because})"


def _what(each: "Settled", diff: "RosterDiff") -> str:
    change, when = each.change, _when(each, diff)
    if each.later:
        return f"cannot be settled now. {change.why}"
    match change.course:
        case Course.PLAN:
            return f"a talk with {change.host}{when}" if each.start else f"a talk without a time. {change.why}"
        case Course.CALL_OFF:
            return f"the talk is called off. {change.why}".strip()
        case Course.HAND_OVER:
            return f"the talk goes to {change.host}{when}"
        case Course.MOVE:
            return f"the talk moves{when}"
        case Course.RENEW:
            return "a new invitation takes the place of the old one"
        case Course.READDRESS:
            return "the talk stays in its host's calendar, which has another address"
        case _:
            return f"nothing is done. {change.why}"


def _when(each: "Settled", diff: "RosterDiff") -> str:
    if each.start is None:
        return ""
    if each.talk is not None and each.start == each.talk.start:
        return ", at the same time"
    zone = diff.people[each.change.talk].zone
    return f", to {local(each.start, zone)}" if each.talk and each.talk.start else f", {local(each.start, zone)}"


def _name(id_: str, diff: "RosterDiff") -> str:
    person = diff.people.get(id_)
    return f"{id_} {shown(person.name)}" if person else id_


def _talks(count: int) -> str:
    return "talk is" if count == 1 else "talks are"
