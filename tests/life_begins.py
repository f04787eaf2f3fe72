"""A small organisation whose round HR has just approved, by the real functions; what lives at random begin with."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from talkcycle.bootstrap import read_inputs, settings_of
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Hearing, Routing
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.plan import Inputs, make_draft
from talkcycle.store.open import open_store

APPROVED = datetime(2027, 2, 22, 9, 0, tzinfo=UTC)
"""A Monday; the window begins five weeks later, six days before clocks go forward."""
DATABASE, SECRET = "talkcycle.db", b"of the test"
DOMAIN, SENDER = "norrsken.example", "samtal@norrsken.example"
CYCLE = """window: {first: 2027-03-22, last: 2027-04-16}
roster: roster.csv
organisation: Norrsken
language: sv
country: SE
zone: Europe/Stockholm
hr: {name: Maria, email: hr@norrsken.example, language: sv, zone: Europe/Stockholm}
"""
ROSTER = """id,name,email,manager,language,zone,country,excluded
karin,Karin,karin@norrsken.example,,sv,Europe/Stockholm,SE,
bo,Bo,bo@norrsken.example,karin,sv,Europe/Stockholm,SE,
cem,Cem,cem@norrsken.example,karin,sv,Europe/Stockholm,SE,hosts alone
anna,Anna,anna@norrsken.example,bo,sv,Europe/Stockholm,SE,
dan,Dan,dan@norrsken.example,bo,en,Europe/London,GB-ENG,
eva,Eva,eva@norrsken.example,cem,sv,Europe/Helsinki,FI,
pia,Pia,,cem,sv,Europe/Stockholm,SE,
ulf,Ulf,ulf@norrsken.example,bo,sv,Europe/Stockholm,SE,on leave
"""
ROUTING = Routing(sender=SENDER, hears=Hearing(answers_by_mail=True, pages=True))


@cache
def approved() -> tuple[bytes, str, tuple[Person, ...], Mapping[str, frozenset[date]]]:
    """The database of the round as HR has approved it, the people, and the holidays; made once by the real functions."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cycle.yaml").write_text(CYCLE)
        (folder / "roster.csv").write_text(ROSTER)
        (folder / "service.yaml").write_text(f"smtp: {{host: localhost}}\nsender: {SENDER}\n")
        settings = settings_of(folder, {})
        inputs: Inputs = read_inputs(folder / "cycle.yaml", settings, today=APPROVED.date())
        steps = tuple(replace(step, attach=()) for step in inputs.cycle.steps)  # PDFs have tests of their own
        inputs = replace(inputs, cycle=replace(inputs.cycle, steps=steps))
        store = open_store(f"sqlite:///{folder / DATABASE}", secret=SECRET)
        draft = make_draft(store, inputs, now=APPROVED)
        approval = prepare_approval(
            store, inputs, plan=draft.hash, only=None, who="hr", routing=ROUTING, seed="seed", now=APPROVED
        )
        approve(store, inputs, approval, who="hr", now=APPROVED)
        store.close()
        return (folder / DATABASE).read_bytes(), approval.round.id, inputs.roster.people, inputs.holidays
