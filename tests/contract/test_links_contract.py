"""Links to pages: the same every time, opaque, nobody's to make, and worthless when revoked or when the round is gone."""

import base64

import pytest

from builders import a_person, a_round
from databases import Database
from stored_messages import NOON, ROUND
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.people import Roster
from talkcycle.store.open import SqlStore

OTHER = a_round(id="development-2028-03")
ANNAS = Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="anna")
BOS = Link(round=ROUND.id, person="bo", purpose=Purpose.TALKS)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def rounds(store: SqlStore) -> SqlStore:
    with store.write() as session:
        session.rosters.save(Roster(version="roster-1", people=(a_person("anna"),)), at=NOON)
        session.rounds.add(ROUND, {})
        session.rounds.add(OTHER, {})
    return store


def token(store: SqlStore, link: Link) -> str:
    with store.read() as session:
        return session.links.token(link)


def opened(store: SqlStore, text: str) -> Link | None:
    with store.read() as session:
        return session.links.open(text)


@pytest.mark.parametrize(
    "link",
    [
        ANNAS,
        BOS,
        Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="another"),
        Link(round=ROUND.id, person="bo", purpose=Purpose.HOSTED, talk="anna"),
        Link(round=OTHER.id, person='"ö,\\ 1"', purpose=Purpose.TALKS),
    ],
)
def test_a_token_opens_as_the_link_it_was_made_of(rounds: SqlStore, link: Link) -> None:
    assert opened(rounds, token(rounds, link)) == link


def test_a_token_is_the_same_every_time_and_in_every_process(rounds: SqlStore, database: Database) -> None:
    again = database.open()
    assert token(again, ANNAS) == token(rounds, ANNAS)
    again.close()


def test_no_two_links_share_a_token(rounds: SqlStore) -> None:
    others = [
        BOS,
        Link(round=ROUND.id, person="bo", purpose=Purpose.TALK, talk="bo"),
        Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="anna", epoch=1),
        Link(round=OTHER.id, person="anna", purpose=Purpose.TALK, talk="anna"),
    ]
    assert len({token(rounds, link) for link in [ANNAS, *others]}) == 5


def test_nothing_can_be_read_in_a_token(rounds: SqlStore) -> None:
    link = Link(round=ROUND.id, person="hemlig-person", purpose=Purpose.TALK, talk="hemlig-person")
    text = token(rounds, link)

    assert set(text) <= set(LETTERS)
    assert b"hemlig" not in base64.urlsafe_b64decode(text + "==")
    assert len(text) < 80


def test_a_token_that_differs_in_any_letter_opens_nothing(rounds: SqlStore) -> None:
    text = token(rounds, ANNAS)
    changed = [
        text[:place] + LETTERS[(LETTERS.index(text[place]) + step) % 64] + text[place + 1 :]
        for place in range(len(text))
        for step in (1, 4, 32)
    ]

    assert [each for each in changed if opened(rounds, each) is not None] == []


@pytest.mark.parametrize("text", ["", "a", "A" * 5, "å" * 40, "-" * 2000, "../../etc", "A" * 60 + "=", "%00"])
def test_what_is_no_token_opens_nothing(rounds: SqlStore, text: str) -> None:
    assert opened(rounds, text) is None


def test_a_token_of_another_round_with_its_locator_swapped_opens_nothing(rounds: SqlStore) -> None:
    one = token(rounds, ANNAS)
    other = token(rounds, Link(round=OTHER.id, person="anna", purpose=Purpose.TALK, talk="anna"))

    first, second = (base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in (one, other))
    swapped = base64.urlsafe_b64encode(first[:4] + second[4:]).rstrip(b"=").decode()
    assert opened(rounds, swapped) is None


def test_revoking_ends_every_link_of_that_person_alone_and_new_ones_open(rounds: SqlStore) -> None:
    old = [token(rounds, link) for link in (ANNAS, BOS)]
    with rounds.write() as session:
        assert session.links.revoke(ROUND.id, "anna") == 1

    assert [opened(rounds, each) for each in old] == [None, BOS]
    with rounds.read() as session:
        epoch = session.links.epoch(ROUND.id, "anna")
        new = Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="anna", epoch=epoch)
        assert session.links.open(session.links.token(new)) == new
        assert session.links.epoch(OTHER.id, "anna") == 0
    with rounds.write() as session:
        assert session.links.revoke(ROUND.id, "anna") == 2


def test_nothing_opens_a_link_of_a_round_that_was_purged_not_even_when_one_of_that_name_comes_again(
    rounds: SqlStore,
) -> None:
    text = token(rounds, ANNAS)
    with rounds.write() as session:
        session.links.revoke(ROUND.id, "anna")
    rounds.purge_round(ROUND.id)

    assert opened(rounds, text) is None
    with pytest.raises(LookupError):
        token(rounds, ANNAS)
    with rounds.write() as session:
        session.rosters.save(Roster(version="roster-1", people=(a_person("anna"),)), at=NOON)
        session.rounds.add(ROUND, {})
        assert session.links.epoch(ROUND.id, "anna") == 0
    assert opened(rounds, text) is None


def test_forms_have_a_secret_of_each_round_that_is_no_key_of_links(rounds: SqlStore) -> None:
    with rounds.read() as session:
        one, other = session.links.form_key(ROUND.id), session.links.form_key(OTHER.id)
        assert one == session.links.form_key(ROUND.id)
        assert one != other
        assert one != session.links.keys.derived(ROUND.id, b"talkcycle links")
