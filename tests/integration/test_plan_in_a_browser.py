"""The plan's page in a real Chromium: accessible by axe's rules, fits a phone, prints, fetches nothing.

Needs the packages playwright and axe-playwright-python, and a Chromium: the system's, or ``playwright install chromium``.
"""

import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from builders import a_person
from planned_round import LAGOM, ONLINE, RAVEN, a_draft, the_draft_before, the_facts
from talkcycle.domain.plan import PlannedTalk, UnplacedTalk
from talkcycle.domain.plan_facts import PlanFacts, plan_facts
from talkcycle.domain.plan_talks import Comfort
from talkcycle.rendering.pages.plan_page import plan_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")  # one Chromium for all of them
FIRST = ("Anna", "Bo", "Cilla", "Disa")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    with playwright.sync_playwright() as engine:
        try:
            browser = engine.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no Chromium starts here: {error}")
        yield browser
        browser.close()


def large_facts(talks: int = 2000) -> PlanFacts:
    """So many people, eight to a manager."""
    people = {
        f"e{number}": a_person(
            f"e{number}",
            name=f"{FIRST[number % 4]} {number} Ny",
            manager=None if number == 0 else f"e{(number - 1) // 8}",
        )
        for number in range(talks)
    }
    planned, missing = [], []
    for number, person in enumerate(people.values()):
        if person.manager is None:
            continue
        if number % 20 == 0:
            missing.append(UnplacedTalk(employee=person.id, manager=person.manager, reason="Their calendars are full."))
            continue
        start = datetime(2027, 3, 8 + number % 5, 8, 0, tzinfo=UTC) + timedelta(weeks=number % 3, hours=number % 7)
        place = (LAGOM, RAVEN, ONLINE)[number % 3]
        planned.append(
            PlannedTalk(
                employee=person.id,
                manager=person.manager,
                start=start,
                minutes=60,
                buffer_minutes=30,
                zone=person.zone,
                place=place,
            )
        )
    draft = a_draft(talks=tuple(planned), unplaced=tuple(missing), left_out={})
    return plan_facts(draft, people, comfort=Comfort(lunch=(720, 780), friday_ends=780, preferred={}))


SMALL = the_facts(with_rooms=True, before=the_draft_before(), preferred={"egil": ((480, 660),)})


def opened(browser: "Browser", folder: Path, facts: PlanFacts, **context: Any) -> "Page":
    file = folder / "plan.html"
    file.write_text(plan_page(facts), encoding="utf-8")
    page = browser.new_context(**context).new_page()
    page.goto(file.as_uri())
    return page


def violations(page: "Page") -> list[str]:
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_to_object_to(browser: "Browser", tmp_path: Path, scheme: Any, width: int) -> None:
    page = opened(browser, tmp_path, SMALL, color_scheme=scheme, viewport={"width": width, "height": 900})

    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_but_wide_tables_scrolls_sideways(browser: "Browser", tmp_path: Path, width: int) -> None:
    page = opened(browser, tmp_path, SMALL, viewport={"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_asks_for_nothing_and_complains_of_nothing(browser: "Browser", tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    file.write_text(plan_page(SMALL), encoding="utf-8")
    page, asked, said = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))

    page.goto(file.as_uri())

    assert asked == [file.as_uri()]
    assert said == []


def test_what_has_the_focus_is_seen(browser: "Browser", tmp_path: Path) -> None:
    page = opened(browser, tmp_path, SMALL)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to what needs you"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_large_plan_is_small_enough_and_opens_with_everybody_closed(browser: "Browser", tmp_path: Path) -> None:
    facts = large_facts()

    page = opened(browser, tmp_path, facts)

    assert (tmp_path / "plan.html").stat().st_size < 1_000_000
    assert page.locator("details.manager").count() == len(facts.managers)
    assert page.locator("details.manager[open]").count() == 0
    assert page.locator("ul.letters a").all_text_contents() == ["A", "B", "C", "D"]


def test_on_paper_every_manager_has_a_page_and_closed_calendars_are_open(browser: "Browser", tmp_path: Path) -> None:
    facts = large_facts(300)
    page = opened(browser, tmp_path, facts)

    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))

    pages = [each.extract_text() for each in printed.pages]
    of_one = [text for text in pages if "Bo 57 Ny" in text and "Disa 59 Ny" in text]
    assert len(of_one) == 1
    assert len(pages) > len(facts.managers)


def test_paper_is_white_whatever_the_screen(browser: "Browser", tmp_path: Path) -> None:
    page = opened(browser, tmp_path, SMALL, color_scheme="dark")

    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.list td')).color") == "rgb(0, 0, 0)"
