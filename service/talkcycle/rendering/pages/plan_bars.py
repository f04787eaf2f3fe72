"""Load by week and days of notice, as bars."""

from collections import defaultdict
from dataclasses import dataclass

from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.rendering.pages.plan_words import week_days, week_of

TONES = 9
"""Tones for sites; whatever is beyond shares the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteShare:
    """*width*: percent of the fullest week's bar."""

    name: str
    talks: int
    tone: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBar:
    name: str
    days: str
    talks: int
    shares: tuple[SiteShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeBar:
    """*days*: such as ``14 to 20``; *width*: percent of the longest bar."""

    days: str
    talks: int
    width: float


def week_bars(facts: PlanFacts) -> list[WeekBar]:
    """Each site keeps its tone and its place in every bar."""
    total: dict[str, int] = defaultdict(int)
    for week in facts.weeks:
        for site, talks in week.sites.items():
            total[site] += talks
    order = sorted(total, key=lambda site: (-total[site], site))
    top = max((week.talks for week in facts.weeks), default=0) or 1
    return [
        WeekBar(
            name=week_of(week.monday),
            days=week_days(week.monday),
            talks=week.talks,
            shares=tuple(
                SiteShare(
                    name=site or "no site",
                    talks=week.sites[site],
                    tone=min(number + 1, TONES),
                    width=round(100 * week.sites[site] / top, 2),
                )
                for number, site in enumerate(order)
                if week.sites.get(site)
            ),
        )
        for week in facts.weeks
    ]


def notice_bars(facts: PlanFacts) -> list[NoticeBar]:
    """Talks by whole weeks of notice; the last bar is the single number of days from which nothing earlier is sent."""
    weeks: dict[int, int] = defaultdict(int)
    for notice, talks in facts.notices.items():
        weeks[notice // 7] += talks
    top = max(weeks.values(), default=1)
    most = max(facts.notices, default=0)
    return [
        NoticeBar(
            days=f"{week * 7}" if week * 7 == most else f"{week * 7} to {min(week * 7 + 6, most)}",
            talks=talks,
            width=round(100 * talks / top, 2),
        )
        for week, talks in sorted(weeks.items())
    ]
