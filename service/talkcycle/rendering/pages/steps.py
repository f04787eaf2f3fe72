"""How steps look: a colour and a code each, so that neither has to be told apart by colour alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TONES = 10
"""Colours there are in ``style.css``; a cycle with more steps uses some twice."""
ADDRESSED = {"employee": "employee", "manager": "manager", "hr": "HR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLook:
    """*code*: one or two letters; *tone*: number of a colour."""

    id: str
    label: str
    code: str
    tone: int


def looks(steps: Iterable[str]) -> Mapping[str, StepLook]:
    """A look for each of *steps*, in their order."""
    return {
        step: StepLook(id=step, label=label_of(step), code=_code(step), tone=number % TONES)
        for number, step in enumerate(steps)
    }


def label_of(step: str) -> str:
    """``preparation-manager`` as ``Preparation (manager)``."""
    head, _, tail = step.replace("_", " ").rpartition("-")
    return (
        f"{head.capitalize()} ({ADDRESSED[tail]})" if head and tail in ADDRESSED else step.replace("_", " ").capitalize()
    )


def _code(step: str) -> str:
    return "".join(word[0] for word in step.replace("_", "-").split("-") if word)[:2].upper()
