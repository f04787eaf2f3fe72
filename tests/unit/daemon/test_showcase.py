from datetime import UTC, datetime
from pathlib import Path

import pytest

from talkcycle.daemon.showcase import Showcase
from talkcycle.daemon.simulation import Arrived
from talkcycle.domain.faults import Refused

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def test_a_folder_with_files_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "important.eml").write_text("mine")
    with pytest.raises(Refused, match="has files in it that are not ours"):
        Showcase(tmp_path).clear()
    assert (tmp_path / "mail" / "important.eml").read_text() == "mine"


def test_a_folder_of_an_earlier_or_interrupted_rehearsal_is_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    first = Showcase(folder)
    first.clear()
    first.take(Arrived(number=1, at=NOON, address="anna@example.com", content=b"a mail"))
    assert (folder / "mail" / "0001.eml").read_bytes() == b"a mail"

    Showcase(folder).clear()
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "calendar",
        "index.html",
        "mail",
        "pdf",
    ]
    assert "interrupted" in (folder / "index.html").read_text(encoding="utf-8")
