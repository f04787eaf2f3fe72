"""A roster from the directory, as the terminal shows what to look at in it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from talkcycle.cli.output import console
from talkcycle.intake.unusable import shown

if TYPE_CHECKING:
    from talkcycle.rounds.directory_roster import Changed, DirectoryRoster

MOST_SHOWN = 10


def show_roster(made: "DirectoryRoster", out: Path, before: Path | None) -> None:
    """What was written, what had to be left out, and what is different from the roster *before*."""
    lines = [f"Wrote {_people(len(made.rows))} to {out}.", *_left_out(made)]
    if made.differences is not None:
        lines += [f"Compared with {before}, which stays as it is:", *_differences(made)]
    lines.append("Look at the file. When it is right, put it in the place of the roster that the cycle names.")
    console().print("\n".join(lines), soft_wrap=True, markup=False)


def _left_out(made: "DirectoryRoster") -> Iterator[str]:
    yield from _listed(made, "without a manager: no talk of their own", made.without_manager)
    yield from _listed(made, "without a mailbox", made.without_mailbox)
    yield from _listed(made, "whose manager is not among them; left empty", made.strangers)
    for loop in made.loops:
        circle = " > ".join([*(_name(made, id_) for id_ in loop[:MOST_SHOWN]), loop[0]])
        yield f"  These report in a loop; the manager of the first is left empty: {circle}"
    count = Counter((each.column, each.value, each.problem) for each in made.left_empty)
    for (column, value, problem), times in count.most_common(MOST_SHOWN):
        yield f"  {column} left empty of {_people(times)}: {shown(value)}: {problem}"
    if len(count) > MOST_SHOWN:
        yield f"  and {len(count) - MOST_SHOWN} more values; see --json"


def _differences(made: "DirectoryRoster") -> Iterator[str]:
    found = made.differences
    assert found is not None, "there is an earlier roster"
    yield from _listed(made, "new", found.new)
    yield from _listed(made, "gone; not in the new file", found.gone)
    yield from _listed(made, "whom this directory cannot know; kept as they were", found.kept)
    yield from _changes(made, "another manager", found.managers, people=True)
    yield from _changes(made, "another address", found.addresses)
    yield from _changes(made, "another site in the directory; the roster's is kept", found.sites)
    if not any((found.new, found.gone, found.managers, found.addresses, found.sites)):
        yield "  no differences"


def _listed(made: "DirectoryRoster", what: str, ids: Sequence[str]) -> Iterator[str]:
    if ids:
        yield f"  {len(ids)} {what}: {_cut((_name(made, id_) for id_ in ids[:MOST_SHOWN]), len(ids))}"


def _changes(made: "DirectoryRoster", what: str, changes: Sequence["Changed"], *, people: bool = False) -> Iterator[str]:
    def said(value: str | None) -> str:
        if value is None:
            return "nobody" if people else "none"
        return _name(made, value) if people else shown(value)

    if changes:
        each = (f"{_name(made, one.id)} ({said(one.before)} -> {said(one.after)})" for one in changes[:MOST_SHOWN])
        yield f"  {len(changes)} with {what}: {_cut(each, len(changes))}"


def _name(made: "DirectoryRoster", id_: str) -> str:
    return f"{id_} {shown(made.names[id_])}" if id_ in made.names else id_


def _cut(words: Iterable[str], count: int) -> str:
    more = f" and {count - MOST_SHOWN} more" if count > MOST_SHOWN else ""
    return f"{', '.join(words)}{more}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
