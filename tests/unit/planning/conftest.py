"""Small companies and cycles to plan for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from talkcycle.domain.cycle import Contact, Cycle, Digests, Guards, Retention, TalkRules, Window
from talkcycle.domain.people import Person

MARCH = Window(first=date(2027, 3, 1), last=date(2027, 3, 26))
"""Four weeks without a clock change in Europe."""


def _person(id_: str, manager: str | None, **other: Any) -> Person:
    facts = {"language": "sv", "zone": "Europe/Stockholm", "country": "SE", **other}
    return Person(id=id_, name="Somebody", email=None, manager=manager, **facts)


def _cycle(window: Window = MARCH, *, notice_days: int = 14, **rules: Any) -> Cycle:
    return Cycle(
        id="development",
        name={},
        organisation="Example",
        hr=Contact(name="HR", email="hr@example.com", telephone=None, language="sv", zone="Europe/Stockholm"),
        window=window,
        repeat_months=None,
        language="sv",
        zone="Europe/Stockholm",
        country="SE",
        talk=replace(TalkRules(), **rules),
        places={},
        agenda=(),
        strategy={},
        strategy_link=None,
        opt_out_policy={},
        confidentiality={},
        steps=(),
        digests=Digests(),
        notice_days=notice_days,
        earliest_days=21,
        approval_days=5,
        guards=Guards(),
        retention=Retention(),
    )


def _team(reports: int, manager: str = "M") -> Mapping[str, Person]:
    people = [_person(manager, None), *(_person(f"E{n:02d}", manager) for n in range(reports))]
    return {person.id: person for person in people}


@pytest.fixture(scope="session")
def person() -> Callable[..., Person]:
    """``person(id, manager, **facts)``: a full-timer in Stockholm unless told otherwise."""
    return _person


@pytest.fixture(scope="session")
def cycle() -> Callable[..., Cycle]:
    """``cycle(window, notice_days=..., **talk_rules)``: March 2027 unless told otherwise."""
    return _cycle


@pytest.fixture(scope="session")
def team() -> Callable[..., Mapping[str, Person]]:
    """``team(reports)``: manager ``M`` and so many employees ``E00``, ``E01``, ..."""
    return _team
