"""What managers can choose about each talk they hold, on its page, and what nobody can read from it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from talkcycle.domain.links import Purpose
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.messages import CANCELLATION, PROPOSAL, TIME_KEPT, Kind, OutboxState
from talkcycle.domain.talks import BY_MANAGER, TalkState, reassigned
from talkcycle.rounds.change import abstain, cancel_talk, move_talk
from talkcycle.rounds.page_links import revoke_links
from talkcycle.web.rates import Rates
from web_office import PREFIX, UNDER_WAY, Form, WebOffice, client, links_in, path_of, web_office

FREE = {"by_address": Rates(most=100_000, per=1), "by_link": Rates(most=100_000, per=1)}
FORMS = ("times", "decide", "call-off")
SOON = datetime(2027, 3, 9, 12, 0, tzinfo=UTC)
"""13:00 in Stockholm, on a day too near for the notice: the page of other times does not offer it."""
REASON = "Kanariehemlighet"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        yield office


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with client() as web:
        yield web


def hosted(office: WebOffice, talk: str = "3", manager: str = "2") -> str:
    return office.page(manager, Purpose.HOSTED, talk)


def all_talks(office: WebOffice) -> str:
    return office.page("2", Purpose.TALKS)


def send(web: httpx.Client, office: WebOffice, page: str, **fields: str) -> httpx.Response:
    """Open *page*, and send the form on it with *fields* besides the hidden ones."""
    form = Form(web.get(page).text)
    return web.post(f"{office.url.removesuffix(PREFIX)}{form.action}", data=form.hidden | fields)


def went(response: httpx.Response) -> str:
    """The query of where a form led to."""
    assert response.status_code == 303, response.text
    return urlsplit(response.headers["location"]).query


def filled(web: httpx.Client, office: WebOffice, form: str) -> dict[str, str]:
    """What each form of the talk sends when something is chosen."""
    page = Form(web.get(hosted(office) if form == "decide" else f"{hosted(office)}/{form}").text)
    assert page.action.endswith(form)
    name = "start" if form == "times" else "choice"
    return page.hidden | {name: page.choices[name][-1]}


def test_the_list_leads_to_a_page_of_each_talk(office: WebOffice, web: httpx.Client) -> None:
    page = web.get(all_talks(office)).text

    for talk, name in (("3", "Åsa Fågelsång"), ("4", "Elin Dahl"), ("5", "Stig Rosén"), ("6", "Tove Lind")):
        path = path_of(hosted(office, talk))
        assert f'href="{path}">{name}</a>' in page
        of_it = web.get(hosted(office, talk)).text
        assert f"Ditt samtal med {name}" in of_it
        assert path_of(all_talks(office)) in of_it
    assert "Tiden är inte bekräftad än" not in page


def test_looking_at_anything_of_a_talk_changes_nothing(office: WebOffice, web: httpx.Client) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    office.tick()
    before = office.dump()

    pages = [f"{hosted(office)}{part}" for part in ("", *(f"/{form}" for form in FORMS), "?done=called-off", "/nothing")]
    answers = [web.request(how, page) for page in [all_talks(office), *pages] for how in ("GET", "HEAD") * 5]

    assert [answer.status_code for answer in answers] == [200] * 60 + [404] * 10
    assert office.dump() == before


def test_a_proposed_time_is_listed_quietly_and_its_mail_leads_to_where_it_is_decided(
    office: WebOffice, web: httpx.Client
) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    office.tick()

    assert "Förslag på annan tid: tisdag 9 mars kl. 13.00" in web.get(all_talks(office)).text
    [row] = office.rows(step=PROPOSAL)
    newest = [mail for mail in office.mails() if mail["Message-ID"] == row.message_id]
    assert path_of(hosted(office)) in {path_of(link) for link in links_in(newest)}

    page = web.get(hosted(office)).text
    assert "Åsa Fågelsång föreslår tisdag 9 mars kl. 13.00" in page
    assert Form(page).choices == {"choice": [SOON.isoformat(), "keep"]}


def test_a_proposed_time_is_taken_up_although_it_is_near_and_that_can_be_taken_back(
    office: WebOffice, web: httpx.Client
) -> None:
    before = office.talk("3")
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    fields = filled(web, office, "decide") | {"choice": SOON.isoformat()}

    assert [went(web.post(f"{hosted(office)}/decide", data=fields)) for _ in range(3)] == ["done=moved"] * 3
    assert (office.talk("3").start, office.talk("3").revision) == (SOON, before.revision + 1)
    page = web.get(f"{hosted(office)}?done=moved").text
    assert "Sparat. Ditt samtal är tisdag 9 mars" in page
    assert "Förslag på en annan tid" not in page

    office.tick()
    updates = [row for row in office.rows(subject="talk:3") if row.key.version == before.revision + 1]
    assert sorted(row.key.recipient for row in updates if row.kind is Kind.MEETING_CHANGE) == ["person:2", "person:3"]

    assert before.start is not None
    assert went(send(web, office, f"{hosted(office)}/times", start=before.start.isoformat())) == "done=moved"
    assert office.talk("3").start == before.start


def test_a_time_that_is_kept_is_told_to_who_proposed_it_and_can_be_taken_up_after_all(
    office: WebOffice, web: httpx.Client
) -> None:
    before = office.talk("3")
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    fields = filled(web, office, "decide") | {"choice": "keep"}

    assert [went(web.post(f"{hosted(office)}/decide", data=fields)) for _ in range(3)] == ["done=time-kept"] * 3
    assert office.talk("3") == before
    with office.store.read() as session:
        assert [entry.who for entry in session.ledger.trail(100) if entry.action == "keep"] == ["person:2"]
    office.tick()
    assert [row.key.recipient for row in office.rows(step=TIME_KEPT) if row.state is OutboxState.SENT] == ["person:3"]

    page = web.get(f"{hosted(office)}?done=time-kept").text
    assert "Sparat. Tiden är kvar som den var." in page
    assert Form(page).choices == {"choice": [SOON.isoformat()]}
    assert "Förslag på annan tid" not in web.get(all_talks(office)).text
    assert went(send(web, office, hosted(office), choice=SOON.isoformat())) == "done=moved"
    assert office.talk("3").start == SOON


def test_what_a_manager_proposes_from_their_own_calendar_is_theirs_to_decide_as_well(
    office: WebOffice, web: httpx.Client
) -> None:
    office.hears("2", Answer.TENTATIVE, talk="3", proposed=SOON)

    assert "Du har föreslagit tisdag 9 mars kl. 13.00" in web.get(hosted(office)).text
    assert went(send(web, office, hosted(office), choice=SOON.isoformat())) == "done=moved"
    assert office.talk("3").start == SOON


@pytest.mark.parametrize(
    ("start", "minutes"),
    [
        pytest.param(SOON, 30, id="shorter than HR has it"),
        pytest.param(datetime(2027, 3, 13, 12, 0, tzinfo=UTC), 0, id="a Saturday"),
        pytest.param(datetime(2027, 3, 9, 20, 0, tzinfo=UTC), 0, id="in the evening"),
        pytest.param(datetime(2027, 4, 20, 12, 0, tzinfo=UTC), 0, id="after the round"),
        pytest.param(UNDER_WAY + timedelta(hours=3), 0, id="today"),
        pytest.param(None, 0, id="another talk is there"),
    ],
)
def test_what_hr_decided_stays_and_no_two_talks_meet(
    office: WebOffice, web: httpx.Client, start: datetime | None, minutes: int
) -> None:
    start = start or office.talk("4").start
    assert start is not None
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=start, minutes=minutes)
    form = Form(web.get(hosted(office)).text)
    assert "Samtalet går inte att flytta dit här" in web.get(hosted(office)).text
    assert form.choices == {"choice": ["keep"]}
    before = office.dump()

    answer = web.post(f"{hosted(office)}/decide", data=form.hidden | {"choice": start.isoformat()})

    assert answer.status_code == 409
    assert "Samtalet kan inte ligga då" in answer.text
    assert office.dump() == before


def test_another_time_than_the_proposed_one_is_not_to_be_had_by_the_form_that_decides(
    office: WebOffice, web: httpx.Client
) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    fields = filled(web, office, "decide")
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON + timedelta(days=1))
    before = office.dump()

    answer = web.post(f"{hosted(office)}/decide", data=fields | {"choice": SOON.isoformat()})

    assert answer.status_code == 409
    assert "Samtalet har ändrats under tiden" in answer.text
    assert "onsdag 10 mars" in answer.text
    assert office.dump() == before


def test_a_manager_chooses_another_time_from_what_is_free_for_both(office: WebOffice, web: httpx.Client) -> None:
    before = office.talk("3")
    own = Form(web.get(f"{office.page('3')}/times").text).choices["start"]
    assert Form(web.get(f"{hosted(office)}/times").text).choices["start"] == own

    assert went(send(web, office, f"{hosted(office)}/times", start=own[1])) == "done=moved"

    assert office.talk("3").start == datetime.fromisoformat(own[1])
    assert office.talk("3").revision == before.revision + 1
    with office.store.read() as session:
        assert session.ledger.trail(1)[0].who == "person:2"


def test_a_talk_without_a_time_gets_its_first_one(office: WebOffice, web: httpx.Client) -> None:
    with office.store.write() as session:
        talk = office.talk("6")
        session.links.connection.exec_driver_sql("DELETE FROM entries WHERE talk = '6'")
        session.talks.update(replace(talk, start=None, state=TalkState.UNPLACED, revision=talk.revision + 1))
    assert "Det finns ingen tid för samtalet än" in web.get(hosted(office, "6")).text

    start = Form(web.get(f"{hosted(office, '6')}/times").text).choices["start"][0]
    assert went(send(web, office, f"{hosted(office, '6')}/times", start=start)) == "done=again"
    assert office.talk("6").state is TalkState.PLACED


def test_a_talk_is_called_off_once_nobody_is_told_why_and_it_can_be_had_again(
    office: WebOffice, web: httpx.Client
) -> None:
    before = office.talk("3")
    fields = filled(web, office, "call-off")
    assert fields["choice"] == "call-off"

    assert [went(web.post(f"{hosted(office)}/call-off", data=fields)) for _ in range(2)] == ["done=called-off"] * 2
    assert (office.talk("3").state, office.talk("3").note) == (TalkState.CANCELLED, BY_MANAGER)
    page = web.get(f"{hosted(office)}?done=called-off").text
    assert "Sparat. Samtalet är inställt" in page
    assert "Du har ställt in det här samtalet." in page
    employees = web.get(office.page("3")).text
    assert "Det här samtalet blir inte av" in employees
    assert "Johan Ek har" not in employees
    assert "<form" not in employees

    office.tick()
    sent = [row for row in office.rows(subject="talk:3") if row.key.version == before.revision + 1]
    assert sorted((row.key.step, row.key.recipient) for row in sent) == [
        (CANCELLATION, "person:2"),
        (CANCELLATION, "person:3"),
    ]

    start = Form(web.get(f"{hosted(office)}/times").text).choices["start"][0]
    assert datetime.fromisoformat(start) == before.start
    assert went(send(web, office, f"{hosted(office)}/times", start=start)) == "done=again"
    office.tick()
    assert (office.talk("3").state, office.talk("3").start) == (TalkState.PLACED, before.start)
    with office.store.read() as session:
        assert session.talks.entries(office.round, ["3"])["3"].live


def test_to_let_a_talk_stay_is_a_choice_that_changes_nothing(office: WebOffice, web: httpx.Client) -> None:
    before = office.dump()

    assert went(send(web, office, f"{hosted(office)}/call-off", choice="keep")) == "done=kept"
    assert office.dump() == before


def test_whether_a_talk_was_opted_out_of_or_called_off_by_hr_cannot_be_told(tmp_path: Path, web: httpx.Client) -> None:
    def seen(folder: str, do: Any) -> list[tuple[int, str]]:
        with web_office(tmp_path / folder, **FREE) as office:
            form, times = (Form(web.get(f"{hosted(office)}/{each}").text) for each in ("call-off", "times"))
            do(office)
            web.get(f"{office.page('3')}/times")  # where who opted out is offered times, which are kept for a while
            parts = ("", "/times", "/call-off", "?done=opted-out", "?done=called-off", "?done=kept")
            answers = [web.get(f"{hosted(office)}{part}") for part in parts]
            answers += [web.post(f"{hosted(office)}/call-off", data=form.hidden | {"choice": "call-off"})]
            fields = times.hidden | {"start": times.choices["start"][-1]}
            answers += [web.post(f"{hosted(office)}/times", data=data) for data in (fields, fields | {"pass": ""}, {})]
            answers += [web.get(all_talks(office))]
            return [(answer.status_code, answer.text) for answer in answers]

    def opted_out(office: WebOffice) -> None:
        abstain(office.store, office.round, "3", reason=REASON, who="person:3", now=office.clock.at)

    def called_off(office: WebOffice) -> None:
        cancel_talk(office.store, office.round, "3", why=REASON, who="hr", now=office.clock.at)

    one, other = seen("one", opted_out), seen("other", called_off)

    assert one == other
    assert all(REASON not in text and "/times" not in text for _, text in one)
    assert "Det här samtalet blir inte av." in one[0][1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        pytest.param({"pass": ""}, 403, id="no pass"),
        pytest.param({"pass": "7fffffff.AAAA"}, 403, id="a forged pass"),
        pytest.param({"start": "", "choice": ""}, 422, id="no choice"),
        pytest.param({"start": "soon", "choice": "yes"}, 422, id="another choice"),
        pytest.param({"revision": ""}, 422, id="no revision"),
        pytest.param({"revision": "7"}, 409, id="of a talk as it is not"),
    ],
)
def test_a_form_that_is_not_as_it_was_made_changes_nothing(
    office: WebOffice, web: httpx.Client, form: str, spoil: dict[str, str], status: int
) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    fields = filled(web, office, form) | spoil
    before = office.dump()

    answer = web.post(f"{hosted(office)}/{form}", data=fields)

    assert answer.status_code == status
    assert "Inget sparades" in answer.text
    assert office.dump() == before


@pytest.mark.parametrize("form", FORMS)
def test_a_pass_is_for_one_form_of_one_talk_and_for_two_hours(office: WebOffice, web: httpx.Client, form: str) -> None:
    for talk in ("3", "6"):
        office.hears(talk, Answer.TENTATIVE, talk=talk, proposed=SOON)
    fields = filled(web, office, form)
    others = [filled(web, office, each)["pass"] for each in FORMS if each != form]
    others.append(Form(web.get(hosted(office, "6") + ("" if form == "decide" else f"/{form}")).text).hidden["pass"])
    before = office.dump()

    for each in others:
        assert web.post(f"{hosted(office)}/{form}", data=fields | {"pass": each}).status_code == 403
    foreign = web.post(f"{hosted(office)}/{form}", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    office.clock.at += timedelta(hours=2)
    assert web.post(f"{hosted(office)}/{form}", data=fields).status_code == 403
    assert office.dump() == before


@pytest.mark.parametrize("form", FORMS)
def test_who_looked_at_a_talk_that_changed_since_is_shown_how_it_stands(
    office: WebOffice, web: httpx.Client, form: str
) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    fields = filled(web, office, form)
    routing, now = office.settings.routing, office.clock.at
    move_talk(
        office.store, office.round, "3", start=now + timedelta(days=20), place=None, who="hr", routing=routing, now=now
    )
    before = office.dump()

    answer = web.post(f"{hosted(office)}/{form}", data=fields)

    assert answer.status_code == 409
    assert "Samtalet har ändrats under tiden" in answer.text
    assert office.dump() == before


def test_of_a_talk_that_has_been_nothing_can_be_called_off_or_moved(office: WebOffice, web: httpx.Client) -> None:
    office.hears("3", Answer.TENTATIVE, talk="3", proposed=SOON)
    start = office.talk("3").start
    assert start is not None
    office.clock.at = start

    for part in ("", "/times", "/call-off", "/decide"):
        page = web.get(f"{hosted(office)}{part}").text
        assert "Tiden för det här samtalet har varit" in page
        assert "/call-off" not in page
        assert "/decide" not in page


def test_who_does_not_hold_a_talk_any_more_or_never_did_opens_nothing(office: WebOffice, web: httpx.Client) -> None:
    held = hosted(office)
    never, unknown, own = hosted(office, manager="1"), hosted(office, "99"), hosted(office, manager="3")
    with office.store.write() as session:
        talk = office.talk("3")
        assert talk.start is not None
        handed = reassigned(talk, manager="1", start=talk.start, place=talk.place, at=office.clock.at)
        session.talks.update(handed)
    revoke_links(office.store, "2", round_=None, who="hr", now=office.clock.at - timedelta(days=1))

    pages = {page: web.get(page) for page in (held, unknown, own, hosted(office), f"{office.url}/nothing")}

    assert {(answer.status_code, answer.text) for answer in pages.values()} == {
        (404, web.get(f"{office.url}/{'A' * 60}").text)
    }
    assert web.get(never).status_code == 200, "who holds it now"
    assert web.post(f"{held}/call-off", data={"choice": "call-off"}).status_code == 404


def test_a_time_that_may_not_hold_is_said_to_be_unconfirmed_and_nothing_more(
    office: WebOffice, web: httpx.Client
) -> None:
    office.hears("3", Answer.DECLINED, talk="3")

    assert "Tiden är inte bekräftad än" in web.get(all_talks(office)).text
    page = web.get(hosted(office)).text
    assert "Tiden är inte bekräftad än. Du kan fråga om den passar" in page
    assert "passar inte" not in page.partition("</dl>")[0]
    assert Form(page).action == ""
