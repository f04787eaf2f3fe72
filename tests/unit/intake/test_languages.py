"""Languages as people and directories write them."""

import pytest

from talkcycle.intake.languages import language_tag
from talkcycle.intake.unusable import Unusable

SHIPPED = {"da", "en", "fi", "nb", "sv", "sv_FI"}


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("Svenska", "sv"),
        ("ruotsi", "sv"),
        ("Finlandssvenska", "sv_FI"),
        ("Finland Swedish", "sv_FI"),
        ("sv-FI", "sv_FI"),
        ("Norsk bokmål", "nb"),
        ("no", "nb"),
        ("nb-NO", "nb_NO"),
        ("dansk", "da"),
        ("da-DK", "da_DK"),
        (" Suomi ", "fi"),
        ("fi-FI", "fi_FI"),
        ("engelsk", "en"),
        ("en-GB", "en_GB"),
    ],
)
def test_a_language_is_known_by_its_names_and_by_the_tags_directories_write(written: str, tag: str) -> None:
    assert language_tag(written, SHIPPED) == tag


def test_a_language_without_texts_is_no_language() -> None:
    with pytest.raises(Unusable):
        language_tag("tysk", SHIPPED)
