"""What cycle files and rosters are checked against."""

import pytest

from talkcycle.intake.person_defaults import PersonDefaults


@pytest.fixture
def templates() -> dict[str, set[str]]:
    """Languages and the names of their texts."""
    names = {
        "announcement",
        "invitation",
        "preparation-employee",
        "preparation-manager",
        "reminder",
        "follow-up",
        "check-in",
    }
    return {"sv": names, "en": names}


@pytest.fixture(scope="session")
def defaults() -> PersonDefaults:
    return PersonDefaults(language="sv", zone="Europe/Stockholm", country="SE", languages=frozenset({"sv", "en"}))
