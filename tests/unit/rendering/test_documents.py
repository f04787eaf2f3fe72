"""The agenda and the self-review sheet: one page, accessible, complete; and data stays data."""

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from rendering_round import CYCLE, EMPLOYEE, MANAGER, ROUND, TALK, OrderFor, make_order
from talkcycle.domain.cycle import AgendaPoint, Leads
from talkcycle.domain.people import Role
from talkcycle.rendering.library import Library
from talkcycle.rendering.message import compose
from talkcycle.rendering.order import RenderOrder


def document(order: RenderOrder, library: Library) -> bytes:
    ((_, mime_type, data),) = compose(order, library, {}).files
    assert mime_type == "application/pdf"
    return data


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(data).pages).split())


@pytest.mark.parametrize(
    ("name", "title", "file_name"),
    [
        ("agenda", "Samtalspunkter", "Samtalspunkter.pdf"),
        ("self-review", "Egna tankar inför samtalet", "Egna tankar inför samtalet.pdf"),
    ],
)
def test_a_document_is_one_tagged_page_with_title_language_and_its_own_fonts(
    order_for: OrderFor, mini: Library, name: str, title: str, file_name: str
) -> None:
    ((found_name, _, data),) = compose(order_for(attach=(name,)), mini, {}).files

    pdf = read(data)
    root: Any = pdf.trailer["/Root"]
    fonts = [font.get_object() for font in pdf.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert (found_name, len(pdf.pages)) == (file_name, 1)
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"], root["/ViewerPreferences"]["/DisplayDocTitle"]) == (
        True,
        "sv",
        True,
    )
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == (title, "Norrsken AB")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in data
    assert sorted(descriptor["/FontName"].partition("+")[2] for descriptor in descriptors) == [
        "Inter-Regular",
        "Inter-SemiBold",
    ]
    assert all("/FontFile3" in descriptor for descriptor in descriptors)


def test_the_agenda_says_who_when_where_and_every_point(order_for: OrderFor, mini: Library) -> None:
    assert text_of(document(order_for(attach=("agenda",)), mini)) == (
        "Norrsken AB · Medarbetarsamtal 2027 Samtalspunkter"
        " Medarbetare Åsa Lindqvist Chef Björn Öberg När tisdag 9 mars kl. 14.30–15.30 Var Rum Tärnan, plan 3"
        " Medarbetaren börjar."
        " 5 min Sedan sist Medarbetaren leder – Hur gick det vi kom överens om?"
        " 15 min Läget nu Medarbetaren leder – Vad ger dig energi? – När längtar du till jobbet?"
        " 10 min Vart vi är på väg Medarbetaren leder – Vad vill du bidra med?"
        " 10 min Det du kan Medarbetaren leder – Vad vill du lära dig mer om?"
        " 10 min Förväntningar Chefen leder – Vad är otydligt?"
        " 5 min Nästa steg Ni båda – Vad, vem och när?"
        " 5 min Sammanfattning Ni båda"
        " Håll er till saken och visa respekt. Det ni säger stannar mellan er. Papperet är ert."
    )


def test_hrs_strategy_points_and_confidentiality_are_on_the_agenda(order_for: OrderFor, mini: Library) -> None:
    own = AgendaPoint(id="own", minutes=20, leads=Leads.BOTH, title={"sv": "Egen punkt"}, questions={"sv": ("Varför?",)})
    cycle = replace(
        CYCLE,
        agenda=(own, *CYCLE.agenda[-1:]),
        strategy={"sv": "Vi **växer**.\n\n- Varsamt"},
        strategy_link="https://norrsken.example/plan",
        confidentiality={"sv": "Anteckningar kan bli allmän handling."},
    )

    text = text_of(document(order_for(attach=("agenda",), round_=replace(ROUND, cycle=cycle)), mini))

    assert "20 min Egen punkt Ni båda – Varför? 5 min Sammanfattning" in text
    assert "Dit vi är på väg Vi växer. - Varsamt https://norrsken.example/plan" in text
    assert text.endswith("visa respekt. Anteckningar kan bli allmän handling. Papperet är ert.")


