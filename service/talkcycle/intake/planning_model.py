"""The settings of rooms, of the planner's rules and of HR's wishes about single talks."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from talkcycle.domain.wishes import SEATS_OF_LISTED, Cascade, PlanningRules
from talkcycle.intake.setting_types import (
    Address,
    HourList,
    Hours,
    Line,
    Lunch,
    Moment,
    People,
    Section,
    Spans,
    Weekdays,
    required,
    setting,
)

MOST_SEATS = 10_000


class Effect(StrEnum):
    """What a kind of busy time does to a talk, in HR's words."""

    BLOCKS = "blocks"
    AVOID = "avoid"
    FREE = "free"


class RoomSettings(Section):
    """A room that talks may have. The planner gives it to one talk at a time."""

    name: Line = required("The room's name, as people know it.", "Vättern")
    seats: Annotated[int, Field(ge=1, le=MOST_SEATS)] = required("How many people can sit; a talk needs two.", 4)
    neutral: bool = setting(
        True, "false: somebody's own room, or one that people look into; talks are not held there.", False, shown=True
    )
    address: Address | None = setting(
        None, "The room's mailbox, which tells when it is free and is invited.", "vattern@example.com"
    )


class SiteRoomsSettings(Section):
    """A site's rooms, where the mail server knows some of them."""

    rooms: list[RoomSettings] = setting([], "Rooms besides those of the list.", [{"name": "Vättern", "seats": 4}])
    list: Address = required("Address of the room list in Exchange.", "rooms-stockholm@example.com")
    seats: Annotated[int, Field(ge=1, le=MOST_SEATS)] = setting(
        SEATS_OF_LISTED,
        "How many people can sit in a room of the list of which the server does not say it.",
        SEATS_OF_LISTED,
        shown=SEATS_OF_LISTED,
    )


class BusySettings(Section):
    """What a time in a calendar means: blocks (no talk then), avoid (rather no talk) or free (it does not matter)."""

    busy: Effect = setting(Effect.BLOCKS, "Shown as busy.", "blocks", shown="blocks")
    away: Effect = setting(Effect.BLOCKS, "Out of office.", "blocks", shown="blocks")
    tentative: Effect = setting(Effect.AVOID, "Not yet certain.", "avoid", shown="avoid")
    working_elsewhere: Effect = setting(Effect.FREE, "At work in another place.", "free", shown="free")
    outside_working_hours: Effect = setting(
        Effect.AVOID, "Outside the working hours that somebody's mailbox tells.", "avoid", shown="avoid"
    )


class PlanningSettings(Section):
    """What a good plan is."""

    cascade: Cascade = setting(
        Cascade.OFF,
        "Whether a manager's own talk comes before those with their team: off, soft (rather) or hard (always).",
        "soft",
        shown="off",
    )
    busy_times: BusySettings = setting(
        BusySettings(), "What each kind of time in a calendar does to talks.", {"tentative": "blocks"}
    )
    lunch: Lunch = setting(
        PlanningRules().lunch,
        "When people eat: rather no talk then; or none.",
        "11:30-12:30",
        "none",
        shown="12:00-13:00",
    )
    preferred_hours: HourList = setting(
        (), "Hours in which managers like to hold talks; the roster may say otherwise. Default: any.", ["09:00-12:00"]
    )
    calendars: Line = setting(
        PlanningRules().calendars,
        "Folder with people's and rooms' busy times, its path counted from this file.",
        "calendars",
        shown="calendars",
    )


class PinSettings(Section):
    """A talk whose time HR decides."""

    employee: Line = required("The employee's id in the roster.", "1002")
    at: Moment = required("Day and time, local to the employee.", "2027-03-10 10:00")
    room: Line | None = setting(None, "A room of the employee's site. Default: the smallest that is free.", "Vättern")


class ForbidSettings(Section):
    """A time without talks."""

    who: People = required("everybody, or ids and sites of the roster.", "everybody", ["London", "1002"])
    days: Spans = required("A day, or the first and the last one.", "2027-03-11", "2027-03-11..2027-03-12")
    hours: Hours | None = setting(None, "Hours of those days, local to each person. Default: all day.", "13:00-17:00")
    weekdays: Weekdays = setting(frozenset(), "Only these days of the week. Default: all.", ["fri"], "mon, wed")


class ExcludeSettings(Section):
    """Two who do not talk with each other this time."""

    employee: Line = required("The employee's id in the roster.", "1002")
    manager: Line = required("Their manager's id in the roster.", "1001")
    reason: Line = required("Why. It is shown to HR in the plan and never sent.", "they talked in January")


class WishSettings(Section):
    """What HR decides about single talks; the rest is planned around it."""

    pin: Annotated[list[PinSettings], Field(max_length=1000)] = setting(
        [], "Talks whose time is decided.", [{"employee": "1002", "at": "2027-03-10 10:00", "room": "Vättern"}]
    )
    forbid: Annotated[list[ForbidSettings], Field(max_length=1000)] = setting(
        [], "Times without talks.", [{"who": "everybody", "days": "2027-03-11", "hours": "13:00-17:00"}]
    )
    exclude: Annotated[list[ExcludeSettings], Field(max_length=1000)] = setting(
        [],
        "Who does not talk with their manager this time.",
        [{"employee": "1002", "manager": "1001", "reason": "they talked in January"}],
    )
