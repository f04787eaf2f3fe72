"""Which language a browser gets."""

import pytest

from talkcycle.web.languages import preferred

AVAILABLE = ("da", "en", "fi", "nb", "sv", "sv_FI")


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("sv", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("sv-FI", "sv_FI"),
        ("en;q=0.5, fi;q=0.8", "fi"),
        ("no", "nb"),
        ("nn-NO, nb;q=0.1", "nb"),
        ("de, fr;q=0.9", "en"),
        ("da;q=0, en", "en"),
        ("*", "en"),
        ("sv;q=x, da;q=0.1", "da"),
        (",".join(["xx"] * 1000) + ",sv", "en"),
    ],
)
def test_the_best_that_is_there_or_else_english(header: str, tag: str) -> None:
    assert preferred(header, AVAILABLE, otherwise="en") == tag
