"""The page over a rehearsed round."""

from collections import defaultdict
from collections.abc import Iterator

from talkcycle.rendering.pages.checks import checks_of, shortest_notice
from talkcycle.rendering.pages.html import html
from talkcycle.rendering.pages.lanes import bars_of, lanes_of, weeks_of
from talkcycle.rendering.pages.plain_words import some
from talkcycle.rendering.pages.rehearsed import RehearsedRound
from talkcycle.rendering.pages.steps import label_of
from talkcycle.rendering.pages.story import story_of

NotSent = tuple[str, str, int, str]
"""Why, the step, how many, and who."""


def round_page(facts: RehearsedRound) -> str:
    """One HTML page that needs nothing but the mails, documents and calendar files beside it."""
    weeks = weeks_of(facts)
    return html(
        "round",
        facts=facts,
        cycle=facts.round.cycle,
        title=title_of(facts),
        notice=shortest_notice(facts),
        story=story_of(facts),
        checks=checks_of(facts),
        weeks=weeks,
        bars=bars_of(facts),
        lanes=lanes_of(facts, weeks),
        without_a_time=[
            (facts.name(talk.employee), facts.name(talk.manager), talk.note) for talk in facts.talks if talk.start is None
        ],
        left_out=[(facts.name(person), why) for person, why in facts.left_out.items()],
        not_sent=sorted(not_sent(facts), key=lambda each: (each[2], each)),
    )


def title_of(facts: RehearsedRound) -> str:
    names = facts.round.cycle.name
    return names.get("en") or names.get(facts.round.cycle.language) or next(iter(names.values()), "Development talks")


def not_sent(facts: RehearsedRound) -> Iterator[NotSent]:
    """What the outbox has that did not leave, by reason and step."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in facts.unsent:
        groups[row.reason, row.key.step].append(facts.name(row.key.recipient.removeprefix("person:")))
    for (reason, step), names in groups.items():
        yield reason, label_of(step), len(names), some(names)
