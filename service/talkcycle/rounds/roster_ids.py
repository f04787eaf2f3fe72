"""By which roster id somebody from a directory goes: the one they have, else their employee number, else a short one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.domain.people import Person
from talkcycle.intake.person_row import roster_id
from talkcycle.intake.unusable import Unusable

SHORTEST = 12
"""Hexadecimal digits: among 20,000 people the chance that two have the same is one in a million."""


def roster_ids(people: Sequence[DirectoryPerson], former: Sequence[Person]) -> Mapping[str, str]:
    """The roster id of each of *people*, by their directory id.

    Who is in the *former* roster keeps their id: found by address, or by employee number where those that are found
    by address have their numbers for ids. No id of the former roster is given to anybody else.
    """
    by_address = {person.email.casefold(): person.id for person in former if person.email}
    found = {each.id: id_ for each in people if each.email and (id_ := by_address.get(each.email.casefold()))}
    taken = {person.id.casefold() for person in former}
    if _numbers_are_ids(people, found):
        left = {person.id.casefold(): person.id for person in former if person.id not in found.values()}
        for each in people:
            if each.id not in found and each.employee_id and (id_ := left.pop(each.employee_id.casefold(), None)):
                found[each.id] = id_
    count = Counter(each.employee_id.casefold() for each in people if each.employee_id)
    for each in people:
        if each.id not in found:
            number = each.employee_id or ""
            alone = count[number.casefold()] == 1 and number.casefold() not in taken
            found[each.id] = number if alone and _can_be_an_id(number) else _short(each.id, taken.__contains__)
            taken.add(found[each.id].casefold())
    return found


def _numbers_are_ids(people: Sequence[DirectoryPerson], found: Mapping[str, str]) -> bool:
    """Whether most of those that are *found* have their employee number for an id: elsewhere a number proves nothing."""
    numbered = [each for each in people if each.employee_id and each.id in found]
    agreeing = sum(found[each.id].casefold() == each.employee_id.casefold() for each in numbered if each.employee_id)
    return 2 * agreeing > len(numbered)


def _can_be_an_id(text: str) -> bool:
    """Begins with a letter or digit besides: a spreadsheet computes with other beginnings."""
    try:
        return roster_id(text)[:1].isalnum()
    except Unusable:
        return False


def _short(directory_id: str, taken: Callable[[str], bool]) -> str:
    digest = sha256(directory_id.encode()).hexdigest()
    return next(id_ for length in range(SHORTEST, len(digest) + 1) if not taken(id_ := f"d-{digest[:length]}"))
