"""A roster made from the organisation's directory, for HR to look at: pure.

The directory says who there is, what they are called, their address and their manager. What HR has written in an earlier
roster stays: ids, every column the directory knows nothing of, and site, language and country, which the directory only
fills in. People that the directory cannot know, without a mailbox or with one on another server, stay as they are.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.domain.people import Person
from talkcycle.intake.addresses import mail_address
from talkcycle.intake.columns import Column
from talkcycle.intake.languages import language_tag
from talkcycle.intake.person_row import person_name, site_name
from talkcycle.intake.public_holidays import country_code
from talkcycle.intake.reporting_lines import loops
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.written_roster import WrittenPerson
from talkcycle.rendering.harmless_cells import harmless_field
from talkcycle.rounds.roster_ids import roster_ids

DEPARTMENT = "department"
COLUMNS = (
    Column.ID.value,
    Column.NAME.value,
    Column.EMAIL.value,
    Column.MANAGER.value,
    Column.LANGUAGE.value,
    Column.COUNTRY.value,
    Column.SITE.value,
    DEPARTMENT,
)
"""What the directory knows; HR's own columns stand behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftEmpty:
    """A value of the directory that a roster cannot have. *problem*: as faults say it."""

    id: str
    column: str
    value: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What is another one in the directory than in the earlier roster; None: there is none."""

    id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """From the earlier roster; ids.

    Attributes:
        gone: Not in the directory any more, and not in the new roster.
        kept: Not in the directory, which cannot know them; as they were.
        managers, addresses: As they are in the new roster.
        sites: As the directory has them; the roster keeps HR's.
    """

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    managers: tuple[Changed, ...] = ()
    addresses: tuple[Changed, ...] = ()
    sites: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRoster:
    """A roster without loops, and what HR should know of it. People by roster id.

    Attributes:
        rows: The cells of each person by column; a spreadsheet runs none that comes from the directory.
        without_manager: At the top, or nobody knows; those of *strangers* and one of each loop are among them.
        strangers: Their manager is not among the people.
        loops: Who reports to whom in a circle, each to the next; the first one's manager is left empty.
        names: Of everybody, those gone too.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    without_manager: tuple[str, ...]
    without_mailbox: tuple[str, ...]
    strangers: tuple[str, ...]
    loops: tuple[tuple[str, ...], ...]
    left_empty: tuple[LeftEmpty, ...]
    names: Mapping[str, str]
    differences: Differences | None = None

    @property
    def needs_a_look(self) -> bool:
        """Whether something was left out that the directory has, and that HR should write itself or have mended."""
        return bool(self.strangers or self.loops or self.left_empty)


def roster_from(
    people: Sequence[DirectoryPerson],
    former: Sequence[WrittenPerson] | None,
    *,
    languages: Collection[str],
    knows: Callable[[Person], bool] = lambda person: person.email is not None,
) -> DirectoryRoster:
    """The roster of *people*: those of the former roster in its order, then the new ones by name.

    Args:
        former: The earlier roster; None: there is none.
        languages: Those there are texts in.
        knows: Whether the directory would know this person of the former roster.
    """
    written = {each.person.id: each for each in former or ()}
    ids = roster_ids(people, [each.person for each in written.values()])
    by_id = {ids[each.id]: each for each in people}
    kept = [id_ for id_, each in written.items() if id_ not in by_id and not knows(each.person)]
    new = sorted((id_ for id_ in by_id if id_ not in written), key=lambda id_: (by_id[id_].name.casefold(), id_))
    order = [id_ for id_ in written if id_ in by_id or id_ in kept] + new

    sheet = _Sheet(languages=languages)
    for id_ in order:
        sheet.add(id_, by_id.get(id_), written.get(id_))
    managers = {id_: _manager(by_id.get(id_), written.get(id_), ids) for id_ in order}
    strangers = [id_ for id_ in order if managers[id_] is _STRANGER or (managers[id_] or id_) not in managers]
    lines = {id_: None if id_ in strangers else managers[id_] for id_ in order}
    from_hr = {id_ for id_ in order if id_ not in by_id or by_id[id_].manager is None}
    circles = _without_loops(lines, from_hr)
    for id_ in order:
        sheet.rows[id_][Column.MANAGER] = lines[id_] or ""
    own = dict.fromkeys(name for each in written.values() for name in each.cells if name not in COLUMNS)
    return DirectoryRoster(
        columns=(*COLUMNS, *own),
        rows=tuple(sheet.rows.values()),
        without_manager=tuple(id_ for id_ in order if lines[id_] is None),
        without_mailbox=tuple(id_ for id_ in order if not sheet.rows[id_][Column.EMAIL]),
        strangers=tuple(strangers),
        loops=tuple(circles),
        left_empty=tuple(sheet.left_empty),
        names={id_: each.person.name for id_, each in written.items()} | {id_: by_id[id_].name for id_ in by_id},
        differences=None if former is None else _differences(written, by_id, sheet.rows, kept, new),
    )


