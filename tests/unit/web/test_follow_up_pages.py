"""The page of what two have agreed: what it shows in each of its states, what it keeps, and what it never loses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from after_the_talk import AfterTheTalk, a_draft, one_talk
from builders import START, a_person, at
from talkcycle.domain.agreements import Agreement, Progress
from talkcycle.domain.cycle import Place
from talkcycle.domain.links import Purpose
from talkcycle.domain.talks import TalkState, abstained, reassigned
from talkcycle.rounds.page_links import revoke_links
from visitor import Form, Forms, Seen, Visitor

AFTER = START + timedelta(hours=2)
CANARY = "Kanariehemlighet"
STEP = {"held": "yes", "what_1": "Gå kursen", "who_1": "you", "due_1": "2027-04-09"}


class Two(Visitor):
    """Anna and Bo at the page about their talk, after it."""

    def __init__(self, office: AfterTheTalk, round_: Any) -> None:
        super().__init__(office, round_)
        office.clock.instant = AFTER

    def look(self, who: str = "anna", path: str = "", done: str = "") -> Seen:
        return self.ask(self.token(who, Purpose.FOLLOW_UP, "anna"), path, done=done)

    def form(self, who: str = "anna", path: str = "") -> Form:
        return self.look(who, path).forms[0]

    def write(self, who: str = "anna", **fields: str) -> Seen:
        return self.send(self.form(who, "write"), **(fields or STEP))

    @property
    def agreement(self) -> Agreement:
        found = self.office.agreement("anna", self.round)
        assert found is not None
        return found

    @property
    def nothing_written(self) -> bool:
        return self.office.agreement("anna", self.round) is None

    def hand_over(self) -> None:
        talk = self.office.talk("anna", self.round)
        self.office.change(reassigned(talk, manager="cem", start=START, place=Place(), at=self.office.clock.instant))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    office, round_ = one_talk(tmp_path)
    yield Two(office, round_)
    office.store.close()


def faults(seen: Seen) -> dict[str, str]:
    """By the id of its field, what the list above the form says is wrong; each field exists and says the same."""
    found = {}
    listed = seen.html.partition('id="told"')[2].partition("</div>")[0]
    for part in listed.split('<a href="#')[1:]:
        id_, words = part.partition('"')[0], part.partition(">")[2].partition("</a>")[0]
        words = re.sub(r"^Nästa steg \d: ", "", words)
        assert id_ in Forms(seen.html).ids
        assert f'id="{id_}-fault">{words}</p>' in seen.html
        assert f'aria-describedby="{id_}-fault"' in seen.html
        found[id_] = words
    return found


# before anything is written down


def test_before_the_talk_the_page_says_when_it_is_and_has_nothing_to_fill_in(two: Two) -> None:
    two.office.clock.instant = START - timedelta(days=1)

    for path in ("", "write"):
        seen = two.look(path=path)
        assert "onsdag 10 mars kl. 10.00" in seen.text
        assert "Samtalet har inte varit än." in seen.text
        assert seen.forms == []
    fields = {"held": "yes", "pass": "", "revision": "0"}
    assert two.ask(two.token("anna", Purpose.FOLLOW_UP, "anna"), "write", fields).status == 409
    assert two.nothing_written


def test_after_it_the_form_is_there_at_once_and_nothing_is_chosen_beforehand(two: Two) -> None:
    for who, other in (("anna", "Bo"), ("bo", "Anna")):
        seen = two.look(who)
        form = seen.forms[0]

        assert f"Efter ditt samtal med {other}" in seen.text
        assert form.offers["held"] == ["yes", "no"]
        assert [form.offers[f"who-{place}"] for place in range(1, 6)] == [["you", "other"]] * 5
        assert {name for name, value in form.fields.items() if value} == {"pass", "revision"}
        assert (form.types["due-1"], form.fields["revision"]) == ("date", "0")


def test_who_can_read_it_stands_before_the_first_field_and_three_steps_stand_open(two: Two) -> None:
    html = two.look().html

    assert html.index("Bara du och Bo kan läsa det här") < html.index('name="held"')
    assert html.index('name="what-3"') < html.index("<details>") < html.index('name="what-4"')
    assert 'min="2027-03-10" max="2028-03-10"' in html


def test_a_talk_that_is_off_or_has_no_time_has_nothing_to_fill_in(two: Two) -> None:
    talk = two.office.talk("anna", two.round)
    two.office.change(replace(talk, state=TalkState.UNPLACED, start=None, revision=1))
    assert "Det finns ingen tid för samtalet än." in two.look().text
    assert two.look().forms == []

    two.office.change(abstained(replace(talk, revision=1), reason=CANARY, at=AFTER))
    for who in ("anna", "bo"):
        seen = two.look(who)
        assert "Det här samtalet blir inte av" in seen.text
        assert "avstå" not in seen.text.lower()
        assert CANARY not in seen.text
        assert seen.forms == []


def test_a_path_that_is_no_page_is_refused_like_a_link_that_opens_nothing(two: Two) -> None:
    token = two.token("anna", Purpose.FOLLOW_UP, "anna")
    refused = two.ask("nothing")

    assert refused.status == 404
    for path, fields in (("times", None), ("nothing", None), ("", {}), ("nothing", {})):
        seen = two.ask(token, path, fields)
        assert (seen.status, seen.html) == (404, refused.html)


# writing it down


def test_what_is_written_is_kept_and_told_and_can_be_changed_again(two: Two) -> None:
    seen = two.write(**STEP, support_1="Två dagar", what_2="Byta grupp", who_2="other", due_2="2027-05-03")

    assert (seen.status, seen.went) == (303, "written")
    first, second = two.agreement.actions
    assert (first.what, first.responsible, first.due.isoformat(), first.support) == (
        "Gå kursen",
        "anna",
        "2027-04-09",
        "Två dagar",
    )
    assert (second.responsible, second.progress) == ("bo", Progress.OPEN)
    shown = two.look(done="written")
    assert "Sparat. Här finns det ni kom överens om." in shown.text
    assert "Du, klart senast fredag 9 april" in shown.text
    assert "Bo, klart senast måndag 3 maj" in shown.text
    assert "Stöd: Två dagar" in shown.text
    assert "Nu kan Bo bekräfta det." in shown.text
    assert shown.forms == []
    again = two.follow(shown.link("Ändra")).forms[0]
    assert (again.fields["what-1"], again.fields["who-2"], again.fields["due-2"]) == ("Gå kursen", "other", "2027-05-03")
    assert (again.fields["held"], again.fields["number-2"]) == ("yes", "2")


def test_that_there_was_a_talk_can_be_noted_without_any_step(two: Two) -> None:
    assert two.write(held="yes").went == "written"
    assert two.agreement.actions == ()
    assert "Det är noterat att samtalet blev av, utan nästa steg." in two.look().text


def test_no_more_than_five_steps_are_kept_whatever_is_sent(two: Two) -> None:
    many = {f"{name}_{n}": value for n in range(1, 8) for name, value in (("what", f"Steg {n}"), ("who", "other"))}

    assert two.write(held="yes", **many, **{f"due_{n}": "2027-04-09" for n in range(1, 8)}).went == "written"
    assert [each.what for each in two.agreement.actions] == [f"Steg {n}" for n in range(1, 6)]
    assert "<details>" not in two.look(path="write").html  # five stand open


def test_lines_and_characters_that_nobody_sees_become_spaces(two: Two) -> None:
    two.write(**STEP | {"what_1": "  Gå\r\nkursen\x00 i\tmaj ", "support_1": "\x1b[31mTid"})

    assert (two.agreement.actions[0].what, two.agreement.actions[0].support) == ("Gå kursen i maj", "[31mTid")


@pytest.mark.parametrize("typed", ["9.4.2027", "09.04.2027", "2027-04-09", "9/4/2027", "30/4/2027"])
def test_a_day_is_understood_as_people_write_it_where_it_is_beyond_doubt(two: Two, typed: str) -> None:
    seen = two.write(**STEP | {"due_1": typed})

    if typed == "9/4/2027":
        assert faults(seen)["due-1"] == "Det här datumet går inte att läsa. Skriv det gärna så här: 2027-03-10."
        form = seen.forms[0]
        assert (form.types["due-1"], form.fields["due-1"]) == ("text", typed)  # a date field would show nothing
    else:
        assert two.agreement.actions[0].due.isoformat() in {"2027-04-09", "2027-04-30"}


@pytest.mark.parametrize(
    ("field", "value", "id_", "words"),
    [
        ("held", "", "held", "Välj om samtalet blev av."),
        ("held", "perhaps", "held", "Välj om samtalet blev av."),
        ("what_1", "x" * 301, "what-1", "Skriv högst 300 tecken."),
        ("support_1", "x" * 301, "support-1", "Skriv högst 300 tecken."),
        ("support_2", "Tid", "what-2", "Skriv vad ni har kommit överens om, eller töm de andra fälten."),
        ("due_2", "2027-04-09", "what-2", "Skriv vad ni har kommit överens om, eller töm de andra fälten."),
        ("who_1", "", "responsible-1", "Välj vem som är ansvarig."),
        ("who_1", "cem", "responsible-1", "Välj vem som är ansvarig."),
        ("due_1", "", "due-1", "Välj ett datum."),
        ("due_1", "i vår", "due-1", "Det här datumet går inte att läsa. Skriv det gärna så här: 2027-03-10."),
        ("due_1", "2027-03-09", "due-1", "Det datumet har varit. Välj ett senare."),
        ("due_1", "2028-03-11", "due-1", "Välj ett tidigare datum, senast fredag 10 mars 2028."),
        ("held", "no", "held", "Du har skrivit nästa steg längre ner. Töm dem först, eller välj att ni har pratat."),
    ],
)
def test_every_fault_stands_at_its_field_and_nothing_that_was_typed_is_lost(
    two: Two, field: str, value: str, id_: str, words: str
) -> None:
    typed = STEP | {"support_1": "Lugn och ro", "what_4": "Läsa", "who_4": "other", "due_4": "2027-06-01", field: value}

    seen = two.write(**typed)

    assert seen.status == 422
    assert faults(seen)[id_] == words
    assert 'aria-invalid="true"' in seen.html
    assert "Inget sparades" in seen.text
    form = seen.forms[0]
    for name, each in typed.items():
        kept = form.fields.get(name.replace("_", "-"), "")
        assert kept == each or (name in {"held", "who_1"} and each in {"perhaps", "cem", ""})
    assert two.nothing_written
    if (field, value) != ("held", "no"):
        mended = {"held": "yes", "support_2": "", "due_2": ""} | {field: STEP.get(field, "")}
        assert two.send(form, **mended).went == "written"


@pytest.mark.parametrize("spoil", ["", "7fffffff.AAAA", "confirm's", "old"])
def test_without_its_own_fresh_pass_nothing_is_kept_but_what_was_typed(two: Two, spoil: str) -> None:
    form = two.form()
    if spoil == "old":
        two.office.clock.jump(timedelta(hours=2))
    else:
        key = two.pages.desk.form_pass(two.token("anna", Purpose.FOLLOW_UP, "anna"), two.round, "confirm")
        form.fields["pass"] = key if spoil == "confirm's" else spoil

    seen = two.send(form, **STEP)

    assert seen.status == 403
    assert "Allt du skrev finns kvar." in seen.text
    assert seen.forms[0].fields["what-1"] == "Gå kursen"
    assert two.nothing_written
    assert two.send(seen.forms[0]).went == "written"


def test_a_form_sent_twice_is_kept_once(two: Two) -> None:
    form = two.form()

    assert [two.send(form, **STEP).went for _ in range(3)] == ["written"] * 3
    assert two.agreement.revision == 1


def test_who_was_slower_sees_what_the_other_saved_and_keeps_their_own_words(two: Two) -> None:
    slow = two.form("bo")
    two.write("anna")

    seen = two.send(slow, held="yes", what_1="Något annat", who_1="you", due_1="2027-05-03")

    assert seen.status == 409
    assert "Något annat sparades under tiden." in seen.text
    assert "Gå kursen" in seen.text.partition("Blev samtalet av?")[0]
    assert seen.forms[0].fields["what-1"] == "Något annat"
    assert [each.what for each in two.agreement.actions] == ["Gå kursen"]
    assert two.send(seen.forms[0]).went == "written"
    assert [each.what for each in two.agreement.actions] == ["Något annat"]
    assert two.agreement.awaits == "anna"


@pytest.mark.parametrize("spoilt", [{"who_1": ""}, {"pass": ""}, {"revision": ""}])
def test_nobody_saves_over_what_they_have_not_seen_by_mending_a_form(two: Two, spoilt: dict[str, str]) -> None:
    slow = two.form("bo")
    two.write("anna")

    seen = two.send(slow, **{"held": "yes", "what_1": "Annat", "who_1": "you", "due_1": "2027-05-03"} | spoilt)

    assert seen.status in {403, 422}
    assert "Det här är sparat nu Gå kursen" in seen.text
    assert two.send(seen.forms[0], who_1="you").went == "written"
    assert two.agreement.actions[0].what == "Annat"


@pytest.mark.parametrize(("held", "words"), [("yes", "blev av, utan nästa steg"), ("no", "inte blev av")])
def test_who_was_slower_is_told_when_what_was_saved_has_no_steps(two: Two, held: str, words: str) -> None:
    slow = two.form("bo")
    two.write("anna", held=held)

    seen = two.send(slow, **STEP)

    assert seen.status == 409
    assert words in seen.text.partition("Blev samtalet av?")[0]


def test_emptying_a_step_drops_it_and_a_change_is_for_the_other_to_confirm(two: Two) -> None:
    two.write(**STEP, what_2="Byta grupp", who_2="other", due_2="2027-05-03")
    two.office.confirm("bo", "anna", two.round)

    assert two.write("bo", held="yes", what_1="", support_1="").went == "written"

    assert [(each.number, each.what) for each in two.agreement.actions] == [(2, "Byta grupp")]
    assert two.agreement.awaits == "anna"


def test_a_day_that_has_passed_stays_but_cannot_be_chosen_anew(two: Two) -> None:
    two.write()
    two.office.clock.instant = at(2027, 4, 20, 9)

    form = two.form(path="write")
    assert 'min="2027-04-09"' in two.look(path="write").html
    assert two.send(form, support_1="Mer tid").went == "written"
    assert faults(two.send(two.form(path="write"), due_1="2027-04-10")) == {
        "due-1": "Det datumet har varit. Välj ett senare."
    }


def test_once_it_was_handed_over_a_form_from_before_keeps_nothing(two: Two) -> None:
    two.write()
    form = two.form(path="write")
    two.hand_over()

    seen = two.send(form, what_1="Något nytt")

    assert seen.status == 409
    assert "Det här går inte längre att ändra här." in seen.text
    assert two.agreement.actions[0].what == "Gå kursen"


# confirming it


def test_only_the_other_is_asked_and_confirms_with_a_choice_of_their_own(two: Two) -> None:
    two.write()

    assert two.look("anna").forms == []
    seen = two.look("bo")
    assert "Anna har skrivit ner det här." in seen.text
    form = seen.forms[0]
    assert (form.offers["choice"], "choice" in form.fields) == (["confirm"], False)
    before = two.dump()
    assert two.send(form).status == 422
    assert two.send(form, **{"choice": "confirm", "pass": ""}).status == 403
    assert two.send(form, choice="confirm", wording="x").status == 422
    assert two.dump() == before

    assert [two.send(form, choice="confirm").went for _ in range(2)] == ["confirmed"] * 2
    assert two.agreement.confirmed_at == AFTER
    for who in ("anna", "bo"):
        shown = two.look(who, done="confirmed")
        assert "Sparat. Nu har ni båda bekräftat det." in shown.text
        assert "Ni har båda bekräftat det här." in shown.text
        assert "pågår" in shown.text
        assert shown.forms == []


def test_what_was_changed_meanwhile_is_read_before_it_is_confirmed(two: Two) -> None:
    two.write()
    form = two.form("bo")
    two.write(held="yes", what_1="Gå en annan kurs")

    seen = two.send(form, choice="confirm")

    assert seen.status == 409
    assert "Det här har ändrats under tiden." in seen.text
    assert "Gå en annan kurs" in seen.text
    assert two.agreement.confirmed_at is None
    assert two.send(seen.forms[0], choice="confirm").went == "confirmed"


def test_to_confirm_what_is_not_ones_own_to_confirm_changes_nothing(two: Two) -> None:
    two.write()
    form = two.form("bo")
    own = form.action.replace(two.token("bo", Purpose.FOLLOW_UP, "anna"), two.token("anna", Purpose.FOLLOW_UP, "anna"))
    key = two.pages.desk.form_pass(two.token("anna", Purpose.FOLLOW_UP, "anna"), two.round, "confirm")

    seen = two.send(Form(action=own, fields=form.fields | {"pass": key}), choice="confirm")

    assert seen.status == 409
    assert two.agreement.confirmed_at is None


def test_how_each_step_goes_is_shown_once_both_have_confirmed(two: Two) -> None:
    two.write(**STEP, what_2="Byta grupp", who_2="other", due_2="2027-05-03")
    two.office.confirm("bo", "anna", two.round)
    two.office.go_on("anna", "anna", two.round, 1, Progress.DONE)
    two.office.go_on("bo", "anna", two.round, 2, Progress.DROPPED)

    text = two.look().text

    assert "klart Byta grupp" in text
    assert "behövs inte längre" in text


def test_who_writes_with_somebody_without_a_mailbox_is_not_told_of_a_word_that_cannot_come(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path, employee=a_person(email=None))
    two = Two(office, round_)

    assert "bekräfta" not in two.look("bo").text
    assert two.write("bo").went == "written"
    assert "Du har skrivit ner det här." in two.look("bo").text
    assert "bekräfta" not in two.look("bo").text
    office.store.close()


# not held


def test_not_held_offers_other_times_to_both_each_on_their_own_page(two: Two) -> None:
    assert two.write("bo", held="no").went == "not-held"

    for who, title in (("anna", "Ditt samtal med Bo"), ("bo", "Ditt samtal med Anna")):
        shown = two.look(who, done="not-held")
        assert "Sparat. Tack för ditt svar." in shown.text
        assert "Det är noterat att samtalet inte blev av." in shown.text
        times = two.follow(shown.link("Se andra tider"))
        assert title in times.html
        assert len(times.forms[0].offers["start"]) > 2


@pytest.mark.parametrize("who", ["anna", "bo"])
def test_a_talk_that_was_not_held_gets_the_time_that_either_chooses_and_can_be_held_then(two: Two, who: str) -> None:
    two.write("bo", held="no")
    form = two.follow(two.look(who).link("Se andra tider")).forms[0]

    assert two.send(form, start=form.offers["start"][0]).went == "again"

    talk = two.office.talk("anna", two.round)
    assert (talk.start is not None and talk.start > AFTER, talk.revision) == (True, 1)
    assert "Samtalet har inte varit än." in two.look(who).text


def test_who_says_it_was_not_held_can_say_that_it_was_after_all(two: Two) -> None:
    two.write(held="no")

    form = two.follow(two.look("bo").link("Samtalet blev av")).forms[0]
    assert form.fields["held"] == "no"
    assert two.send(form, **STEP).went == "written"
    assert two.agreement.held


def test_late_in_the_window_hr_helps_since_no_time_keeps_the_notice(two: Two) -> None:
    two.write(held="no")
    two.office.clock.instant = at(2027, 3, 20)

    shown = two.look()

    assert "HR hjälper er båda att hitta en ny tid." in shown.text
    assert "Se andra tider" not in shown.text


def test_an_employee_may_opt_out_of_a_talk_that_was_not_held_and_take_it_back(two: Two) -> None:
    two.write(held="no")
    page = two.ask(two.token("anna", Purpose.TALK, "anna"))
    assert "Det är noterat att samtalet inte blev av." in page.text

    form = two.follow(page.link("Avstå")).forms[0]
    assert two.send(form, choice="opt-out").went == "opted-out"
    assert two.office.talk("anna", two.round).state is TalkState.ABSTAINED
    assert "Det är noterat" not in two.look("bo").text
    back = two.follow(two.ask(two.token("anna", Purpose.TALK, "anna")).link("Välj en tid igen")).forms[0]
    assert two.send(back, start=back.offers["start"][0]).went == "again"


def test_its_manager_moves_a_talk_that_was_not_held_and_cannot_call_off_what_is_past(two: Two) -> None:
    two.write(held="no")
    token = two.token("bo", Purpose.HOSTED, "anna")

    shown = two.ask(token)
    assert "Du kan välja en ny tid. Anna får också veta det." in shown.text
    assert "Ställ in" not in shown.text
    assert two.ask(token, "call-off").forms == []
    key = two.pages.desk.form_pass(token, two.round, "call-off")
    sent = two.ask(token, "call-off", {"pass": key, "choice": "call-off", "revision": "0"})
    assert (sent.status, two.office.talk("anna", two.round).state) == (409, TalkState.PLACED)


# who may read it


def test_a_later_manager_sees_kind_words_and_none_of_theirs_until_the_employee_says_so(two: Two) -> None:
    two.write(what_1=CANARY, held="yes", who_1="other", due_1="2027-04-09")
    two.hand_over()

    hidden = two.look("cem")
    assert "Det här bestämdes med en tidigare chef. Anna väljer själv om du får läsa det." in hidden.text
    assert CANARY not in hidden.html
    assert hidden.forms == []
    assert two.look("bo").status == 404  # it is not their talk any more

    form = two.look("anna").forms[-1]
    assert (form.fields["choice"], form.offers["choice"]) == ("no", ["yes", "no"])
    assert two.send(form).went == "unshared"
    assert two.send(form, choice="maybe").status == 422
    assert two.send(form, **{"choice": "yes", "pass": ""}).status == 403
    assert CANARY not in two.look("cem").html
    assert two.send(form, choice="yes").went == "shared"
    seen = two.look("cem")
    assert CANARY in seen.text
    assert "dåvarande chef, klart senast" in seen.text
    assert "Ändra" not in seen.text
    assert "Sparat. Cem kan läsa det nu." in two.look("anna", done="shared").text

    back = two.look("anna").forms[-1]
    assert back.fields["choice"] == "yes"
    assert two.send(back, choice="no").went == "unshared"
    assert CANARY not in two.look("cem").html


def test_nobody_but_the_employee_says_who_may_read_it(two: Two) -> None:
    two.write()
    for who in ("anna", "bo"):
        key = two.pages.desk.form_pass(two.token(who, Purpose.FOLLOW_UP, "anna"), two.round, "share")
        fields = {"pass": key, "wording": "1", "choice": "yes"}
        assert two.ask(two.token(who, Purpose.FOLLOW_UP, "anna"), "share", fields).status in {303, 409}
    assert two.agreement.shared_with == frozenset()


def test_a_link_of_somebody_else_revoked_or_of_a_round_that_is_gone_opens_nothing(two: Two) -> None:
    two.write()
    refused, token = two.ask("nothing"), two.token("anna", Purpose.FOLLOW_UP, "anna")

    assert two.look("cem").html == refused.html
    revoke_links(two.office.store, "anna", round_=None, who="hr", now=AFTER)
    assert two.ask(token).html == refused.html
    assert two.look("anna").status == 200
    token = two.token("anna", Purpose.FOLLOW_UP, "anna")
    two.office.store.purge_round(two.round.id)
    assert two.ask(token).html == refused.html


def test_to_look_changes_nothing_whatever_is_looked_at(two: Two) -> None:
    two.write()
    before = two.dump()

    for _ in range(5):
        for who in ("anna", "bo"):
            for path in ("", "write", "confirm", "share"):
                assert two.look(who, path, done="confirmed").status == 200
    assert two.dump() == before


def test_the_log_carries_ids_and_never_a_word(two: Two) -> None:
    two.write(**STEP | {"what_1": CANARY})
    two.send(two.form("bo"), choice="confirm")

    said = str(two.log.capture.entries)
    assert "anna" in said
    assert CANARY not in said
    assert "Anna" not in said


def test_no_page_names_anybody_by_a_roster_id(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path)
    two = Two(office, round_)
    two.write(**STEP, what_2="Byta grupp", who_2="other", due_2="2027-05-03")

    for who in ("anna", "bo"):
        for seen in (two.look(who), two.look(who, "write"), two.ask(two.token(who, Purpose.ACTIONS))):
            assert not re.search(r"[\"/>=](anna|bo)[\"/<&]", seen.html)
    office.store.close()


def test_each_reads_the_page_in_their_own_language(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path, employee=a_person(language="en", zone="Europe/London"))
    two = Two(office, round_)
    office.write("bo", "anna", round_, a_draft())

    assert "Bo has written this down." in two.look("anna").text
    assert "You, by Friday 9 April" in two.look("anna").text
    office.store.close()
