"""What was agreed last time, on the pages of the next talk; and the way from a talk that is over to what was agreed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from after_the_talk import BO, AfterTheTalk, a_draft, a_round_of, one_talk
from builders import START, a_person, a_talk
from talkcycle.domain.agreements import Progress
from talkcycle.domain.cycle import Place, Window
from talkcycle.domain.links import Purpose
from talkcycle.domain.talks import Round, reassigned
from visitor import Seen, Visitor

AFTER = START + timedelta(hours=2)
NEXT = START + timedelta(days=364)
CANARY = "Kanariehemlighet"


class NextRound(Visitor):
    """Anna's next talk, a year after she and Bo agreed on something; with *manager*."""

    def __init__(self, office: AfterTheTalk, before: Round, *, manager: str) -> None:
        talk = a_talk(round="development-2028-03", start=NEXT, manager=manager)
        window = Window(first=date(2028, 3, 1), last=date(2028, 3, 31))
        round_ = replace(a_round_of(talk), roster="roster-2")
        round_ = replace(round_, cycle=replace(before.cycle, window=window))
        people = [a_person(manager=manager), BO, a_person("cem", manager=None)]
        super().__init__(office, office.add_round(round_, [talk], people))

    def employees(self, done: str = "") -> Seen:
        return self.ask(self.token("anna", Purpose.TALK, "anna"), done=done)

    def managers(self, who: str) -> Seen:
        return self.ask(self.token(who, Purpose.HOSTED, "anna"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[AfterTheTalk, Round]]:
    office, before = one_talk(tmp_path)
    office.clock.instant = AFTER
    drafts = (a_draft(f"Gå kursen {CANARY}"), a_draft("Byta grupp", "bo"))
    office.write("bo", "anna", before, *drafts)
    office.confirm("anna", "anna", before)
    office.go_on("anna", "anna", before, 1, Progress.DONE)
    office.clock.instant = NEXT - timedelta(days=20)
    yield office, before
    office.store.close()


def keep_until(office: AfterTheTalk) -> str:
    with office.store.read() as session:
        found = session.links.connection.exec_driver_sql("SELECT keep_until FROM agreements").scalar_one()
    return str(found)


def test_the_next_talks_page_shows_both_what_they_agreed_and_how_it_went(office: tuple[AfterTheTalk, Round]) -> None:
    visitor = NextRound(*office, manager="bo")

    for seen, who in ((visitor.employees(), "Du, klart"), (visitor.managers("bo"), "Anna, klart")):
        part = seen.text.partition("Det ni kom överens om förra gången")[2]
        assert f"Gå kursen {CANARY}" in part
        assert f"{who} senast fredag 9 april 2027 klart" in part
        assert "Får Bo läsa det här?" not in seen.text


def test_another_manager_reads_it_once_the_employee_says_so_until_they_take_it_back(
    office: tuple[AfterTheTalk, Round],
) -> None:
    visitor = NextRound(*office, manager="cem")

    seen = visitor.employees()
    assert "dåvarande chef, klart senast" in seen.text
    assert CANARY not in visitor.managers("cem").html
    form = next(each for each in seen.forms if each.action.endswith("/share"))
    assert (form.offers["choice"], form.fields["choice"]) == (["yes", "no"], "no")
    before = visitor.dump()
    assert visitor.send(form).went == "unshared"  # as it stands
    assert visitor.send(form, choice="perhaps").status == 422
    assert visitor.send(form, **{"choice": "yes", "pass": "x"}).status == 403
    assert visitor.send(form, choice="yes", wording="7").status == 409
    assert visitor.dump() == before

    assert visitor.send(form, choice="yes").went == "shared"
    assert "Sparat. Cem kan läsa det nu." in visitor.employees(done="shared").text
    assert CANARY in visitor.managers("cem").text
    form = next(each for each in visitor.employees().forms if each.action.endswith("/share"))
    assert form.fields["choice"] == "yes"
    assert visitor.send(form, choice="no").went == "unshared"
    assert "Sparat. Cem kan inte läsa det." in visitor.employees(done="unshared").text
    assert CANARY not in visitor.managers("cem").html


def test_it_can_be_shared_after_its_own_round_is_gone_and_is_kept_no_longer_for_it(
    office: tuple[AfterTheTalk, Round],
) -> None:
    visitor = NextRound(*office, manager="cem")
    office[0].store.purge_round(office[1].id)
    kept = keep_until(office[0])

    form = next(each for each in visitor.employees().forms if each.action.endswith("/share"))
    assert visitor.send(form, choice="yes").went == "shared"
    assert CANARY in visitor.managers("cem").text
    assert keep_until(office[0]) == kept


def test_nobody_shares_what_is_between_them_and_the_manager_they_have_or_what_is_not_there(
    office: tuple[AfterTheTalk, Round],
) -> None:
    visitor = NextRound(*office, manager="bo")
    token = visitor.token("anna", Purpose.TALK, "anna")
    fields = {"pass": visitor.pages.desk.form_pass(token, visitor.round, "share"), "choice": "yes", "wording": "1"}
    assert visitor.ask(token, "share", fields).status == 409
    assert visitor.ask(token, "share").status == 200
    office[0].store.drop_agreements(before=NEXT + timedelta(days=2000))
    assert visitor.ask(token, "share", fields).status == 409


def test_a_talk_that_is_over_leads_to_what_was_agreed_and_its_manager_sees_how_far_they_are(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path)
    visitor = Visitor(office, round_)

    def listed() -> str:
        return visitor.ask(visitor.token("bo", Purpose.TALKS)).text

    own, hosted = visitor.token("anna", Purpose.TALK, "anna"), visitor.token("bo", Purpose.HOSTED, "anna")
    office.clock.instant = START - timedelta(days=30)
    for seen in (visitor.ask(own), visitor.ask(hosted), visitor.ask(visitor.token("bo", Purpose.TALKS))):
        assert "Det ni kom överens om" not in seen.text

    office.clock.instant = AFTER
    for token in (own, hosted):
        assert visitor.follow(visitor.ask(token).link("Det ni kom överens om")).forms[0].offers["held"] == ["yes", "no"]
    assert "Det ni kom överens om : Anna Inget är nedskrivet än" in listed()
    office.write("anna", "anna", round_, held=False)
    assert "Har inte blivit av än" in listed()
    office.write("anna", "anna", round_, a_draft())
    assert "Väntar på att du bekräftar" in listed()
    office.write("bo", "anna", round_, a_draft("Något annat"))
    assert "Nedskrivet, väntar på att bekräftas" in listed()
    office.confirm("anna", "anna", round_)
    assert "Nedskrivet och bekräftat" in listed()
    talk = office.talk("anna", round_)
    office.change(reassigned(talk, manager="cem", start=START, place=Place(), at=AFTER))
    text = visitor.ask(visitor.token("cem", Purpose.TALKS)).text
    assert "Anna" in text
    assert "edskriv" not in text  # it is not said to who may not read it
    office.store.close()