def test_both_sides_with_one_language_get_the_same_agenda_whenever_it_is_made(order_for: OrderFor, mini: Library) -> None:
    employee = order_for(attach=("agenda",))
    manager = order_for(role=Role.MANAGER, attach=("agenda",), made_at=employee.made_at + timedelta(days=3))

    assert document(employee, mini) is document(manager, mini)


def test_two_zones_are_both_named(order_for: OrderFor, mini: Library) -> None:
    order = order_for(attach=("agenda",), manager=replace(MANAGER, zone="Europe/Helsinki"))

    text = text_of(document(order, mini))

    assert "När tisdag 9 mars kl. 14.30–15.30 (svensk tid) kl. 15.30–16.30 (finsk tid) Var" in text


def long_agenda(points: int) -> RenderOrder:
    agenda = tuple(
        AgendaPoint(
            id=f"own{number}",
            minutes=10,
            leads=Leads.BOTH,
            title={"sv": f"En punkt med en ganska lång rubrik om nummer {number}"},
            questions={"sv": (f"En öppen fråga som är så lång att den nästan fyller en hel rad, nummer {number}?",) * 4},
        )
        for number in range(points)
    )
    cycle = replace(CYCLE, agenda=agenda, strategy={"sv": "Vi vill mycket och säger det med många ord. " * 20})
    return make_order(attach=("agenda",), round_=replace(ROUND, cycle=cycle))


@pytest.mark.parametrize("points", [8, 10, 12])
def test_a_long_agenda_still_fits_one_page_with_every_word(mini: Library, points: int) -> None:
    data = document(long_agenda(points), mini)

    assert len(read(data).pages) == 1
    assert text_of(data).count("En öppen fråga") == 4 * points


def test_an_endless_agenda_loses_no_point(mini: Library) -> None:
    data = document(long_agenda(30), mini)

    assert (len(read(data).pages), text_of(data).count("En öppen fråga")) == (2, 120)


def test_a_long_name_makes_room_by_itself(mini: Library) -> None:
    order = long_agenda(10)
    talk = replace(TALK, place=replace(TALK.place, name="Ett rum med ett mycket långt namn " * 6))

    assert len(read(document(replace(order, talk=talk), mini)).pages) == 1


@pytest.mark.parametrize("name", ['#panic("x")', "$x$ *y* _z_ `w` <label> @ref \\ // no", "= Rubrik", "王小明", "אבג 😀"])
def test_a_name_is_never_read_as_source_and_every_script_gets_an_agenda(
    order_for: OrderFor, mini: Library, name: str
) -> None:
    data = document(order_for(attach=("agenda",), employee=replace(EMPLOYEE, name=name)), mini)

    assert len(read(data).pages) == 1
    if name.isascii():
        assert f"Medarbetare {name} Chef" in text_of(data)


def test_the_self_review_asks_three_questions_and_names_nobody(order_for: OrderFor, mini: Library) -> None:
    assert text_of(document(order_for(attach=("self-review",)), mini)) == (
        "Norrsken AB · Medarbetarsamtal 2027 Egna tankar inför samtalet Ta den tid du behöver."
        " Ingen samlar in det här. Vad är du nöjd med? Vad vill du lära dig mer om? Vad behöver du?"
        " Papperet är ditt."
    )


def test_threads_make_documents_side_by_side(order_for: OrderFor, mini: Library) -> None:
    orders = [order_for(attach=("agenda",), employee=replace(EMPLOYEE, name=f"Åsa {number}")) for number in range(8)]

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda order: document(order, mini), orders))

    assert [f"Åsa {number}" in text_of(data) for number, data in enumerate(made)] == [True] * 8


def test_the_year_stands_where_approval_and_talk_are_in_different_years(
    order_for: OrderFor, mini_files: Mapping[str, bytes]
) -> None:
    early = replace(ROUND, approved_at=datetime(2026, 12, 1, 9, tzinfo=UTC))

    text = text_of(document(order_for(attach=("agenda",), round_=early), Library(mini_files, default_language="sv")))

    assert "När tisdag 9 mars 2027 kl. 14.30–15.30 Var" in text
