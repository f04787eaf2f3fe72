"""From the talk to the next one: what both write down is told, remembered, reminded of, and opens the next agenda."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import icalendar
import pytest
from pypdf import PdfReader

from after_the_talk import BO, DAY, URL, AfterTheTalk, a_draft, after, attached, one_talk, plain, the_day_after
from builders import START, a_cycle, a_person, a_round, a_talk, at, shipped_steps
from talkcycle.domain.agreements import Progress
from talkcycle.domain.cycle import AgendaPoint, Leads, Place, Window
from talkcycle.domain.links import Purpose
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, RoundState, moved
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.housekeeping import tidy
from talkcycle.rounds.sharing import agreed_before, share
from talkcycle.rounds.status import status

AFTER = START + timedelta(hours=2)
ANNAS, BOS, SUPPORT = "Leda mötet i april", "Boka kursen i Umeå", "två timmar i veckan"
ANNA, CEM = a_person(), a_person("cem", manager=None)
POINTS = (
    AgendaPoint(id="previous", minutes=5, leads=Leads.EMPLOYEE),
    AgendaPoint(id="summary", minutes=5, leads=Leads.BOTH),
)
STEPS = tuple(
    replace(each, attach=("agenda",)) if each.id.startswith("preparation") else each for each in shipped_steps()
)
NEXT_ROUND = a_round(
    id="development-2028-03",
    cycle=a_cycle(agenda=POINTS, steps=STEPS, window=Window(first=date(2028, 3, 1), last=date(2028, 3, 31))),
    approved_at=at(2028, 2, 1, 9),
    roster="roster-2",
    seed="another",
)
NEXT_START = at(2028, 3, 8, 9)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[AfterTheTalk, Round]]:
    """The day after the talk: both have been asked."""
    office, round_ = after(the_day_after, tmp_path)
    yield office, round_
    office.store.close()


def both_agree(office: AfterTheTalk, round_: Round) -> None:
    drafts = a_draft(ANNAS, support=SUPPORT), a_draft(BOS, "bo", date(2027, 6, 10))
    assert office.write("anna", "anna", round_, *drafts) is Outcome.DONE
    office.until(office.clock.now() + timedelta(hours=1))
    assert office.confirm("bo", "anna", round_) is Outcome.DONE
    office.until(office.clock.now() + timedelta(hours=1))


def leads_to(office: AfterTheTalk, mail: EmailMessage) -> set[tuple[str, Purpose, str | None]]:
    """Whose pages the links in *mail* open."""
    found = set()
    with office.store.read() as session:
        for token in re.findall(rf"{URL}/([\w-]+)", plain(mail)):
            link = session.links.open(token)
            assert link is not None
            found.add((link.person, link.purpose, link.talk))
    return found


def days(mail: EmailMessage) -> list[Any]:
    """What the file with *mail* puts into a calendar."""
    return list(icalendar.Calendar.from_ical(attached(mail)["application/ics"]).walk("VEVENT"))


def pdf_text(mail: EmailMessage) -> str:
    """The agenda that comes with *mail*, in one line."""
    pages = PdfReader(BytesIO(attached(mail)["application/pdf"])).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_both_are_asked_the_day_after_each_by_a_link_of_their_own(held: tuple[AfterTheTalk, Round]) -> None:
    office, _ = held

    for who in ("anna", "bo"):
        [mail] = office.mails("follow-up", who)
        assert (who, Purpose.FOLLOW_UP, "anna") in leads_to(office, mail)


def test_the_other_reads_what_was_written_and_confirms_it_by_a_link(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    office.write("anna", "anna", round_, a_draft(ANNAS, support=SUPPORT))
    office.until(at(2027, 3, 11, 15))

    [mail] = office.mails("to-confirm")
    assert mail["To"].addresses[0].addr_spec == "bo@example.com"
    assert ANNAS in plain(mail)
    assert ANNAS not in mail["Subject"]
    assert ("bo", Purpose.FOLLOW_UP, "anna") in leads_to(office, mail)


def test_what_both_have_confirmed_comes_to_both_with_its_days_for_a_calendar(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)

    for who in ("anna", "bo"):
        [mail] = office.mails("agreed", who)
        text = plain(mail)
        assert all(words in text for words in (ANNAS, BOS, SUPPORT))
        assert ANNAS not in mail["Subject"]
        assert "text/calendar" not in attached(mail), "mail programs would take it for a meeting"
        events = days(mail)
        assert [(each["dtstart"].dt, each["class"], each["transp"]) for each in events] == [
            (date(2027, 4, 9), "PRIVATE", "TRANSPARENT"),
            (date(2027, 6, 10), "PRIVATE", "TRANSPARENT"),
        ]
        titles = " ".join(each["summary"] for each in events)
        assert not any(words in titles for words in (ANNAS, BOS, SUPPORT))
        assert ANNAS in events[0]["description"]
        assert SUPPORT in events[0]["description"]


def test_a_newer_file_takes_the_place_of_the_older_one_step_by_step(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    drafts = a_draft("Något annat", number=None), a_draft(BOS, "bo", date(2027, 6, 17), number=2)
    assert office.write("bo", "anna", round_, *drafts) is Outcome.DONE
    office.until(at(2027, 3, 11, 16))
    assert office.confirm("anna", "anna", round_) is Outcome.DONE
    office.until(at(2027, 3, 12, 12))

    first, second = ({str(each["uid"]): each for each in days(mail)} for mail in office.mails("agreed", "anna"))
    [same] = first.keys() & second.keys()
    assert second[same]["dtstart"].dt == date(2027, 6, 17)
    assert second[same]["sequence"] > first[same]["sequence"]
    assert len(second) == 2


def test_each_is_reminded_of_their_own_days_and_of_nothing_that_is_done(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2027, 4, 8, 12))

    [soon] = office.mails("due-soon", "anna")
    assert ANNAS in plain(soon)
    assert BOS not in plain(soon)
    assert ("anna", Purpose.ACTIONS, None) in leads_to(office, soon)
    assert office.go_on("anna", "anna", round_, 1, Progress.DONE) is Outcome.DONE
    office.until(at(2027, 6, 20))
    assert office.mails("check-in", "anna") == [], "nothing of hers is open"
    assert [row.reason for row in office.rows("check-in", "anna")] == ["none of their next steps is open"]
    assert len(office.mails("due-soon", "bo")) == 1


def test_the_check_in_tells_ones_own_open_steps_alone(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2027, 4, 10))

    [mail] = office.mails("check-in", "anna")
    assert ANNAS in plain(mail)
    assert BOS not in plain(mail)


def test_a_day_that_has_passed_stands_in_the_managers_summary_until_it_is_closed(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2027, 4, 19, 12))

    *_, digest = office.mails("digest-manager", "bo")
    assert "Anna" in plain(digest)
    assert ("bo", Purpose.FOLLOW_UP, "anna") in leads_to(office, digest)
    assert ANNAS not in plain(digest)
    assert office.go_on("anna", "anna", round_, 1, Progress.DROPPED) is Outcome.DONE
    office.until(at(2027, 4, 26, 12))
    assert office.rows("digest-manager", "bo")[-1].state is OutboxState.SKIPPED


def test_where_nobody_writes_anything_the_employee_is_nudged_once_and_then_it_stands_in_the_summary(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, _ = held
    office.until(at(2027, 3, 21))
    assert office.sent("anna", since=at(2027, 3, 11)) == ["follow-up", "follow-up-nudge"]
    assert "nudge" not in " ".join(office.sent("bo", since=at(2027, 3, 11)))

    office.until(at(2027, 3, 29, 12))
    *_, digest = office.mails("digest-manager", "bo")
    assert ("bo", Purpose.FOLLOW_UP, "anna") in leads_to(office, digest)


def test_a_talk_that_was_not_held_is_followed_up_again_after_its_new_time_and_exactly_once(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = held
    assert office.write("anna", "anna", round_, held=False) is Outcome.DONE
    office.until(at(2027, 3, 15, 12))
    *_, digest = office.mails("digest-manager", "bo")
    assert "Anna" in plain(digest)

    start = at(2027, 3, 18, 9)
    office.change(moved(office.talk("anna", round_), start=start, place=Place(), at=office.clock.now()))
    office.until(at(2027, 4, 25))
    sent = office.sent("anna", since=start)
    assert [sent.count(step) for step in ("follow-up", "follow-up-nudge", "check-in")] == [1, 1, 1]


def test_hr_counts_what_came_of_it_and_reads_not_a_word(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2027, 4, 12, 12))

    [shown] = status(office.store, now=office.clock.now()).rounds
    assert shown.follow_up == {"held": 1, "not-held": 0, "followed-up": 1, "open": 2, "overdue": 1}
    told = " ".join([repr(shown), *(repr(each) for each in office.trail()), *map(plain, office.mails("digest-hr"))])
    assert not any(words in told for words in (ANNAS, BOS, SUPPORT))


def test_weekly_summaries_go_on_until_two_weeks_after_the_last_day_though_the_round_is_closed(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2027, 5, 20))
    assert tidy(office.store, now=office.clock.now()).closed == (round_.id,)
    office.until(at(2027, 9, 1))

    last = max(row.due_at for row in office.rows("digest-manager", "bo"))
    assert last == at(2027, 6, 21, 6)
    *_, digest = office.mails("digest-manager", "bo")
    assert "Anna" in plain(digest)
    with office.store.read() as session:
        closed = session.rounds.get(round_.id)
        assert closed is not None
        assert closed.state is RoundState.CLOSED
        assert session.schedule.next() is None, "nothing more will come of it"
    assert office.sent("bo", since=at(2027, 6, 1), until=at(2027, 6, 9)) == ["digest-manager", "due-soon"]


def test_what_was_agreed_with_somebody_without_a_mailbox_comes_to_the_manager(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path, employee=replace(ANNA, email=None))
    office.until(AFTER)
    assert office.write("bo", "anna", round_, a_draft(ANNAS)) is Outcome.DONE
    office.until(at(2027, 3, 25))

    assert [row.state for row in office.rows("agreed", "bo")] == [OutboxState.SENT]
    assert [row.state for row in office.rows("agreed", "anna")] == [OutboxState.SKIPPED]
    assert office.rows("to-confirm") == office.rows("follow-up-nudge") == []
    office.store.close()


# The next round


def a_year_later(office: AfterTheTalk, manager: Person = BO) -> Round:
    """Anna's next talk, with *manager*, approved; what is in the store of the first round stays."""
    office.until(at(2028, 2, 1, 9))
    talk = a_talk(round=NEXT_ROUND.id, start=NEXT_START, manager=manager.id, changed_at=NEXT_ROUND.approved_at)
    return office.add_round(NEXT_ROUND, [talk], [replace(ANNA, manager=manager.id), BO, CEM])


