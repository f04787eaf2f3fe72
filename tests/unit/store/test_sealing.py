"""What is sealed opens with its own key only."""

import pytest

from talkcycle.store.sealing import WrongSecret, master, new_key, seal_of


def test_what_was_sealed_opens_with_the_same_key() -> None:
    key = new_key()
    assert seal_of(key).open(seal_of(key).seal(b"Hej")) == b"Hej"
    assert seal_of(key).open_text(seal_of(key).seal_text("Hej Åsa")) == "Hej Åsa"
    assert seal_of(key).open_text(seal_of(key).seal_text("")) == ""


def test_another_key_opens_nothing() -> None:
    sealed = seal_of(new_key()).seal(b"Hej")
    with pytest.raises(WrongSecret):
        seal_of(new_key()).open(sealed)


def test_changed_or_cut_bytes_do_not_open() -> None:
    seal = seal_of(new_key())
    sealed = seal.seal(b"Hej")
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:-1], sealed[:5]):
        with pytest.raises(WrongSecret):
            seal.open(broken)


def test_the_same_text_is_never_sealed_alike() -> None:
    seal = seal_of(new_key())
    assert len({seal.seal(b"Hej") for _ in range(10)}) == 10


def test_the_master_key_follows_from_the_secret_alone() -> None:
    sealed = master(b"secret").seal(b"key")
    assert master(b"secret").open(sealed) == b"key"
    with pytest.raises(WrongSecret):
        master(b"secret2").open(sealed)
