"""What two have agreed, and what is one's own to do, in a real Chromium: in every language, by keyboard alone.

Rewrite the pictures of the documentation with PICTURES=write.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsing import DESK, FREE, LANGUAGES, PHONE, WIDE, a_browser, picture, reading, unchecked, unfold, violations
from talkcycle.domain.agreements import Action, ActionDraft, Agreement, Progress
from talkcycle.domain.links import Purpose
from talkcycle.rounds.follow_up import FollowUp, OwnActions, confirm, go_on, write_down
from talkcycle.rounds.own_pages import open_page
from web_office import WebOffice, client, web_office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")  # one Chromium for all of them
TALKED = ("3", "4", "5", "6")
"""Whose talks are over in what follows."""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """For those who only look: one pair has agreed, one has something to confirm, one has not had their talk."""
    with web_office(tmp_path_factory.mktemp("kept") / "office", **FREE) as office:
        talked(office)
        write(office, "2", "3", *three("3", "2"))
        write(office, "4", "4", *three("4", "2"))
        write(office, "6", "6", held=False)
        with_page(office, "3", "3", lambda page: confirm(office.store, page, wording=1, now=office.clock.at))
        for number, to in ((1, Progress.DONE), (3, Progress.DROPPED)):
            own = open_page(office.store, office.token("3", Purpose.ACTIONS), now=office.clock.at)
            assert isinstance(own, OwnActions)
            go_on(office.store, own, "3", number, to=to, due=None, wording=1, now=office.clock.at)
        yield office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        talked(office)
        yield office


def talked(office: WebOffice) -> None:
    """It is after the talks."""
    office.clock.at = max(start for each in TALKED if (start := office.talk(each).start)) + timedelta(hours=3)


def with_page(office: WebOffice, person: str, talk: str, do: Any) -> None:
    page = open_page(office.store, office.token(person, Purpose.FOLLOW_UP, talk), now=office.clock.at)
    assert isinstance(page, FollowUp)
    do(page)


def write(office: WebOffice, person: str, talk: str, *drafts: ActionDraft, held: bool = True) -> None:
    now = office.clock.at
    with_page(office, person, talk, lambda page: write_down(office.store, page, drafts, held=held, revision=0, now=now))


def three(employee: str, manager: str) -> tuple[ActionDraft, ...]:
    return (
        ActionDraft(what="Gå kursen i retorik", responsible=employee, due=date(2027, 5, 10), support="Två dagar"),
        ActionDraft(what="Byta arbetsuppgifter i april", responsible=manager, due=date(2027, 4, 30)),
        ActionDraft(what="Träffa mentorn var fjortonde dag", responsible=employee, due=date(2027, 6, 1)),
        ActionDraft(what="Hålla i ett möte", responsible=employee, due=date(2027, 6, 7)),
    )


def agreed_last_time(office: WebOffice) -> None:
    """Person 3 agreed on something with the manager they had then, who was 1."""
    written = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
    actions = (
        Action(number=1, what="Gå kursen i retorik", responsible="3", due=date(2026, 5, 8), progress=Progress.DONE),
        Action(number=2, what="Byta arbetsuppgifter", responsible="1", due=date(2026, 6, 1), support="Lite tid"),
        Action(number=3, what="Läsa engelska", responsible="3", due=date(2026, 9, 1), progress=Progress.DROPPED),
    )
    with office.store.write() as session:
        round_ = session.rounds.get(office.round)
        assert round_ is not None
        before = Agreement(
            round="last-year",
            talk="3",
            cycle=round_.cycle.id,
            employee="3",
            manager="1",
            start=written - timedelta(days=1),
            held=True,
            revision=1,
            wording=1,
            written_by="3",
            written_at=written,
            confirmed_at=written,
            actions=actions,
        )
        session.agreements.put(before, keep_until=written + timedelta(days=730))


def agreement(office: WebOffice, talk: str) -> Agreement:
    with office.store.read() as session:
        return session.agreements.of_talks(office.round, [talk])[talk]


def every_page(office: WebOffice, page: "Page") -> "Iterator[str]":
    """Opens one after the other, and says which."""
    agreed = office.page("3", Purpose.FOLLOW_UP, "3")
    for name, address in (
        ("agreed and confirmed", agreed),
        ("agreed, to change", f"{agreed}/write"),
        ("to confirm", office.page("2", Purpose.FOLLOW_UP, "4")),
        ("written down", office.page("4", Purpose.FOLLOW_UP, "4") + "?done=written"),
        ("not held", office.page("6", Purpose.FOLLOW_UP, "6")),
        ("my talk that was not held", office.page("6")),
        ("my talk that is over", office.page("3")),
        ("my talks that are over", office.page("2", Purpose.TALKS)),
        ("nothing of my own", office.page("1", Purpose.ACTIONS)),
    ):
        page.goto(address)
        yield name
    page.goto(office.page("3", Purpose.ACTIONS))
    unfold(page)
    yield "my own next steps"
    unchecked(page)
    page.locator("input[name=due]").first.fill("2027-01-01")
    page.locator("button[value=date]").first.click()
    yield "my own with a day that has passed"
    page.goto(office.page("2", Purpose.FOLLOW_UP, "5"))
    unfold(page)
    yield "the form"
    page.fill("#what-1", "Gå kursen")
    page.fill("#support-5", "Tid")
    page.fill("#due-2", "2027-01-01")
    unchecked(page)
    page.locator("main form button").click()
    yield "the form with faults"
    page.locator("input[name=held][value=no]").check()
    page.locator("main form button").click()
    yield "the form with steps of a talk that was not held"


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_to_object_to_on_a_light_phone_or_a_dark_desk(
    browser: "Browser", kept: WebOffice, language: str
) -> None:
    reading(kept, language)
    looks: tuple[tuple[Any, Any], ...] = ((PHONE, "light"), (DESK, "dark"))
    for size, scheme in looks:
        page = browser.new_context(color_scheme=scheme, viewport=size, locale=language).new_page()
        found = {name: violations(page) for name in every_page(kept, page)}
        assert {name: each for name, each in found.items() if each} == {}
        assert len(found) == 14
        assert page.locator("html").get_attribute("lang") == language
        page.context.close()


def test_what_was_agreed_last_time_stands_on_the_next_talks_page_and_axe_finds_nothing_there(
    browser: "Browser", tmp_path: Path
) -> None:
    with web_office(tmp_path / "office", **FREE) as office:
        agreed_last_time(office)
        for language in LANGUAGES:
            reading(office, language)
            page = browser.new_context(viewport=PHONE).new_page()
            page.goto(office.page("3"))
            assert page.locator(".before .agreed > li").count() == 3
            assert violations(page) == []
            page.locator("form[action$=share] input[value=yes]").check()
            page.locator("form[action$=share] button").click()
            page.wait_for_url("**done=shared#told")
            assert "Gå kursen" in browser_text(page, office.page("2", Purpose.HOSTED, "3"))
            page.context.close()


def browser_text(page: "Page", address: str) -> str:
    page.goto(address)
    return page.locator("main").inner_text()


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
        found = page.locator("button, .way, .choice, main input:not([type=hidden], [type=radio], [type=checkbox])")
        heights = found.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
        assert all(height == 0 or height >= 44 for height in heights), name
    page.context.close()


def test_by_keyboard_alone_something_is_written_down_mended_confirmed_and_closed(
    browser: "Browser", office: WebOffice
) -> None:
    page = browser.new_context(viewport=DESK, locale="sv-SE").new_page()

    def focused(what: str) -> Any:
        return page.evaluate(f"document.activeElement.{what}")

    def tab_to(id_: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if focused("id") == id_ or focused("name") == id_ or id_ in focused("textContent"):
                return
        raise AssertionError(f"{id_} cannot be reached")

    page.goto(office.page("3", Purpose.FOLLOW_UP, "3"))
    tab_to("held")
    page.keyboard.press("Space")
    tab_to("what-1")
    page.keyboard.type("Gå kursen")
    tab_to("due-1")
    page.keyboard.type("05102027")  # in the order of the browser's own language
    tab_to("Spara")
    page.keyboard.press("Enter")

    page.wait_for_url("**/write")
    assert focused("id") == "told"
    page.keyboard.press("Tab")
    assert "Välj vem som är ansvarig." in focused("textContent")
    page.keyboard.press("Enter")
    assert focused("id") == "responsible-1"
    page.keyboard.press("Space")
    tab_to("Spara")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=written#told")
    assert page.get_by_role("status").inner_text() == "Sparat. Här finns det ni kom överens om."
    assert focused("id") == "told"
    assert agreement(office, "3").actions[0].what == "Gå kursen"

    page.goto(office.page("2", Purpose.FOLLOW_UP, "3"))
    tab_to("choice")
    page.keyboard.press("Space")
    tab_to("Bekräfta")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=confirmed#told")

    page.goto(office.page("3", Purpose.ACTIONS))
    tab_to("Klart")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=done#told")
    assert agreement(office, "3").actions[0].progress is Progress.DONE
    tab_to("Öppna igen")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=open#told")
    assert agreement(office, "3").actions[0].progress is Progress.OPEN
    page.context.close()


def test_without_scripts_all_of_it_works_on_a_phone(browser: "Browser", office: WebOffice) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en-GB").new_page()
    page.goto(office.page("4", Purpose.FOLLOW_UP, "4"))

    page.get_by_label("Yes, we have talked").check()
    step = page.get_by_role("group", name="Next step 1")
    step.get_by_label("What have you agreed?").fill("Take the course")
    step.get_by_label("You", exact=True).check()
    step.get_by_label("By when?").fill("2027-05-10")
    page.get_by_text("Add more steps").click()
    fifth = page.get_by_role("group", name="Next step 5")
    fifth.get_by_label("What have you agreed?").fill("Swap tasks")
    fifth.get_by_label("Johan Ek").check()
    fifth.get_by_label("By when?").fill("2027-05-11")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text() == "Saved. What you two agreed is kept here."

    page.get_by_role("link", name="Your next steps").click()
    page.get_by_text("Change the date").click()
    page.get_by_label("New date").fill("2027-06-01")
    page.get_by_role("button", name="Save the date").click()
    assert "By Tuesday 1 June" in page.locator("main").inner_text()
    page.get_by_role("button", name="Back to Monday 10 May").click()
    page.get_by_text("No longer needed?").click()
    page.get_by_role("button", name="Cross it out").click()
    assert page.get_by_role("status").inner_text().startswith("Saved. The step is crossed out")
    assert [each.progress for each in agreement(office, "4").actions] == [Progress.DROPPED, Progress.OPEN]
    page.context.close()


def test_when_the_talk_was_not_held_the_steps_are_out_of_the_way(browser: "Browser", office: WebOffice) -> None:
    page = browser.new_page()
    page.goto(office.page("4", Purpose.FOLLOW_UP, "4"))

    assert page.locator("#what-1").is_visible()
    page.get_by_label("No, it did not take place").check()
    assert page.locator("#what-1").is_hidden()
    page.get_by_role("button", name="Save").click()
    assert "It is noted that your talk did not take place." in page.locator("main").inner_text()
    page.close()


def test_a_scanner_that_sends_every_form_without_a_choice_changes_nothing(browser: "Browser", office: WebOffice) -> None:
    write(office, "3", "3", *three("3", "2"))
    before = office.dump()
    page = browser.new_page()
    for address in (
        office.page("4", Purpose.FOLLOW_UP, "4"),
        office.page("2", Purpose.FOLLOW_UP, "3"),
        office.page("3", Purpose.ACTIONS),
    ):
        page.goto(address)
        assert page.locator("input:checked").count() == 0
        for number in range(page.locator("form").count()):
            page.goto(address)
            with page.expect_navigation():
                page.locator("form").nth(number).evaluate("form => form.submit()")
            assert "Nothing was saved" in page.content() or "Inget sparades" in page.content()
        page.goto(address)
        if address != office.page("3", Purpose.ACTIONS):  # there a press is the choice
            page.locator("main form button").first.click()
            assert page.url == address
    assert office.dump() == before
    page.close()


def test_every_page_fetched_five_times_by_get_and_head_changes_nothing(kept: WebOffice) -> None:
    before, pages = kept.dump(), []
    for person, talk in (("3", "3"), ("2", "4"), ("6", "6")):
        base = kept.page(person, Purpose.FOLLOW_UP, talk)
        pages += [base + part for part in ("", "/write", "/confirm", "/share", "?done=written")]
        pages += [kept.page(person, Purpose.ACTIONS) + part for part in ("", "/step", "?done=done")]
    with client() as web:
        answers = [web.request(how, page) for page in pages for how in ("GET", "HEAD") * 5]

    assert {answer.status_code for answer in answers} == {200}
    assert kept.dump() == before


@pytest.mark.skipif(os.environ.get("PICTURES") != "write", reason="pictures are made on demand: PICTURES=write")
def test_pictures_for_the_documentation(browser: "Browser", office: WebOffice, tmp_path: Path) -> None:
    english = (
        ActionDraft(
            what="Take the course in public speaking", responsible="4", due=date(2027, 5, 10), support="Two days"
        ),
        ActionDraft(what="Swap tasks in April", responsible="2", due=date(2027, 4, 30)),
        ActionDraft(what="Meet the mentor every other week", responsible="4", due=date(2027, 6, 1)),
    )
    reading(office, "en")
    first = office.talk("6").start
    assert first is not None
    office.clock.at = first + timedelta(hours=3)
    write(office, "6", "6", held=False)
    for kind, size in (("", WIDE), ("-phone", PHONE)):
        picture(browser, f"page-not-held{kind}", office.page("6", Purpose.FOLLOW_UP, "6"), size)
    talked(office)
    write(office, "4", "4", *english)
    agreed, own = office.page("4", Purpose.FOLLOW_UP, "4"), office.page("4", Purpose.ACTIONS)
    form, asked = office.page("3", Purpose.FOLLOW_UP, "3"), office.page("2", Purpose.FOLLOW_UP, "4")

    def half_filled(page: "Page") -> None:
        page.get_by_label("Yes, we have talked").check()
        page.fill("#what-1", english[0].what)
        page.locator("#responsible-1").check()
        unchecked(page)
        page.get_by_role("button", name="Save").click()

    for kind, size in (("", WIDE), ("-phone", PHONE)):
        picture(browser, f"page-follow-up-form{kind}", form, size)
        picture(browser, f"page-follow-up-faults{kind}", form, size, do=half_filled)
        picture(browser, f"page-to-confirm{kind}", asked, size)
    with_page(office, "2", "4", lambda page: confirm(office.store, page, wording=1, now=office.clock.at))
    for kind, size in (("", WIDE), ("-phone", PHONE)):
        picture(browser, f"page-my-steps{kind}", own, size)
    found = open_page(office.store, office.token("4", Purpose.ACTIONS), now=office.clock.at)
    assert isinstance(found, OwnActions)
    go_on(office.store, found, "4", 1, to=Progress.DONE, due=None, wording=1, now=office.clock.at)
    for kind, size in (("", WIDE), ("-phone", PHONE)):
        picture(browser, f"page-follow-up{kind}", agreed, size)
    picture(browser, "page-my-steps-dark", own, PHONE, scheme="dark")
    picture(browser, "page-my-talks-after", office.page("2", Purpose.TALKS), WIDE)
    with web_office(tmp_path / "next", **FREE) as following:
        agreed_last_time(following)
        picture(browser, "page-agreed-last-time-phone-sv", following.page("3"), PHONE)
