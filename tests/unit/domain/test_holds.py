from datetime import UTC, datetime, timedelta

import pytest

from talkcycle.domain.holds import RELEASE, why_hold

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def why(
    *,
    last_tick: datetime | None = NOW - timedelta(minutes=1),
    marks: tuple[int, int | None] = (7, 7),
    due: tuple[int, int] = (0, 0),
) -> str | None:
    return why_hold(
        now=NOW,
        last_tick=last_tick,
        mark_in_database=marks[0],
        mark_beside=marks[1],
        due_now=due[0],
        due_foreseen=due[1],
    )


@pytest.mark.parametrize(
    ("last_tick", "marks", "due"),
    [
        pytest.param(NOW - timedelta(minutes=1), (7, 7), (0, 0), id="a restart"),
        pytest.param(None, (0, None), (0, 0), id="the very first start"),
        pytest.param(NOW - timedelta(days=1), (7, 7), (0, 0), id="a day's pause"),
        pytest.param(NOW + timedelta(minutes=5), (7, 7), (0, 0), id="a clock set back a little"),
        pytest.param(NOW, (8, 7), (0, 0), id="killed before the mark was written"),
        pytest.param(NOW, (8, None), (0, 0), id="no mark beside it"),
        pytest.param(NOW, (7, 7), (50, 0), id="a few more than foreseen"),
        pytest.param(NOW, (7, 7), (300, 100), id="three times what was foreseen"),
    ],
)
def test_a_plausible_start_is_not_held(
    last_tick: datetime | None, marks: tuple[int, int | None], due: tuple[int, int]
) -> None:
    assert why(last_tick=last_tick, marks=marks, due=due) is None


def test_a_service_that_was_away_for_over_a_day_starts_on_hold() -> None:
    assert why(last_tick=NOW - timedelta(days=1, seconds=1)) == (
        f"The service last ran at 2027-02-28 07:59 UTC, over a day ago. {RELEASE}"
    )


def test_a_database_older_than_the_mark_beside_it_starts_on_hold() -> None:
    assert why(marks=(6, 7)) == (
        "The database is older than the data folder beside it (tick 6, not 7): "
        f"it looks like a restored backup, and what was sent since is not in it. {RELEASE}"
    )


def test_an_empty_database_beside_an_old_mark_starts_on_hold() -> None:
    assert why(last_tick=None, marks=(0, 7)) == (
        "The database is older than the data folder beside it (tick 0, not 7): "
        f"it looks like a restored backup, and what was sent since is not in it. {RELEASE}"
    )


def test_a_clock_behind_the_last_tick_starts_on_hold() -> None:
    assert why(last_tick=NOW + timedelta(minutes=6)) == (
        f"The clock shows 2027-03-01 08:00 UTC, but the service last ran at 2027-03-01 08:06 UTC. {RELEASE}"
    )


@pytest.mark.parametrize(("due_now", "foreseen"), [(51, 0), (51, 16), (301, 100)])
def test_far_more_due_than_foreseen_starts_on_hold(due_now: int, foreseen: int) -> None:
    expected = f"Far more is due than the plan foresaw: {due_now}, not {foreseen}. {RELEASE}"
    assert why(due=(due_now, foreseen)) == expected


def test_every_reason_is_given_at_once() -> None:
    assert why(last_tick=NOW - timedelta(days=30), marks=(1, 9), due=(900, 3)) == (
        "The database is older than the data folder beside it (tick 1, not 9): "
        "it looks like a restored backup, and what was sent since is not in it. "
        "The service last ran at 2027-01-30 08:00 UTC, over a day ago. "
        f"Far more is due than the plan foresaw: 900, not 3. {RELEASE}"
    )


def test_the_text_says_how_to_release() -> None:
    assert RELEASE.endswith("talkcycle outbox release --all")
