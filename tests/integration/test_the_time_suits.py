"""What employees can answer on the page of their talk, and what follows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from talkcycle.domain.links import Purpose
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.messages import NUDGE, TIME_DECLINED
from talkcycle.domain.routes import Hearing
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.proposals import keep_time
from talkcycle.web.rates import Rates
from web_office import PREFIX, Form, WebOffice, client, web_office

FREE = {"by_address": Rates(most=100_000, per=1), "by_link": Rates(most=100_000, per=1)}
SUITS, TAKEN_BACK = "accepted", "none"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        yield office


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with client() as web:
        yield web


def says(web: httpx.Client, office: WebOffice, answer: str, person: str = "3") -> httpx.Response:
    """Open the page of their talk and send the form on it."""
    form = Form(web.get(office.page(person)).text)
    assert form.choices == {"answer": [answer]}
    return web.post(f"{office.url.removesuffix(PREFIX)}{form.action}", data=form.hidden | {"answer": answer})


def led_to(response: httpx.Response) -> str:
    assert response.status_code == 303, response.text
    return response.headers["location"].partition("?")[2]


def test_who_says_that_the_time_suits_has_answered_and_can_take_it_back(office: WebOffice, web: httpx.Client) -> None:
    before = office.talk("3")
    assert "Passar tiden?" in web.get(office.page("3")).text

    assert led_to(says(web, office, SUITS)) == "done=answered#told"
    assert office.answers("3") == {"person:3": "accepted"}
    answered = web.get(f"{office.page('3')}?done=answered").text
    assert "Sparat. Tack för ditt svar." in answered
    assert "Du har svarat att tiden passar." in answered

    assert led_to(says(web, office, TAKEN_BACK)) == "done=unanswered#told"
    assert office.answers("3") == {"person:3": "none"}
    page = web.get(f"{office.page('3')}?done=unanswered").text
    assert "Sparat. Ditt svar är borttaget." in page
    assert "Du har svarat" not in page
    assert office.talk("3") == before


def test_a_button_that_is_pressed_twice_answers_once(office: WebOffice, web: httpx.Client) -> None:
    form = Form(web.get(office.page("3")).text)
    action = f"{office.url.removesuffix(PREFIX)}{form.action}"

    answers = [web.post(action, data=form.hidden | {"answer": SUITS}) for _ in range(3)]

    assert [led_to(each) for each in answers] == ["done=answered#told"] * 3
    with office.store.read() as session:
        trail = [entry for entry in session.ledger.trail(100) if entry.action == "answer"]
    assert [(entry.who, entry.detail) for entry in trail] == [("person:3", "accepted")]


def test_who_has_answered_is_not_asked_again_and_who_took_it_back_is(office: WebOffice, web: httpx.Client) -> None:
    office.hearing = Hearing(answers_by_mail=True, pages=True)
    led_to(says(web, office, SUITS, "3"))
    led_to(says(web, office, SUITS, "4"))
    led_to(says(web, office, TAKEN_BACK, "4"))

    start = office.talk("3").start
    assert start is not None
    office.tick(until=start)

    asked = {row.key.recipient for row in office.rows(step=NUDGE, limit=1000)}
    assert asked & {"person:3", "person:4", "person:6"} == {"person:4", "person:6"}


def test_an_answer_on_the_page_takes_the_place_of_one_by_mail(office: WebOffice, web: httpx.Client) -> None:
    office.hears("3", Answer.DECLINED, talk="3")
    office.clock.at += timedelta(minutes=5)
    assert "Tiden är inte bekräftad än" in web.get(office.page("2", Purpose.TALKS)).text

    led_to(says(web, office, SUITS))
    office.tick(until=office.clock.at + timedelta(days=1))

    assert office.answers("3") == {"person:3": "accepted"}
    assert office.rows(step=TIME_DECLINED) == []
    assert "Tiden är inte bekräftad än" not in web.get(office.page("2", Purpose.TALKS)).text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.ACCEPTED, "Du har svarat att tiden passar."),
        (Answer.TENTATIVE, "Du har svarat att tiden kanske passar."),
        (Answer.DECLINED, "Du har svarat att tiden inte passar."),
    ],
)
def test_the_page_shows_what_was_answered_by_mail(
    office: WebOffice, web: httpx.Client, answer: Answer, words: str
) -> None:
    office.hears("3", answer, talk="3")

    page = web.get(office.page("3")).text

    assert words in page
    assert Form(page).choices == {"answer": [TAKEN_BACK if answer is Answer.ACCEPTED else SUITS]}


def test_the_page_shows_what_the_employee_has_proposed_and_what_holds_until_then(
    office: WebOffice, web: httpx.Client
) -> None:
    start = office.talk("3").start
    assert start is not None
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=start + timedelta(days=1))

    assert "Du föreslår en annan tid: torsdag 18 mars" in web.get(office.page("3")).text

    office.clock.at += timedelta(minutes=5)
    led_to(says(web, office, SUITS))
    assert "Förslag på annan tid" not in web.get(office.page("2", Purpose.TALKS)).text


def test_of_two_proposals_each_page_shows_its_own(office: WebOffice, web: httpx.Client) -> None:
    start = office.talk("3").start
    assert start is not None
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=start + timedelta(days=1))
    office.clock.at += timedelta(minutes=5)
    office.hears("2", Answer.TENTATIVE, talk="3", proposed=start + timedelta(days=2))

    assert "Du föreslår en annan tid: torsdag 18 mars" in web.get(office.page("3")).text
    assert "Du har föreslagit fredag 19 mars" in web.get(office.page("2", Purpose.HOSTED, "3")).text


def test_who_proposed_a_time_sees_that_the_talk_stays_where_it_is(office: WebOffice, web: httpx.Client) -> None:
    start = office.talk("3").start
    assert start is not None
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=start + timedelta(days=1))
    keep_time(office.store, office.round, "3", who="person:2", now=office.clock.at)

    page = web.get(office.page("3")).text

    assert "Du har föreslagit torsdag 18 mars kl. 11.00–12.00. Tiden är kvar som den var." in page
    assert Form(page).choices == {"answer": [SUITS]}


def test_another_time_asks_anew(office: WebOffice, web: httpx.Client) -> None:
    led_to(says(web, office, SUITS))
    start = office.talk("3").start
    assert start is not None
    office.clock.at += timedelta(minutes=5)
    move_talk(
        office.store,
        office.round,
        "3",
        start=start + timedelta(days=1),
        place=None,
        who="hr",
        routing=office.settings.routing,
        now=office.clock.at,
    )

    assert Form(web.get(office.page("3")).text).choices == {"answer": [SUITS]}


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        pytest.param({"pass": ""}, 403, id="no pass"),
        pytest.param({"pass": "7fffffff.AAAA"}, 403, id="a forged pass"),
        pytest.param({"answer": ""}, 422, id="no choice"),
        pytest.param({"answer": "declined"}, 422, id="another choice"),
        pytest.param({"revision": ""}, 422, id="no revision"),
        pytest.param({"revision": "7"}, 409, id="of a talk as it is not"),
    ],
)
def test_an_answer_that_is_not_as_the_form_makes_it_changes_nothing(
    office: WebOffice, web: httpx.Client, spoil: dict[str, str], status: int
) -> None:
    fields = Form(web.get(office.page("3")).text).hidden | {"answer": SUITS}
    before = office.dump()

    answer = web.post(f"{office.page('3')}/answer", data=fields | spoil)

    assert answer.status_code == status
    assert "Inget sparades" in answer.text
    assert office.dump() == before


def test_the_pass_of_another_form_or_from_another_site_answers_nothing(office: WebOffice, web: httpx.Client) -> None:
    fields = Form(web.get(office.page("3")).text).hidden | {"answer": SUITS}
    others = Form(web.get(f"{office.page('3')}/opt-out").text).hidden | {"answer": SUITS}
    before = office.dump()

    assert web.post(f"{office.page('3')}/answer", data=others).status_code == 403
    foreign = web.post(f"{office.page('3')}/answer", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    office.clock.at += timedelta(hours=2)
    assert web.post(f"{office.page('3')}/answer", data=fields).status_code == 403
    assert office.dump() == before


@pytest.mark.parametrize("over", [False, True], ids=["called off", "over"])
def test_a_time_that_does_not_stand_is_not_answered(office: WebOffice, web: httpx.Client, over: Any) -> None:
    form = Form(web.get(office.page("3")).text)
    start = office.talk("3").start
    assert start is not None
    if over:
        office.clock.at = start
    else:
        cancel_talk(office.store, office.round, "3", why="", who="hr", now=office.clock.at)
    before = office.dump()

    page = web.get(office.page("3")).text
    answer = web.post(f"{office.page('3')}/answer", data=form.hidden | {"answer": SUITS})

    assert "Passar tiden?" not in page
    assert answer.status_code == (403 if over else 409)  # of a form that was open for weeks the pass is over first
    assert office.dump() == before


def test_a_manager_has_no_such_form(office: WebOffice, web: httpx.Client) -> None:
    fields = Form(web.get(office.page("3")).text).hidden | {"answer": SUITS}
    before = office.dump()

    assert web.post(f"{office.page('2', Purpose.HOSTED, '3')}/answer", data=fields).status_code == 404
    assert office.dump() == before
