"""A form's pass is for one form, one link, one round and a short time; nobody else can make one."""

from datetime import timedelta

import pytest

from builders import at
from talkcycle.web.passes import LASTS, form_pass, pass_holds

NOW = at(2027, 3, 1, 9)
KEY = bytes(range(64))
GIVEN = form_pass(KEY, "token", "times", now=NOW)


def test_a_pass_holds_from_now_on_until_its_time_is_over() -> None:
    assert pass_holds(GIVEN, KEY, "token", "times", now=NOW)
    assert pass_holds(GIVEN, KEY, "token", "times", now=NOW + LASTS - timedelta(seconds=1))
    assert not pass_holds(GIVEN, KEY, "token", "times", now=NOW + LASTS)


@pytest.mark.parametrize(
    ("key", "token", "action"),
    [(bytes(64), "token", "times"), (KEY, "token2", "times"), (KEY, "token", "opt-out"), (KEY, "toke", "n\ntimes")],
)
def test_a_pass_is_for_nothing_else(key: bytes, token: str, action: str) -> None:
    assert not pass_holds(GIVEN, key, token, action, now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        "",
        ".",
        "zz.AA",
        "7fffffff.",
        "ffffffffffffffffffffffff.AA",
        GIVEN[:-1],
        GIVEN + "A",
        "é." + GIVEN,
        "0" + GIVEN[1:],
    ],
)
def test_what_is_no_pass_holds_nothing(given: str) -> None:
    assert not pass_holds(given, KEY, "token", "times", now=NOW)


def test_a_pass_whose_time_somebody_has_lengthened_does_not_hold() -> None:
    ends, _, signature = GIVEN.partition(".")

    assert not pass_holds(f"{int(ends, 16) + 3600:x}.{signature}", KEY, "token", "times", now=NOW)
