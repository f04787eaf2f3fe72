"""An example of what the two of a talk have agreed, with words in each language."""

from datetime import date, timedelta

from talkcycle.domain.agreements import ActionDraft, Agreement, confirmed, written
from talkcycle.domain.localtime import day_of, working_day
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk

NEXT_STEPS = {
    "sv": ("Gå grundkursen i projektledning", "Boka en dag med kundtjänst", "En ledig eftermiddag för kursen"),
    "en": ("Take the first course in project management", "Arrange a day with customer service", "A free afternoon"),
    "nb": ("Ta grunnkurset i prosjektledelse", "Avtale en dag med kundeservice", "En ettermiddag til kurset"),
    "da": ("Tage grundkurset i projektledelse", "Aftale en dag med kundeservice", "En eftermiddag til kurset"),
    "fi": ("Käyn projektinhallinnan peruskurssin", "Sovin päivän asiakaspalvelussa", "Iltapäivä kurssia varten"),
}
"""What the employee is to do, what the manager is, and the support for the first."""


def example_agreement(round_: Round, talk: Talk, employee: Person, manager: Person) -> Agreement:
    """Two next steps, one for each, written down by *manager* after *talk* and confirmed by *employee*."""
    assert talk.end is not None
    theirs, managers, support = NEXT_STEPS.get(employee.language.partition("_")[0], NEXT_STEPS["en"])
    day, holidays = day_of(talk.end, talk.zone), round_.holidays.get(round_.cycle.country, frozenset())

    def by(weeks: int) -> date:
        return working_day(day + timedelta(weeks=weeks), holidays, earlier=False)

    drafts = (
        ActionDraft(what=theirs, support=support, responsible=employee.id, due=by(12)),
        ActionDraft(what=managers, responsible=manager.id, due=by(6)),
    )
    agreement = written(None, talk, cycle=round_.cycle.id, by=manager.id, held=True, drafts=drafts, at=talk.end)
    return confirmed(agreement, at=talk.end)
