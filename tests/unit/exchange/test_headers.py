"""What servers say of time in headers."""

from datetime import UTC, datetime, timedelta

import pytest

from talkcycle.transports.exchange.headers import retry_after, server_time

NOW = datetime(2027, 2, 12, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta()),
        ("99999999999999999999", timedelta(days=1)),
        ("Fri, 12 Feb 2027 08:10:00 GMT", timedelta(minutes=10)),
        ("Fri, 12 Feb 2027 07:00:00 GMT", timedelta()),
        ("Fri, 12 Feb 2099 07:00:00 GMT", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_a_wish_to_be_left_alone_is_seconds_or_a_date_and_a_day_at_most(said: str, meant: timedelta | None) -> None:
    assert retry_after({"Retry-After": said}, NOW) == meant


def test_no_wish_is_none() -> None:
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize(
    ("said", "meant"), [("Fri, 12 Feb 2027 08:00:00 GMT", NOW), ("Fri, 12 Feb 2027 08:00:00 -0000", NOW), ("now", None)]
)
def test_the_servers_clock_is_read(said: str, meant: datetime | None) -> None:
    assert server_time({"Date": said}) == meant
