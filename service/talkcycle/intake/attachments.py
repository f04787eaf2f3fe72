"""HR's own files that steps carry."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from talkcycle.domain.cycle import Cycle
from talkcycle.intake.unusable import Unusable, quoted

MADE_PER_TALK = frozenset({"agenda", "self-review"})
_MEND_PLACE = "Put the file beside the cycle file or in a folder there, and write its path from there."


def attached_files(cycle: Cycle) -> tuple[str, ...]:
    """The organisation's own files that *cycle* sends, as its steps name them: paths from the cycle file's folder."""
    named = (name for step in cycle.steps for name in step.attach if name not in MADE_PER_TALK)
    return tuple(dict.fromkeys(named))


def check_attachment(folder: Path, name: str) -> int:
    """The size in bytes of the file *name* in *folder*.

    Raises:
        Unusable: It is not there, not a file, or outside the folder.
    """
    if "\\" in name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise Unusable(f"{quoted(name)} leads out of the cycle file's folder.", _MEND_PLACE)
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Unusable(f"{quoted(name)} leads out of the cycle file's folder.", _MEND_PLACE)
        if not path.exists():
            raise Unusable(f"{quoted(name)} is not there.", f"{_MEND_PLACE[:-1]}; or write agenda or self-review.")
        if not path.is_file():
            raise Unusable(f"{quoted(name)} is not a file.", "Name a file in it.")
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise Unusable(f"{quoted(name)} cannot be read.", "Check who may read the file.") from error


def attachment_faults(folder: Path, names: tuple[str, ...], limit: int) -> Iterator[tuple[int, Unusable]]:
    """What is wrong with the own files of one message: the place in *names*, or -1 for all together.

    Args:
        limit: Bytes they may take together.
    """
    total = 0
    for place, name in enumerate(names):
        if name in MADE_PER_TALK:
            continue
        try:
            total += check_attachment(folder, name)
        except Unusable as error:
            yield place, error
    if total > limit:
        size = f"{total / 1e6:.1f} MB, the limit is {limit / 1e6:.1f} MB"
        mend = "Shrink a file, or link to it from the text; IT sets the limit (attachment_limit)."
        yield -1, Unusable(f"the files of this message take {size}.", mend)
