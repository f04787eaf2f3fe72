"""An address list that is told a few at a time is gone through whole."""

from string import ascii_lowercase, digits

from hypothesis import given
from hypothesis import strategies as st

from talkcycle.transports.exchange.prefixes import Prefixes

aliases = st.text(alphabet="ab1.-", min_size=1, max_size=6).filter(lambda alias: alias[0] in ascii_lowercase + digits)


@given(st.sets(aliases, max_size=60), st.integers(1, 5))
def test_everybody_is_found_whatever_is_told_at_once(people: set[str], most: int) -> None:
    found: set[str] = set()
    prefixes = Prefixes()
    for prefix in prefixes:
        fitting = sorted(alias for alias in people if alias.startswith(prefix))
        found |= set(fitting[:most])
        if len(fitting) > most:
            prefixes.cut(prefix)

    left_out = people - found
    # Who is called as the beginning of many others are, and no longer, may be among those that are not told.
    assert all(sum(other.startswith(alias) for other in people) > most for alias in left_out)


def test_an_organisation_that_fits_is_gone_through_once() -> None:
    assert list(Prefixes()) == list(ascii_lowercase + digits)
