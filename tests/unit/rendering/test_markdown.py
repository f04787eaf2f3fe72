"""Plain text from Markdown: readable without any marks."""

from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.rendering.markdown import both_forms, paragraphs
from talkcycle.rendering.sandbox import Markdown, compile_markdown

SOURCE = """\
Hej *Anna*!

## Inför samtalet

Läs [vår strategi](https://x.example/a) eller skriv till [hr@x.example](mailto:hr@x.example). Det här stycket är så
långt att det delas på flera rader i ett vanligt mejl.

> **Tisdag**\\
> Rum 3

1. Först
2. Sedan
   - lite
   - mer

---

Slut
"""


def test_every_kind_of_block_is_readable_as_text() -> None:
    assert both_forms(SOURCE).text == (
        "Hej Anna!\n"
        "\n"
        "Inför samtalet\n"
        "\n"
        "Läs vår strategi (https://x.example/a) eller skriv till hr@x.example. Det\n"
        "här stycket är så långt att det delas på flera rader i ett vanligt mejl.\n"
        "\n"
        "  Tisdag\n"
        "  Rum 3\n"
        "\n"
        "1. Först\n"
        "2. Sedan\n"
        "  - lite\n"
        "  - mer\n"
        "\n"
        "---\n"
        "\n"
        "Slut\n"
    )


def test_a_document_gets_whole_paragraphs() -> None:
    assert paragraphs("Ett " * 40 + "\n\n- a\n- b") == [("Ett " * 40).strip(), "- a", "- b"]


def test_pictures_and_raw_html_are_shown_as_text() -> None:
    assert both_forms("![x](https://x.example/a.png) <b>").html == (
        '<p>!<a href="https://x.example/a.png">x</a> &lt;b&gt;</p>\n'
    )


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda value: any(character.isprintable() and not character.isspace() for character in value)
)


@settings(max_examples=120)
@given(WORDS)
def test_an_escaped_value_is_one_paragraph_of_exactly_its_words(value: str) -> None:
    body = compile_markdown("{{ value }}\n\nNamn: {{ value }}\n").text({"value": value})

    html = both_forms(body).html

    words = "".join(character if character >= " " and character != "\x7f" else " " for character in value).split()
    assert unescape(html.replace("<p>", " ").replace("</p>", " ")).split() == [*words, "Namn:", *words]
    assert html.count("<") == 4


def test_markdown_of_hrs_own_keeps_its_marks() -> None:
    text = compile_markdown("{{ own }} {{ value }}").text({"own": Markdown("**a**"), "value": "**a**"})

    assert text == "**a** \\*\\*a\\*\\*"
