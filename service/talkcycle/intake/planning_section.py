"""The planner's rules in a cycle file."""

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.wishes import PlanningRules
from talkcycle.intake.planning_model import Effect, PlanningSettings

BLOCKS = {Effect.BLOCKS: Blocks.HARD, Effect.AVOID: Blocks.SOFT, Effect.FREE: Blocks.FREE}


def planning_rules(settings: PlanningSettings) -> PlanningRules:
    """The rules as the planner takes them."""
    busy = settings.busy_times
    return PlanningRules(
        cascade=settings.cascade,
        blocks={
            BusyKind.BUSY: BLOCKS[busy.busy],
            BusyKind.AWAY: BLOCKS[busy.away],
            BusyKind.TENTATIVE: BLOCKS[busy.tentative],
            BusyKind.ELSEWHERE: BLOCKS[busy.working_elsewhere],
        },
        outside_hours=BLOCKS[busy.outside_working_hours],
        lunch=settings.lunch,
        preferred=settings.preferred_hours,
        calendars=settings.calendars,
    )
