"""Where a talk goes whose room has declined it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from talkcycle.domain.cycle import Place
from talkcycle.domain.store import Store
from talkcycle.domain.talks import Round, Talk

if TYPE_CHECKING:  # a daemon without such calendars never loads it
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.watch import AnotherRoom


def room_instead(store: Store, calendars: "CalendarsNow") -> "AnotherRoom":
    """Finds the smallest other room that is free at the talk's time, else the place HR names for such talks."""

    def another(round_: Round, talk: Talk, declined: frozenset[str]) -> Place:
        from talkcycle.rounds.rebooking import another_room  # noqa: PLC0415
        from talkcycle.rounds.vacancy import known_times  # noqa: PLC0415

        with store.read() as session:
            others = session.talks.of_round(round_.id)
            people = session.rosters.people(round_.roster)
        assert talk.start is not None
        window = (talk.start, talk.start + timedelta(minutes=talk.minutes + talk.buffer_minutes))
        known = known_times([talk], round_, people, calendars, window)
        site = people[talk.employee].site
        rooms = round_.cycle.rooms.get(site, ()) if site else ()
        without = {room.name for room in rooms if room.address and room.address.casefold() in declined}
        found = another_room(round_, talk, people, others, known, without=without)
        return found or round_.cycle.place_for(site)

    return another
