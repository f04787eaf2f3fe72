"""The shipped example, planned and approved on a virtual day, ready for a daemon."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from talkcycle.bootstrap import Application, read_inputs
from talkcycle.domain.plan import Draft
from talkcycle.intake.service_file import read_service
from talkcycle.resources import shipped
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.plan import make_draft
from talkcycle.store.open import open_store
from talkcycle.store.secret import service_secret

APPROVED_AT = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
"""A Monday, five weeks before the example's window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedRound:
    """Where it lies. *data* has the database, the secret, and ``clock`` with the virtual time."""

    data: Path
    database: str
    sender: str
    round: str


def approved_example(folder: Path) -> ApprovedRound:
    """The shipped example, approved at ``APPROVED_AT`` in a database in *folder*: a copy, since planning takes long."""
    kept, round_, sender = _approved()
    shutil.copytree(kept.name, folder, dirs_exist_ok=True)
    data = folder / "data"
    return ApprovedRound(data=data, database=f"sqlite:///{data / 'talkcycle.db'}", sender=sender, round=round_)


@cache
def _approved() -> tuple[TemporaryDirectory[str], str, str]:
    """A folder with the round in it, the round's name, and who sends."""
    kept, at = TemporaryDirectory(prefix="approved-round-"), APPROVED_AT
    config = Path(shutil.copytree(shipped("config"), Path(kept.name) / "config"))
    data = Path(kept.name) / "data"
    data.mkdir()
    settings = read_service(config / "service.yaml", {"TALKCYCLE_SMTP_PASSWORD": "of no use here"})
    inputs = read_inputs(config / "cycle.yaml", settings, today=at.date())
    store = open_store(f"sqlite:///{data / 'talkcycle.db'}", secret=service_secret(None, data))
    draft = make_draft(store, inputs, now=at)
    approval = prepare_approval(
        store,
        inputs,
        plan=draft.hash[:12],
        only=None,
        who="hr",
        routing=settings.routing,
        seed="the same in every run",
        now=at,
    )
    approve(store, inputs, approval, who="hr", now=at)
    store.close()
    (data / "clock").write_text(at.isoformat())
    return kept, draft.round, settings.sender


def plan_and_approve(app: Application) -> Draft:
    """Plan and approve the cycle.yaml of *app* now, as HR does: calendars and room lists are asked."""
    inputs = app.with_listed_rooms(app.inputs("cycle.yaml"))
    now = app.clock.now()
    draft = make_draft(app.store, inputs, now=now, busy_between=app.busy_between("cycle.yaml", inputs))
    approval = prepare_approval(
        app.store,
        inputs,
        plan=draft.hash,
        only=None,
        who="hr",
        routing=app.settings.routing,
        seed="the same in every run",
        now=now,
    )
    approve(app.store, inputs, approval, who="hr", now=now)
    return draft
