"""The service's secret: given, or made once."""

import stat
import threading
from pathlib import Path

import pytest

from talkcycle.store.secret import service_secret


def test_what_it_gave_is_used_and_nothing_is_made(tmp_path: Path) -> None:
    assert service_secret("gåva", tmp_path) == "gåva".encode()
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = service_secret(None, tmp_path)
    assert service_secret(None, tmp_path) == first
    assert len(bytes.fromhex(first.decode())) == 32
    assert [(each.name, stat.S_IMODE(each.stat().st_mode)) for each in tmp_path.iterdir()] == [("secret", 0o600)]


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    assert len({service_secret(None, folder) for folder in folders}) == 2


def test_who_starts_at_once_has_the_same_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    gun = threading.Barrier(8)

    def start() -> None:
        gun.wait()
        found.append(service_secret(None, tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_a_line_break_at_the_end_of_the_file_is_no_part_of_the_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("restored\n")
    assert service_secret(None, tmp_path) == b"restored"


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        service_secret(None, tmp_path)
    with pytest.raises(ValueError, match="empty"):
        service_secret("", tmp_path)
