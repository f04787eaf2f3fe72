from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from dispatching import an_empty_store
from talkcycle.daemon.group_commit import GroupCommit
from talkcycle.domain.store import Session


def test_what_gathers_while_one_writes_is_written_together_and_each_learns_its_own_result(tmp_path: Path) -> None:
    """Six come while the first holds the transaction open: two transactions in all."""
    store = an_empty_store(tmp_path)
    group, opened, go_on = GroupCommit(store), Event(), Event()
    sessions: list[Session] = []

    def first(session: Session) -> bool:
        sessions.append(session)
        opened.set()
        assert go_on.wait(10)
        return True

    def mark(number: int) -> bool:
        def work(session: Session) -> bool:
            sessions.append(session)
            session.ledger.set_mark(session.ledger.mark() + number)
            return number % 2 == 0

        return group.write(work)

    with ThreadPoolExecutor(8) as pool:
        leader = pool.submit(group.write, first)
        assert opened.wait(10)
        others = [pool.submit(mark, number) for number in range(1, 7)]
        while len(group._waiting) < 6:  # noqa: SLF001  # the test must know that all six are waiting
            pass
        go_on.set()
        results = [future.result() for future in others]

    assert leader.result() is True
    assert results == [False, True, False, True, False, True]
    assert len({id(session) for session in sessions}) == 2
    with store.read() as session:
        assert session.ledger.mark() == 21
    store.close()


def test_an_error_reaches_everybody_whose_work_was_lost_with_it(tmp_path: Path) -> None:
    store = an_empty_store(tmp_path)
    group = GroupCommit(store)

    def fails(session: Session) -> bool:
        session.ledger.set_mark(7)
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        group.write(fails)

    assert group.write(lambda session: session.ledger.mark() == 0) is True
    store.close()