_STRANGER = "\N{NULL}"
"""Stands for a manager who is not among the people; no id is like it."""


def _manager(person: DirectoryPerson | None, written: WrittenPerson | None, ids: Mapping[str, str]) -> str | None:
    """The roster id of the manager. Where the directory names none, HR's word stays; nobody is their own."""
    if person is None or person.manager is None:
        return written.person.manager if written else None
    if person.manager == person.id:
        return None
    return ids.get(person.manager, _STRANGER)


def _without_loops(lines: dict[str, str | None], doubtful: Collection[str]) -> list[tuple[str, ...]]:
    """Break every loop of *lines* in place; the loops, each beginning with whose manager is left empty.

    That is somebody whose manager is *doubtful*, else whoever has most reports: they are nearest to the top.
    """
    order = list(lines)
    place = {id_: number for number, id_ in enumerate(order)}
    reports = Counter(manager for manager in lines.values() if manager)
    found = []
    for loop in loops([None if (manager := lines[id_]) is None else place[manager] for id_ in order]):
        circle = [order[number] for number in loop]
        first = max(range(len(circle)), key=lambda at: (circle[at] in doubtful, reports[circle[at]], -at))
        lines[circle[first]] = None
        found.append((*circle[first:], *circle[:first]))
    return found


@dataclass(slots=True)
class _Sheet:
    """Rows in the making."""

    languages: Collection[str]
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    left_empty: list[LeftEmpty] = field(default_factory=list)
    _addresses: set[str] = field(default_factory=set)

    def add(self, id_: str, person: DirectoryPerson | None, written: WrittenPerson | None) -> None:
        cells = dict.fromkeys(COLUMNS, "") | dict(written.cells if written else {})
        cells[Column.ID] = id_
        self.rows[id_] = cells
        if person is not None:
            cells[Column.EMAIL] = self._read(id_, Column.EMAIL, person.email, self._address)
            cells[Column.NAME] = self._read(id_, Column.NAME, person.name, person_name) or cells[Column.EMAIL] or id_
            cells[DEPARTMENT] = self._read(id_, DEPARTMENT, person.department, site_name) or cells[DEPARTMENT]
            for column, value, parse in (
                (Column.LANGUAGE, person.language, self._language),
                (Column.COUNTRY, person.country, country_code),
                (Column.SITE, person.site, site_name),
            ):
                cells[column] = cells[column] or self._read(id_, column, value, parse)
        if cells[Column.EMAIL]:
            self._addresses.add(cells[Column.EMAIL].casefold())

    def _read(self, id_: str, column: str, value: str | None, parse: Callable[[str], str]) -> str:
        """*value* as a cell that a roster can have and no spreadsheet runs; else nothing, and that is noted."""
        text = (value or "").strip()
        if not text:
            return ""
        try:
            return harmless_field(parse(text))
        except Unusable as error:
            self.left_empty.append(LeftEmpty(id=id_, column=str(column), value=text, problem=error.problem))
            return ""

    def _address(self, text: str) -> str:
        if harmless_field(text) != text:
            raise Unusable("a spreadsheet would take this address for a formula.", "")
        if text.casefold() in self._addresses:
            raise Unusable("this is the address of two people.", "")
        return mail_address(text)

    def _language(self, text: str) -> str:
        return language_tag(text, self.languages)


def _differences(
    written: Mapping[str, WrittenPerson],
    by_id: Mapping[str, DirectoryPerson],
    rows: Mapping[str, Mapping[str, str]],
    kept: Iterable[str],
    new: Iterable[str],
) -> Differences:
    both = [(id_, each.person, rows[id_]) for id_, each in written.items() if id_ in rows]
    sites = ((id_, person.site, by_id[id_].site) for id_, person, _ in both if id_ in by_id)
    return Differences(
        new=tuple(new),
        gone=tuple(id_ for id_ in written if id_ not in rows),
        kept=tuple(kept),
        managers=_changed((id_, person.manager, row[Column.MANAGER] or None) for id_, person, row in both),
        addresses=_changed((id_, person.email, row[Column.EMAIL] or None) for id_, person, row in both),
        sites=_changed((id_, before, after) for id_, before, after in sites if before and after),
    )


def _changed(pairs: Iterable[tuple[str, str | None, str | None]]) -> tuple[Changed, ...]:
    return tuple(
        Changed(id=id_, before=before, after=after)
        for id_, before, after in pairs
        if (before or "").casefold() != (after or "").casefold()
    )
