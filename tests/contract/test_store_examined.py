"""What doctor finds where the service keeps what it knows: on both databases, without making or changing anything."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from databases import SECRET, Database
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.store.examine import Keeping
from talkcycle.store.open import SqlStore

NOW = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in order."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "secret").write_bytes(SECRET)
    (folder / "secret").chmod(0o600)
    return folder


def examine(data: Path, database: str, **more: object) -> dict[str, Finding]:
    keeping = Keeping(data=data, database=database, **more)  # type: ignore[arg-type]
    findings = list(keeping.examine(NOW))
    assert {finding.transport for finding in findings} == {"service"}
    assert all((finding.mend == "") is (finding.grade is Grade.GOOD) for finding in findings)
    return {finding.check: finding for finding in findings}


def grades(found: dict[str, Finding]) -> dict[str, Grade]:
    return {check: finding.grade for check, finding in found.items() if finding.grade is not Grade.GOOD}


def as_tree(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    for path in sorted(folder.rglob("*")):
        yield str(path), path.stat().st_mode, path.read_bytes() if path.is_file() else b""


def test_a_database_in_order_is_good(data: Path, database: Database, store: SqlStore) -> None:
    with store.write() as session:
        session.ledger.set_last_tick(NOW - timedelta(minutes=1))

    _private(database)
    found = examine(data, database.url)

    assert list(found) == ["data", "secret", "database", "schema", "clock"]
    assert grades(found) == {}


def test_a_database_nobody_has_opened_yet_is_left_as_it_is(data: Path, empty_database: Database) -> None:
    found = examine(data, empty_database.url)

    assert grades(found) == {}
    assert "first start" in f"{found.get('schema', found['database']).says}"
    engine = empty_database.engine()
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_schema_of_the_future_is_refused(data: Path, database: Database) -> None:
    _private(database)
    database.query("UPDATE alembic_version SET version_num = '9999'")

    assert grades(examine(data, database.url)) == {"schema": Grade.BAD}


def test_an_older_schema_is_told_to_become_the_new_one(data: Path, database: Database) -> None:
    _private(database)
    database.query("UPDATE alembic_version SET version_num = '0001'")

    found = examine(data, database.url)

    assert grades(found) == {}
    assert "back it up before" in found["schema"].says


def test_another_secret_than_the_databases_is_bad(data: Path, database: Database, store: SqlStore) -> None:
    store.close()
    _private(database)
    (data / "secret").write_text("another")

    assert grades(examine(data, database.url)) == {"seal": Grade.BAD}
    assert grades(examine(data, database.url, secret=SECRET.decode())) == {}
    (data / "secret").unlink()
    assert grades(examine(data, database.url)) == {"seal": Grade.BAD}


def test_a_clock_behind_what_the_service_has_seen_is_bad(data: Path, database: Database, store: SqlStore) -> None:
    with store.write() as session:
        session.ledger.set_last_tick(NOW + timedelta(hours=1))
    _private(database)

    assert grades(examine(data, database.url)) == {"clock": Grade.BAD}


def test_nothing_is_made_before_the_first_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = list(as_tree(tmp_path))

    assert grades(examine(data, f"sqlite:///{data}/talkcycle.db")) == {}
    assert list(as_tree(tmp_path)) == before


def test_what_others_can_read_is_a_warning_with_the_command_that_mends_it(data: Path) -> None:
    database, key = data / "talkcycle.db", data / "graph.pem"
    for path in (data / "secret", database, key):
        path.touch()
        path.chmod(0o644)

    findings = list(Keeping(data=data, database=f"sqlite:///{database}", private=(key,)).examine(NOW))

    warnings = [finding.mend for finding in findings if finding.grade is Grade.WARNING]
    assert warnings == [f"chmod 600 {path}" for path in (data / "secret", key, database)]


def test_an_empty_secret_is_bad(data: Path) -> None:
    (data / "secret").write_text("\n")

    assert grades(examine(data, f"sqlite:///{data}/talkcycle.db")) == {"secret": Grade.BAD}


def test_a_folder_that_is_a_file_is_bad(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert grades(examine(tmp_path / "data", f"sqlite:///{tmp_path}/talkcycle.db")) == {"data": Grade.BAD}


def test_a_file_that_is_no_database_is_bad(data: Path) -> None:
    (data / "talkcycle.db").write_bytes(b"not a database" * 100)
    (data / "talkcycle.db").chmod(0o600)

    found = examine(data, f"sqlite:///{data}/talkcycle.db")

    assert grades(found) == {"database": Grade.BAD}
    assert "integrity_check" in found["database"].mend


def test_a_server_that_is_not_there_is_bad_and_its_password_not_shown(data: Path) -> None:
    found = examine(data, "postgresql+psycopg://talkcycle:tiger-7@127.0.0.1:1/talkcycle")

    assert grades(found) == {"database": Grade.BAD}
    assert "psql postgresql://talkcycle@127.0.0.1:1/talkcycle" in found["database"].mend
    assert "tiger-7" not in str(found)


def _private(database: Database) -> None:
    """A file that a test copied is as open as the machine makes files."""
    if database.url.startswith("sqlite"):
        Path(database.url.removeprefix("sqlite:///")).chmod(0o600)
