"""Names, an address and a few words that must be found in their own places and nowhere else."""

import json

import pytest

from canary_life import ADDRESS, HOST, HOSTS, IDENTITIES, NAME, NAMES, REASON, SUPPORT, WORDS, CanaryLife, found_in, lived
from talkcycle.domain.links import Purpose

CONTENT = (WORDS, SUPPORT)
MAY_NAME = ("timeline", "roster diff", "check")
"""What HR asks about people answers with their names."""
ENVELOPES = ("outbox show", "outbox list --json", "doctor")
"""What HR asks about messages and mailboxes answers with addresses."""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> CanaryLife:
    return lived(tmp_path_factory.mktemp("canary"))


@pytest.mark.parametrize(
    "written",
    [
        f"event: {WORDS}",
        WORDS.upper(),
        json.dumps({"what": WORDS}),
        WORDS.encode("latin-1"),
        WORDS.encode("utf-16"),
        b"=C3=96dlebacken sjunger i moll",
        "&#214;dlebacken sjunger i moll",
    ],
)
def test_they_would_be_found_however_they_were_written(written: str | bytes) -> None:
    assert found_in(written, WORDS) == [WORDS]
    assert found_in(written, NAME) == []


def test_the_life_had_what_could_leak(life: CanaryLife) -> None:
    logged = life.logs
    for event in ("tick", "dispatched", "not sent", "the line is down", "a page failed", "page", "tidied"):
        assert event in logged
    assert '"event": "not sent"' in logged, "as JSON"
    assert "not sent " in logged, "and as text"
    assert found_in(life.own["agreed, by the employee"], *CONTENT, HOST) == [*CONTENT, HOST]
    assert found_in(life.own["agreed, by the manager"], *CONTENT, NAME) == [*CONTENT, NAME]
    assert found_in(life.own["what is wrong with the form"], WORDS) == [WORDS]
    assert found_in(life.own["steps"], WORDS) == [WORDS]
    states = {row["state"] for row in json.loads(life.told["outbox list --json --limit 1000"])}
    assert {"sent", "failed", "skipped"} <= states


def test_no_name_address_or_word_is_in_any_log(life: CanaryLife) -> None:
    assert found_in(life.logs, *IDENTITIES, *CONTENT, REASON) == []


def test_nor_on_any_page_that_refuses_or_has_failed(life: CanaryLife) -> None:
    assert {asked: found_in(page, *IDENTITIES, *CONTENT, REASON) for asked, page in life.refusals.items()} == {
        asked: [] for asked in life.refusals
    }


def test_what_hr_looks_at_says_how_it_goes_and_not_who_or_what(life: CanaryLife) -> None:
    blind = {words: said for words, said in life.told.items() if not words.startswith((*MAY_NAME, *ENVELOPES))}
    assert "status --json" in blind
    assert any(words.startswith("outbox why") for words in blind)

    assert {words: leaks for words, said in blind.items() if (leaks := found_in(said, *IDENTITIES))} == {}


def test_where_hr_asks_for_an_envelope_it_has_the_address_and_no_name(life: CanaryLife) -> None:
    shown = {words: said for words, said in life.told.items() if words.startswith(ENVELOPES)}

    assert any(words.startswith("doctor") and found_in(said, ADDRESS) for words, said in shown.items())
    assert any(words.startswith("outbox") and found_in(said, ADDRESS) for words, said in shown.items())
    assert {words: leaks for words, said in shown.items() if (leaks := found_in(said, *NAMES))} == {}


def test_no_command_says_a_word_of_what_was_agreed_not_even_where_it_names_people(life: CanaryLife) -> None:
    assert found_in(life.told["timeline 2"], NAME) == [NAME]
    assert {words: leaks for words, said in life.told.items() if (leaks := found_in(said, *CONTENT))} == {}


def test_hr_counts(life: CanaryLife) -> None:
    [round_] = json.loads(life.told["status --json"])["rounds"]
    counted = {key: count for key, count in round_["follow_up"].items() if key != "overdue"}  # by the machine's clock
    assert counted == {"held": 1, "not-held": 1, "followed-up": 1, "open": 1}
    assert "Followed up: 1 talks held, 1 not held, 1 agreed by both, 1 next steps open" in life.told["status"]
    assert json.loads(life.told["status --json, after the purge"])["rounds"] == []


def test_what_was_agreed_is_in_the_two_persons_mails_and_in_no_other(life: CanaryLife) -> None:
    theirs = [said for to, said in life.mails if to in {ADDRESS, HOSTS}]
    others = [(to, found_in(said, *CONTENT)) for to, said in life.mails if to not in {ADDRESS, HOSTS}]

    assert sum(bool(found_in(said, WORDS)) for said in theirs) >= 3
    assert {to for to, _ in others} >= {"hr@norrsken.example", "olle@norrsken.example", "tove@norrsken.example"}
    assert [leak for leak in others if leak[1]] == []


def test_no_subject_carries_a_word_of_it(life: CanaryLife) -> None:
    subjects = [line for _, said in life.mails for line in said.splitlines() if line.startswith("Subject: ")]

    assert len(subjects) > 20
    assert found_in("\n".join(subjects), *CONTENT, REASON) == []


def test_hrs_own_mails_name_nobody(life: CanaryLife) -> None:
    to_hr = [said for to, said in life.mails if to == "hr@norrsken.example"]

    assert len(to_hr) >= 3
    assert found_in("\n".join(to_hr), *IDENTITIES) == []


def test_the_pages_of_others_say_nothing_of_it(life: CanaryLife) -> None:
    leaks = {whose: found_in(page, *CONTENT, NAME, REASON) for whose, page in life.others.items()}

    assert leaks.pop("talks of 1") == [NAME]
    assert [each for each in leaks.items() if each[1]] == []


def test_why_somebody_opted_out_is_told_to_nobody_by_mail_or_page(life: CanaryLife) -> None:
    told = [*(said for _, said in life.mails), *life.own.values(), *life.others.values(), *life.told.values()]

    assert found_in("\n".join(told), REASON) == []


def test_while_the_round_is_kept_its_words_are_in_clear_in_no_file(life: CanaryLife) -> None:
    assert found_in(life.before, NAME, ADDRESS) == [NAME, ADDRESS], (
        "the roster is not sealed: this looks in the right place"
    )
    assert found_in(life.before, *CONTENT, REASON) == []


def test_after_it_is_purged_no_file_of_the_service_knows_of_anybody(life: CanaryLife) -> None:
    assert b"talkcycle.db" in life.after
    assert found_in(life.after, *IDENTITIES, *CONTENT, REASON) == []


def test_every_link_in_every_mail_fetched_five_times_changes_nothing(life: CanaryLife) -> None:
    assert set(life.scanned) == set(Purpose)
    assert life.scanned[Purpose.TALK] == {200, 404}, "it ends two weeks after the window"
    assert [purpose for purpose, answers in life.scanned.items() if answers != {200}] == [Purpose.TALK]
    assert life.changed == []
