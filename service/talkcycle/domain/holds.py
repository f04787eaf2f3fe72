"""When the outbox starts on hold: a restored backup or a wrong clock must not send a flood. Pure."""

from datetime import datetime, timedelta

LONGEST_ABSENCE = timedelta(days=1)
CLOCK_SLACK = timedelta(minutes=5)
"""Clocks of replicas differ, and NTP steps back a little."""
ALWAYS_PLAUSIBLE = 50
FACTOR = 3

RELEASE = "If all is well, release it: talkcycle outbox release --all"


def why_hold(
    *,
    now: datetime,
    last_tick: datetime | None,
    mark_in_database: int,
    mark_beside: int | None,
    due_now: int,
    due_foreseen: int,
) -> str | None:
    """Say why nothing may leave before a person has looked, and how to release it; None when all is plausible.

    Args:
        now, last_tick: Aware, UTC. No last tick: the service has never run on this database.
        mark_in_database, mark_beside: The number of the last tick as the database has it and as the file beside it
            does; None: there is no file. The file is written last, so it is never ahead of its own database.
        due_now: How many subjects have something due.
        due_foreseen: How many the plan had foreseen to be due by now when the service last ran.
    """
    reasons = []
    if mark_beside is not None and mark_in_database < mark_beside:
        reasons.append(
            f"The database is older than the data folder beside it (tick {mark_in_database}, not {mark_beside}): "
            "it looks like a restored backup, and what was sent since is not in it."
        )
    if last_tick is not None and last_tick - now > CLOCK_SLACK:
        reasons.append(f"The clock shows {_shown(now)}, but the service last ran at {_shown(last_tick)}.")
    if last_tick is not None and now - last_tick > LONGEST_ABSENCE:
        reasons.append(f"The service last ran at {_shown(last_tick)}, over a day ago.")
    if due_now > max(ALWAYS_PLAUSIBLE, FACTOR * due_foreseen):
        reasons.append(f"Far more is due than the plan foresaw: {due_now}, not {due_foreseen}.")
    return " ".join([*reasons, RELEASE]) if reasons else None


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
