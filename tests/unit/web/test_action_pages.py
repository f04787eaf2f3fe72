"""The page of what is somebody's own to do: closed with one press, with another day, crossed out, and each taken back."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from after_the_talk import AfterTheTalk, a_draft, one_talk
from builders import START, at
from talkcycle.domain.agreements import Action, Progress
from talkcycle.domain.links import Purpose
from talkcycle.rounds.page_links import revoke_links
from visitor import Form, Forms, Seen, Visitor

AFTER = START + timedelta(hours=2)
CANARY = "Kanariehemlighet"


class Own(Visitor):
    """Anna at the page of what is hers to do, after she and Bo have agreed on three things."""

    def __init__(self, office: AfterTheTalk, round_: Any) -> None:
        super().__init__(office, round_)
        office.clock.instant = AFTER
        office.write(
            "anna",
            "anna",
            round_,
            a_draft("Gå kursen", due=date(2027, 5, 10), support="Två dagar"),
            a_draft("Träffa mentorn", due=date(2027, 4, 12)),
            a_draft("Byta grupp", "bo", due=date(2027, 4, 1)),
        )
        office.confirm("bo", "anna", round_)

    def look(self, who: str = "anna", path: str = "", done: str = "") -> Seen:
        return self.ask(self.token(who, Purpose.ACTIONS), path, done=done)

    def form(self, number: int, choice: str, who: str = "anna") -> Form:
        """The form of that action with a button that says *choice*."""
        return next(
            form
            for form in self.look(who).forms
            if (form.fields["number"], form.offers["choice"]) == (str(number), [choice])
        )

    def press(self, number: int, choice: str, who: str = "anna", **fields: str) -> Seen:
        return self.send(self.form(number, choice, who), choice=choice, **fields)

    def action(self, number: int) -> Action:
        found = self.office.agreement("anna", self.round)
        assert found is not None
        return next(each for each in found.actions if each.number == number)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    office, round_ = one_talk(tmp_path)
    yield Own(office, round_)
    office.store.close()


def test_ones_own_are_there_by_day_with_whom_they_were_agreed_and_no_one_elses(own: Own) -> None:
    text = own.look().text

    assert text.index("Träffa mentorn") < text.index("Gå kursen")
    assert "Klart senast måndag 12 april" in text
    assert "Bestämt med Bo" in text
    assert "Stöd: Två dagar" in text
    assert "Byta grupp" not in text
    assert "Byta grupp" in own.look("bo").text
    assert "Gå kursen" in own.follow(own.look().link("Allt ni kom överens om")).text
    assert "Här finns inga nästa steg för dig." in own.look("cem").text


def test_one_press_closes_it_and_another_opens_it_again(own: Own) -> None:
    assert own.press(1, "done").went == "done"

    assert own.action(1).progress is Progress.DONE
    shown = own.look(done="done")
    assert "Fint. Steget är klart" in shown.text
    assert shown.text.index("Träffa mentorn") < shown.text.index("Avslutat") < shown.text.index("Gå kursen")
    assert own.press(1, "open").went == "open"
    assert own.action(1).progress is Progress.OPEN
    assert "Steget är öppet igen." in own.look(done="open").text
    assert "Fint." not in own.look(done="done").text  # it is not so any more


def test_what_is_no_longer_needed_is_crossed_out_and_opened_again(own: Own) -> None:
    assert own.press(2, "dropped").went == "dropped"

    assert "Steget är struket" in own.look(done="dropped").text
    assert "behövs inte längre" in own.look().text
    assert own.press(2, "open").went == "open"
    assert own.action(2).progress is Progress.OPEN


@pytest.mark.parametrize("typed", ["2027-06-01", "1.6.2027"])
def test_it_gets_another_day_and_the_one_it_had_back(own: Own, typed: str) -> None:
    assert own.press(1, "date", due=typed).went == "date"

    assert own.action(1).due == date(2027, 6, 1)
    assert "Klart senast tisdag 1 juni" in own.look(done="date").text
    assert "Tillbaka till måndag 10 maj" in own.look().text
    assert own.press(1, "back").went == "date"
    assert own.action(1).due == date(2027, 5, 10)


def test_the_day_it_had_can_be_had_back_even_if_it_has_passed(own: Own) -> None:
    own.office.clock.instant = at(2027, 5, 20, 9)
    own.press(1, "date", due="2027-06-01")

    assert own.press(1, "back").went == "date"
    assert own.action(1).due == date(2027, 5, 10)
    assert 'min="2027-05-10"' in own.look().html


@pytest.mark.parametrize(
    ("typed", "words", "kind"),
    [
        ("", "Välj ett datum.", "date"),
        ("i höst", "Det här datumet går inte att läsa. Skriv det gärna så här: 2027-03-10.", "text"),
        ("3/4/2027", "Det här datumet går inte att läsa. Skriv det gärna så här: 2027-03-10.", "text"),
        ("2027-03-09", "Det datumet har varit. Välj ett senare.", "date"),
        ("1.1.2029", "Välj ett tidigare datum, senast fredag 10 mars 2028.", "date"),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field_and_stays_there(own: Own, typed: str, words: str, kind: str) -> None:
    before = own.dump()

    seen = own.press(1, "date", due=typed)

    assert (seen.status, own.dump()) == (422, before)
    assert "Inget sparades. Titta gärna på datumet: Gå kursen: " + words in seen.text
    form = next(each for each in seen.forms if each.fields["number"] == "1" and "due" in each.fields)
    assert (form.types["due"], form.fields["due"]) == (kind, "2029-01-01" if typed == "1.1.2029" else typed)
    assert "<details open>" in seen.html
    assert 'aria-invalid="true" aria-describedby="due-2-fault"' in seen.html
    assert "due-2" in Forms(seen.html).ids
    assert own.send(form, choice="date", due="2027-06-01").went == "date"


def test_no_button_is_no_choice_and_what_nobody_offers_is_none(own: Own) -> None:
    form, before = own.form(1, "done"), own.dump()

    for choice in ("", "delete", "held"):
        assert own.send(form, choice=choice).status == 422
    assert own.send(form, choice="done", wording="").status == 422
    assert own.dump() == before


@pytest.mark.parametrize("spoil", ["", "7fffffff.AAAA", "old"])
def test_without_a_fresh_pass_nothing_changes(own: Own, spoil: str) -> None:
    form, before = own.form(1, "done"), own.dump()
    if spoil == "old":
        own.office.clock.jump(timedelta(hours=2))
    else:
        form.fields["pass"] = spoil

    assert own.send(form, choice="done").status == 403
    assert own.dump() == before


def test_what_is_not_ones_own_cannot_be_closed(own: Own) -> None:
    form, before = own.form(1, "done"), own.dump()

    for fields in ({"number": "3"}, {"number": "9"}, {"number": "x"}, {"about": "anna"}, {"about": ""}):
        assert own.send(form, choice="done", **fields).status == 409
    assert own.dump() == before


def test_pressing_twice_closes_it_once(own: Own) -> None:
    form = own.form(1, "done")

    assert [own.send(form, choice="done").went for _ in range(3)] == ["done"] * 3
    found = own.office.agreement("anna", own.round)
    assert found is not None
    assert found.revision == 3  # written, confirmed, closed


def test_what_the_other_does_meanwhile_is_not_in_the_way_but_other_words_are_read_first(own: Own) -> None:
    form = own.form(1, "done")
    own.press(3, "done", who="bo")
    assert own.send(form, choice="done").went == "done"

    form = own.form(2, "done")
    own.office.write("bo", "anna", own.round, a_draft("Träffa en annan mentor", number=2, due=date(2027, 4, 12)))
    seen = own.send(form, choice="done")
    assert seen.status == 409
    assert "Det här har ändrats under tiden." in seen.text
    assert "Träffa en annan mentor" in seen.text
    assert own.action(2).progress is Progress.OPEN


def test_to_look_changes_nothing_and_other_paths_are_no_pages(own: Own) -> None:
    before, refused = own.dump(), own.ask("nothing").html
    for _ in range(5):
        for path in ("", "step"):
            assert own.look(path=path, done="done").status == 200
    for path, fields in (("", {}), ("times", {}), ("times", None)):
        assert own.ask(own.token("anna", Purpose.ACTIONS), path, fields).html == refused
    assert own.dump() == before


def test_a_revoked_link_and_that_of_a_round_that_is_gone_open_nothing(own: Own) -> None:
    token, refused = own.token("anna", Purpose.ACTIONS), own.ask("nothing").html
    revoke_links(own.office.store, "anna", round_=None, who="hr", now=AFTER)
    assert own.ask(token).html == refused

    token = own.token("anna", Purpose.ACTIONS)
    assert own.ask(token).status == 200
    own.office.store.purge_round(own.round.id)
    assert own.ask(token).html == refused


def test_a_link_opens_until_two_weeks_after_the_last_day_that_was_agreed(own: Own) -> None:
    own.press(1, "date", due="2028-02-01")
    own.office.clock.instant = at(2028, 2, 15, 20)
    assert own.look().status == 200

    own.office.clock.instant = at(2028, 2, 16, 20)
    assert own.look().status == 404


def test_the_log_carries_no_word_of_it(own: Own) -> None:
    own.office.write("bo", "anna", own.round, a_draft(CANARY))
    own.office.confirm("anna", "anna", own.round)
    found = own.look()
    own.send(found.forms[0], choice="done")

    assert CANARY in found.text
    assert CANARY not in str(own.log.capture.entries)