def test_the_next_agenda_opens_with_what_was_agreed_and_how_it_went_where_it_comes_by_mail(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.go_on("anna", "anna", round_, 1, Progress.DONE)
    a_year_later(office)
    office.until(NEXT_START - DAY)

    for step, who in (("preparation-employee", "anna"), ("preparation-manager", "bo")):
        *_, mail = office.mails(step, who)
        text = pdf_text(mail)
        assert ANNAS in text
        assert BOS in text
    *_, invitation = office.mails("invitation", "anna")
    assert "application/pdf" in attached(invitation)
    assert ANNAS not in pdf_text(invitation), "others may see what stands in a calendar"


def test_a_new_manager_sees_it_only_if_the_employee_says_so(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    a_year_later(office, CEM)
    office.until(NEXT_START - 14 * DAY + timedelta(hours=2))
    *_, annas = office.mails("preparation-employee", "anna")
    *_, cems = office.mails("preparation-manager", "cem")
    assert ANNAS in pdf_text(annas)
    assert ANNAS not in pdf_text(cems)
    assert ANNAS not in plain(cems)


def test_and_does_once_they_have(held: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = held
    both_agree(office, round_)
    next_round = a_year_later(office, CEM)
    talk, now = office.talk("anna", next_round), office.clock.now()
    with office.store.read() as session:
        before = agreed_before(session, next_round, [talk])["anna"]
    assert share(office.store, "cem", talk, before, yes=True, wording=before.wording, now=now) is Outcome.CLOSED
    assert share(office.store, "anna", talk, before, yes=True, wording=before.wording, now=now) is Outcome.DONE
    office.until(NEXT_START - DAY)

    *_, cems = office.mails("preparation-manager", "cem")
    assert ANNAS in pdf_text(cems)


def test_it_opens_the_next_agenda_though_its_round_is_purged_and_goes_when_its_own_time_is_over(
    held: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = held
    both_agree(office, round_)
    office.until(at(2028, 1, 10))
    office.store.purge_round(round_.id)
    a_year_later(office)
    office.until(NEXT_START - DAY)
    *_, mail = office.mails("preparation-employee", "anna")
    assert ANNAS in pdf_text(mail)

    with office.store.read() as session:
        assert session.agreements.before({"anna": NEXT_START}, cycle="development") != {}
    two_years_on = START + timedelta(days=730)
    assert tidy(office.store, now=two_years_on - DAY).agreements == 0
    assert tidy(office.store, now=two_years_on + DAY).agreements == 1
    with office.store.read() as session:
        assert session.agreements.before({"anna": NEXT_START}, cycle="development") == {}
    [forgotten] = [each for each in office.trail() if each.action == "forget"]
    assert (forgotten.who, forgotten.detail) == ("service", "of 1 talks, as the retention says")
