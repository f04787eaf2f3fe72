"""The small companies that the unit tests plan for as well."""

from unit.planning.conftest import cycle, person, team

__all__ = ["cycle", "person", "team"]
