"""The texts of the pages keep the limits of all texts, and every language says the same things."""

import re
from pathlib import Path

import pytest

from talkcycle.domain.faults import Fault
from talkcycle.rendering.library import Library
from talkcycle.rendering.page_words import IN_MARKDOWN, page_keys, page_languages, page_words, read_page_words
from talkcycle.rendering.template_faults import faults_of
from talkcycle.rendering.template_files import shipped_files
from unit.texts.test_limits import FORBIDDEN, IN_FINLAND, MOST_IN_A_SENTENCE, PRESSURE, sentences, words

TEMPLATES = Path(__file__).parents[3] / "templates"
LANGUAGES = ("sv", "en", "nb", "da", "fi")
TEXTS = {language: read_page_words((TEMPLATES / language / "pages.yaml").read_text()) for language in LANGUAGES}


def plain(text: str) -> str:
    return re.sub(r"\{\{ \w+ \}\}", "Åsa", text)


def variables(text: str) -> list[str]:
    return sorted(re.findall(r"\{\{ (\w+) \}\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_variables(language: str) -> None:
    assert list(TEXTS[language]) == list(TEXTS["en"])
    assert {key: variables(text) for key, text in TEXTS[language].items()} == {
        key: variables(text) for key, text in TEXTS["en"].items()
    }
    assert IN_MARKDOWN <= page_keys() == set(TEXTS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_of_pages_are_short_calm_and_command_nobody(language: str) -> None:
    mean, longest = MOST_IN_A_SENTENCE.get(language, (13, 22))
    lengths = []
    for key, text in TEXTS[language].items():
        found = sentences(plain(text))
        lengths += [len(each) for each in found]
        assert max(map(len, found), default=0) <= longest, key
        assert "!" not in text, key
        assert re.findall(rf"\b(?:{FORBIDDEN[language]})\b", text, re.IGNORECASE) == [], key
        assert re.findall(rf"\b(?:{PRESSURE[language]})\b", text, re.IGNORECASE) == [], key
        assert len(words(plain(text))) <= 120, key
    assert sum(lengths) / len(lengths) <= mean


def test_finland_swedish_has_its_own_where_a_word_differs() -> None:
    own = page_words({}, ("sv_FI",))
    assert own.language == "sv_FI"
    for key, text in TEXTS["sv"].items():
        if key in IN_MARKDOWN:
            assert not re.search("|".join(IN_FINLAND), own.html(key, dict.fromkeys(variables(text), "x"))), key
        else:
            assert not re.search("|".join(IN_FINLAND), own.say(key, dict.fromkeys(variables(text), "x"))), key


def test_what_hr_wrote_comes_first_and_the_rest_is_shipped() -> None:
    files = {"templates/sv/pages.yaml": b"times_save: Ta den\n"}

    found = page_words(files, ("sv", "en"))

    assert (found.say("times_save", {}), found.say("to_opt_out", {})) == ("Ta den", "Avstå")


def test_a_language_without_pages_reads_the_cycles_and_at_last_english() -> None:
    assert page_words({}, ("de", "sv")).language == "sv"
    assert page_words({}, ("de", "is")).language == "en"
    assert page_languages() == ("da", "en", "fi", "nb", "sv", "sv_FI")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("skip: Hoppa\ntimes_sav: x\n", 2, "no page says this."),
        ("skip: Hoppa\ntimes_save: '{{ hr_secret }}'\n", 2, "times_save uses the variable hr_secret, which it cannot."),
        ("skip: '{{ hr_name }}'\n", 1, "skip uses the variable hr_name, which it cannot."),
        ("skip: [a]\n", 1, "skip is not text."),
        (
            "skip: '{% if %}'\n",
            1,
            "skip has a mistake in the template: Expected an expression, got 'end of statement block'.",
        ),
        ("- skip\n", 1, "it is not a list of keys with words."),
    ],
)
def test_a_fault_in_hrs_own_words_is_found_before_a_round_begins(text: str, line: int, problem: str) -> None:
    files = shipped_files(None) | {"templates/sv/pages.yaml": text.encode()}

    faults = [fault for fault in faults_of(Library(files, default_language="sv")) if "pages.yaml" in fault.file]

    assert [(fault.line, fault.problem) for fault in faults] == [(line, problem)]
    assert all(isinstance(fault, Fault) and fault.mend for fault in faults)
