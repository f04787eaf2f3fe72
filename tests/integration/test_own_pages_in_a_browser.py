"""The pages behind people's links in a real Chromium: accessible by axe's rules, in every language, by keyboard alone.

Rewrite the pictures of the documentation with PICTURES=write.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsing import DESK, FREE, LANGUAGES, PHONE, WIDE, a_browser, picture, reading, violations
from talkcycle.domain.links import Purpose
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.talks import BY_MANAGER
from talkcycle.rounds.change import cancel_talk
from web_office import WebOffice, web_office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")  # one Chromium for all of them
PROPOSED = datetime(2027, 3, 9, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """For those who only look, with answers of all kinds."""
    with web_office(tmp_path_factory.mktemp("kept") / "office", **FREE) as office:
        answered(office)
        yield office


def answered(office: WebOffice) -> None:
    office.hears("4", Answer.TENTATIVE, talk="4", proposed=PROPOSED)
    office.hears("5", Answer.DECLINED, talk="5")
    office.hears("6", Answer.ACCEPTED, talk="6")
    cancel_talk(office.store, office.round, "2", why=BY_MANAGER, who="person:1", now=office.clock.at)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        yield office


def every_page(office: WebOffice, page: "Page") -> "Iterator[str]":
    """Opens one after the other, and says which."""
    own = office.page("3")
    for name, address in (
        ("my talk", own),
        ("other times", f"{own}/times"),
        ("opting out", f"{own}/opt-out"),
        ("a talk with a proposed time", office.page("4")),
        ("my talks", office.page("2", Purpose.TALKS)),
        ("a talk of mine", office.page("2", Purpose.HOSTED, "3")),
        ("a proposed time to decide", office.page("2", Purpose.HOSTED, "4")),
        ("a time that is not confirmed", office.page("2", Purpose.HOSTED, "5")),
        ("a talk called off", office.page("1", Purpose.HOSTED, "2")),
        ("other times of a talk of mine", office.page("2", Purpose.HOSTED, "3") + "/times"),
        ("calling off", office.page("2", Purpose.HOSTED, "3") + "/call-off"),
        ("nothing", f"{office.url}/nothing"),
    ):
        page.goto(address)
        yield name
    for person, name in (("3", "my talk with its questions"), ("6", "my talk with my answer")):
        page.goto(office.page(person))
        page.locator("summary").evaluate_all("all => all.forEach(each => each.parentElement.open = true)")
        yield name
    page.goto(f"{own}/opt-out")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.locator("button").click()
    yield "opting out without a choice"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to_on_a_phone_or_a_desk(
    browser: "Browser", kept: WebOffice, language: str, scheme: Any
) -> None:
    reading(kept, language)
    for size in (PHONE, DESK):
        page = browser.new_context(color_scheme=scheme, viewport=size, locale=language).new_page()
        found = {name: violations(page) for name in every_page(kept, page)}
        assert {name: each for name, each in found.items() if each} == {}
        assert page.locator("html").get_attribute("lang") == language
        page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_scrolls_sideways_on_the_smallest_phone(browser: "Browser", kept: WebOffice, language: str) -> None:
    reading(kept, language)
    page = browser.new_context(viewport={"width": 320, "height": 640}).new_page()
    for name in every_page(kept, page):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    page.context.close()


def test_whatever_can_be_pressed_is_large_enough_for_a_thumb(browser: "Browser", kept: WebOffice) -> None:
    reading(kept, "sv")
    page = browser.new_context(viewport=PHONE).new_page()
    for name in every_page(kept, page):
        heights = page.locator("button, .way, .choice").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().height)"
        )
        assert all(height >= 44 for height in heights), name
    page.context.close()


def test_a_page_asks_for_nothing_but_its_style_and_complains_of_nothing(browser: "Browser", kept: WebOffice) -> None:
    page, asked, said = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))

    page.goto(kept.page("3"))

    host = kept.url.rpartition("/")[0]
    assert all(url.startswith(f"{host}/samtal/") for url in asked)
    assert any(url.endswith("-style.css") for url in asked)
    assert page.evaluate("getComputedStyle(document.querySelector('.letter')).borderTopWidth") == "4px"
    assert said == []
    page.close()


def test_by_keyboard_alone_a_talk_is_moved_and_what_was_done_is_said(browser: "Browser", office: WebOffice) -> None:
    before = office.talk("3").start
    page = browser.new_context(java_script_enabled=True, viewport=DESK).new_page()
    page.goto(office.page("3"))

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hoppa till innehållet"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _ in range(3):  # past the answer: a box to tick and its button
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Se andra tider"
    page.keyboard.press("Enter")
    page.wait_for_url("**/times")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Spara tiden"
    page.keyboard.press("Enter")
    page.wait_for_url("**done=moved#told")

    told = page.get_by_role("status")
    assert told.inner_text().startswith("Sparat. Ditt samtal är")
    assert page.evaluate("document.activeElement.id") == "told"
    assert office.talk("3").start != before
    page.context.close()


def test_without_scripts_a_talk_is_opted_out_of_and_that_is_taken_back(browser: "Browser", office: WebOffice) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(office.page("4"))

    page.get_by_role("link", name="Opt out").click()
    page.get_by_label("I opt out of this talk").check()
    page.get_by_label("Is there anything you would like HR to know?").fill("I would rather write.")
    page.get_by_role("button", name="Save my choice").click()
    assert page.get_by_role("status").inner_text() == "Saved. You have opted out."
    assert office.talk("4").note == "I would rather write."

    page.get_by_role("link", name="Choose a time again").click()
    page.get_by_text("the time you had before").click()
    page.get_by_role("button", name="Save this time").click()
    assert page.get_by_role("status").inner_text().startswith("Saved. Your talk is on")
    page.context.close()


def test_by_keyboard_alone_a_time_is_said_to_suit(browser: "Browser", office: WebOffice) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(office.page("4"))

    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=answered#told")

    assert page.get_by_role("status").inner_text() == "Saved. Thank you for your answer."
    assert office.answers("4") == {"person:4": "accepted"}
    page.context.close()


def test_without_scripts_a_manager_decides_calls_off_and_takes_it_back(browser: "Browser", office: WebOffice) -> None:
    reading(office, "en")
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=PROPOSED)
    page = browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(office.page("2", Purpose.TALKS))

    assert page.get_by_text("Suggested instead: Tuesday 9 March").count() == 1
    page.get_by_role("link", name="Åsa Fågelsång").click()
    page.get_by_label("Move the talk").check()
    page.get_by_role("button", name="Save my choice").click()
    assert page.get_by_role("status").inner_text().startswith("Saved. Your talk is on Tuesday 9 March")
    assert office.talk("3").start == PROPOSED

    page.get_by_role("link", name="Call it off").click()
    page.get_by_label("I call this talk off").check()
    page.get_by_role("button", name="Save my choice").click()
    assert page.get_by_role("status").inner_text().startswith("Saved. The talk is off")

    page.get_by_role("link", name="Choose a time again").click()
    page.get_by_text("the time you had before").click()
    page.get_by_role("button", name="Save this time").click()
    assert page.get_by_role("status").inner_text().startswith("Saved. Your talk is on Tuesday 9 March")
    page.get_by_role("link", name="All your talks").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your talks"
    page.context.close()


def test_a_form_cannot_be_sent_by_pressing_its_button_alone(browser: "Browser", office: WebOffice) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=PROPOSED)
    page = browser.new_page()
    before = office.dump()
    own, hosted = office.page("3"), office.page("2", Purpose.HOSTED, "3")
    for form in (own, f"{own}/times", f"{own}/opt-out", hosted, f"{hosted}/times", f"{hosted}/call-off"):
        page.goto(form)
        assert page.locator("input:checked").count() == 0
        page.locator("button").click()
        assert page.url == form
    assert office.dump() == before
    page.close()


def test_paper_is_white_and_carries_the_questions(browser: "Browser", kept: WebOffice) -> None:
    page = browser.new_context(color_scheme="dark").new_page()
    page.goto(kept.page("3"))
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".change").is_hidden()
    page.context.close()


@pytest.mark.skipif(os.environ.get("PICTURES") != "write", reason="pictures are made on demand: PICTURES=write")
def test_pictures_for_the_documentation(browser: "Browser", office: WebOffice) -> None:
    reading(office, "en")

    def shot(name: str, address: str, size: Any, **more: Any) -> None:
        picture(browser, name, address, size, **more)

    answered(office)
    own, hosted = office.page("3"), office.page("2", Purpose.TALKS)
    to_decide = office.page("2", Purpose.HOSTED, "4")
    shot("page-my-talk", own, WIDE)
    shot("page-my-talk-phone", own, PHONE, whole=False)
    shot("page-times-phone", f"{own}/times", PHONE, do=lambda page: page.locator(".choice").nth(1).click())
    shot("page-opt-out-phone", f"{own}/opt-out", PHONE)
    shot("page-my-talks", hosted, WIDE)
    shot("page-hosted-talk", to_decide, WIDE)
    shot("page-hosted-talk-phone", to_decide, PHONE, whole=False)
    shot("page-call-off-phone", f"{to_decide}/call-off", PHONE)
    shot("page-answered-phone", office.page("6"), PHONE, whole=False)
    shot("page-my-talk-dark", own, PHONE, scheme="dark", whole=False)
    reading(office, "sv")
    shot("page-my-talk-phone-sv", own, PHONE, whole=False)
    shot("page-my-talks-phone-sv", hosted, PHONE, whole=False)
