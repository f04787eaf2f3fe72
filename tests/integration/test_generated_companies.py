"""Companies of the shared generator, judged by the shared checker: no rule is broken, whatever the company is like.

The generator's windows lie over Europe's and America's clock changes; it has part-timers, split days, vacations and the
holidays of three countries.
"""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from talkcycle.planning.score import score
from talkcycle.planning.talkplan import from_json, plan_to_json
from talkplan_tools import checked, generated, solved

KINDS = [
    f"--n {people} --seed {seed} --preset {preset} --cascade {cascade}"
    for (preset, cascade), people, seed in zip(
        product(("loose", "normal", "tight"), ("off", "soft", "hard")),
        (100, 150, 200, 250, 300, 100, 150, 200, 250),
        (1, 2, 3, 4, 5, 6, 7, 8, 9),
        strict=True,
    )
]
RULES = [
    "--n 120 --seed 2 --grid 5",
    "--n 120 --seed 4 --grid 5 --cascade hard --preset tight",
    "--n 120 --seed 3 --late 5 --cascade hard",
    "--n 120 --seed 6 --late 9 --grid 30",
    "--n 120 --seed 1 --tentative hard",
    "--n 120 --seed 1 --tentative free --k 1",
    "--n 120 --seed 8 --k 3 --lead 21 --room-supply 0.2",
    "--n 120 --seed 5 --today 2026-10-05",
    "--n 120 --seed 5 --today 2027-03-01 --weeks 6",
]


@pytest.mark.parametrize("words", [*KINDS, *RULES])
def test_no_rule_is_broken(words: str, tmp_path: Path) -> None:
    document = generated(words, tmp_path)

    instance = from_json(document)

    plan = solved(instance).plan

    figures, violations = checked(document, plan_to_json(plan))
    assert violations == []
    assert figures["placed"] == len(plan.assignments)
    assert figures["cost"] == score(instance, plan).cost


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("loose --cascade off", 11_160),
        ("loose --cascade soft", 11_160),
        ("loose --cascade hard", 11_160),
        ("normal --cascade off", 5_245),
        ("normal --cascade soft", 5_285),
        ("normal --cascade hard", 6_205),
        ("tight --cascade off", 65_260),
        ("tight --cascade soft", 65_315),
        ("tight --cascade hard", 65_315),
    ],
)
def test_twenty_people_get_the_proven_optimum(kind: str, least: int, tmp_path: Path) -> None:
    """Proven by ``bench/run.py exact``, with Python 3.11's generator."""
    instance = from_json(generated(f"--n 20 --seed 1 --preset {kind}", tmp_path))

    assert score(instance, solved(instance).plan).cost == least


def test_the_generated_companies_have_what_is_hard_about_real_ones(tmp_path: Path) -> None:
    people = [person for words in KINDS[:5] for person in generated(words, tmp_path)["people"]]

    assert sum(split_day(person) for person in people) >= 5
    assert sum(not all(person["hours"][:5]) for person in people) >= 20
    assert {person["cal"] for person in people} == {"DE", "US", "IN"}
    assert {person["tz"] for person in people} == {"Europe/Berlin", "America/New_York", "Asia/Kolkata"}


def split_day(person: dict[str, Any]) -> bool:
    return any(len(day) > 1 for day in person["hours"])
