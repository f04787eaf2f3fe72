"""Where the pages of plans lie: in the service's data folder, for its owner alone, as long as the round is kept."""

from collections.abc import Iterable
from pathlib import Path

PLANS = "plans"


def page_of(data: Path, round_id: str) -> Path:
    """The page of a round's newest plan, there or not. *data*: the service's data folder."""
    return data / PLANS / f"{round_id}.html"


def drop_pages(data: Path, rounds: Iterable[str]) -> None:
    """Delete the pages of *rounds*, ids, which name people and times."""
    for round_id in rounds:
        page_of(data, round_id).unlink(missing_ok=True)
