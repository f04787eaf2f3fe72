"""The pages on a real server: what they show, what they do, and above all what they never do."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from talkcycle.domain.links import Purpose
from talkcycle.domain.messages import CANCELLATION, Kind, OutboxState
from talkcycle.domain.talks import TalkState
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.page_links import revoke_links
from talkcycle.web.rates import Rates
from web_office import NOW, PREFIX, UNDER_WAY, Form, WebOffice, client, links_in, path_of, serve, web_office

CANARY = "Fågelsång"
REASON = "Kanariehemlighet: jag vill inte"
FREE = {"by_address": Rates(most=100_000, per=1), "by_link": Rates(most=100_000, per=1)}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office", **FREE) as office:
        yield office


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with client() as web:
        yield web


def send(web: httpx.Client, office: WebOffice, page: str, **fields: str) -> httpx.Response:
    """Open *page*, and send the form on it with *fields* besides the hidden ones."""
    form = Form(web.get(page).text)
    return web.post(f"{office.url.removesuffix(PREFIX)}{form.action}", data=form.hidden | fields)


def offered(web: httpx.Client, office: WebOffice, person: str = "3") -> list[str]:
    return Form(web.get(f"{office.page(person)}/times").text).choices["start"]


def went(response: httpx.Response) -> str:
    """The query of where a form led to."""
    assert response.status_code == 303, response.text
    return urlsplit(response.headers["location"]).query


def test_every_link_in_every_mail_can_be_fetched_five_times_and_nothing_changes(
    office: WebOffice, web: httpx.Client
) -> None:
    office.tick(until=NOW + timedelta(days=60))
    paths = {path_of(link) for link in links_in(office.mails())}
    office.clock.at = UNDER_WAY
    before = office.dump()

    host = office.url.removesuffix(PREFIX)
    pages = [f"{path}{part}" for path in sorted(paths) for part in ("", "/times", "/opt-out", "/answer", "?done=moved")]
    answers = [web.request(how, host + page) for page in pages for how in ("GET", "HEAD") * 5]

    # Four of them have a mailbox and a talk, two of them hold some, and of five talks nine can say what was agreed.
    assert len(paths) == 4 + 2 + 9
    assert {answer.status_code for answer in answers} <= {200, 404}  # a manager's page has no times
    assert office.dump() == before


def test_each_person_is_led_to_their_own_page_and_no_calendar_carries_a_link(
    office: WebOffice, web: httpx.Client
) -> None:
    own = {"asa": "Ditt samtal med Johan Ek", "elin": "Your talk with Johan Ek", "tove": "Ditt samtal med Johan Ek"}
    for mail in office.mails():
        name = mail["To"].addresses[0].username
        for link in links_in([mail]):
            title = (
                web.get(office.url.removesuffix(PREFIX) + path_of(link)).text.partition("<h1>")[2].partition("</h1>")[0]
            )
            assert title in ({own[name]} if name in own else {"Dina samtal", "Ditt samtal med Karin Norling"})
            assert (name, title) != ("karin", "Ditt samtal med Karin Norling")
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                assert b"talks.norrsken" not in bytes(part.get_payload(decode=True)).replace(b"\r\n ", b"")


def test_my_talk_shows_time_place_agenda_and_what_can_be_done_in_my_language(
    office: WebOffice, web: httpx.Client
) -> None:
    swedish, english = web.get(office.page("3")), web.get(office.page("4"))

    assert "Ditt samtal med Johan Ek" in swedish.text
    assert "onsdag 17 mars" in swedish.text
    assert "den lokala banken" in swedish.text
    assert "Your talk with Johan Ek" in english.text
    assert 'lang="en"' in english.text
    assert "What you will talk about" in english.text
    assert "Maria Åkesson" in english.text


def test_a_talk_is_moved_once_and_both_are_told_once(office: WebOffice, web: httpx.Client) -> None:
    before, other = office.talk("3"), offered(web, office)[2]
    form = Form(web.get(f"{office.page('3')}/times").text)
    fields = form.hidden | {"start": other}
    action = f"{office.url.removesuffix(PREFIX)}{form.action}"

    assert [went(web.post(action, data=fields)) for _ in range(3)] == ["done=moved"] * 3
    talk = office.talk("3")
    assert (talk.start.isoformat() if talk.start else "", talk.revision) == (other, before.revision + 1)
    assert "Sparat. Ditt samtal är" in web.get(f"{office.page('3')}?done=moved").text

    office.tick()
    updates = [row for row in office.rows(subject="talk:3") if row.key.version == talk.revision]
    assert sorted((row.kind, row.key.recipient) for row in updates if row.kind is not Kind.MAIL) == [
        (Kind.MEETING_CHANGE, "person:2"),
        (Kind.MEETING_CHANGE, "person:3"),
    ]


def test_a_choice_of_time_can_be_taken_back(office: WebOffice, web: httpx.Client) -> None:
    before = office.talk("3").start
    assert before is not None
    went(send(web, office, f"{office.page('3')}/times", start=offered(web, office)[2]))

    first = offered(web, office)[0]
    assert first == before.isoformat()
    assert "tiden du hade förut" in web.get(f"{office.page('3')}/times").text
    assert went(send(web, office, f"{office.page('3')}/times", start=first)) == "done=moved"
    assert office.talk("3").start == before


def test_who_opts_out_gets_one_mail_and_then_nothing_and_the_manager_learns_no_reason(
    office: WebOffice, web: httpx.Client
) -> None:
    answer = send(web, office, f"{office.page('3')}/opt-out", choice="opt-out", reason=REASON)
    assert went(answer) == "done=opted-out"
    assert (office.talk("3").state, office.talk("3").note) == (TalkState.ABSTAINED, REASON)

    office.tick(until=NOW + timedelta(days=60))
    later = [row for row in office.rows(subject="talk:3", limit=1000) if row.due_at >= UNDER_WAY]
    sent = sorted((row.key.step, row.key.recipient) for row in later if row.state is OutboxState.SENT)
    assert sent == [(CANCELLATION, "person:2"), (CANCELLATION, "person:3"), ("opted-out", "person:3")]

    office.clock.at = UNDER_WAY
    hosted = web.get(office.page("2", Purpose.TALKS)).text
    assert "Blir inte av" in hosted
    assert REASON not in hosted
    assert "avstå" not in hosted.lower()
    assert all(REASON not in str(mail) for mail in office.mails())
    assert "Du avstår från det här samtalet" in web.get(office.page("3")).text


def test_opting_out_can_be_taken_back_and_the_talk_comes_into_calendars_again(
    office: WebOffice, web: httpx.Client
) -> None:
    before = office.talk("3").start
    assert before is not None
    went(send(web, office, f"{office.page('3')}/opt-out", choice="opt-out"))
    office.tick()

    assert went(send(web, office, f"{office.page('3')}/times", start=offered(web, office)[0])) == "done=again"
    assert (office.talk("3").state, office.talk("3").start) == (TalkState.PLACED, before)
    office.tick()
    with office.store.read() as session:
        entry = session.talks.entries(office.round, ["3"])["3"]
    assert entry.live
    newest = [row for row in office.rows(subject="talk:3") if row.key.version == office.talk("3").revision]
    assert {row.key.recipient for row in newest if row.kind is Kind.MEETING_CREATE} == {"person:2", "person:3"}


def test_to_keep_the_talk_is_a_choice_that_changes_nothing(office: WebOffice, web: httpx.Client) -> None:
    before = office.dump()

    assert went(send(web, office, f"{office.page('3')}/opt-out", choice="keep", reason=REASON)) == "done=kept"
    assert office.dump() == before


@pytest.mark.parametrize("form", ["times", "opt-out"])
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda fields: {**fields, "pass": ""}, id="no pass"),
        pytest.param(lambda fields: {name: each for name, each in fields.items() if name != "pass"}, id="none at all"),
        pytest.param(lambda fields: {**fields, "pass": fields["pass"][:-2] + "AA"}, id="a forged pass"),
        pytest.param(
            lambda fields: {**fields, "pass": "7fffffff." + fields["pass"].partition(".")[2]}, id="a longer one"
        ),
    ],
)
def test_a_form_without_its_pass_changes_nothing(office: WebOffice, web: httpx.Client, form: str, spoil: Any) -> None:
    choice = {"start": offered(web, office)[1], "choice": "opt-out"}
    fields = Form(web.get(f"{office.page('3')}/{form}").text).hidden | choice
    before = office.dump()

    answer = web.post(f"{office.page('3')}/{form}", data=spoil(fields))

    assert answer.status_code == 403
    assert "Inget sparades" in answer.text
    assert office.dump() == before


@pytest.mark.parametrize("form", ["times", "opt-out"])
def test_a_pass_is_for_one_form_of_one_link_and_for_two_hours(office: WebOffice, web: httpx.Client, form: str) -> None:
    choice = {"start": offered(web, office)[1], "choice": "opt-out"}
    others = {"times": "opt-out", "opt-out": "times"}
    fields = [
        Form(web.get(f"{office.page(person)}/{each}").text).hidden
        for person, each in (("3", others[form]), ("6", form), ("3", form))
    ]
    before = office.dump()

    assert [web.post(f"{office.page('3')}/{form}", data=each | choice).status_code for each in fields[:2]] == [403, 403]
    office.clock.at += timedelta(hours=2)
    assert web.post(f"{office.page('3')}/{form}", data=fields[2] | choice).status_code == 403
    assert office.dump() == before


@pytest.mark.parametrize("form", ["times", "opt-out"])
def test_a_form_sent_without_a_choice_or_from_another_site_changes_nothing(
    office: WebOffice, web: httpx.Client, form: str
) -> None:
    fields = Form(web.get(f"{office.page('3')}/{form}").text).hidden
    chosen = fields | {"start": offered(web, office)[1], "choice": "opt-out"}
    before = office.dump()

    assert web.post(f"{office.page('3')}/{form}", data=fields).status_code == 422
    assert web.post(f"{office.page('3')}/{form}", data=fields | {"start": "soon", "choice": "yes"}).status_code == 422
    foreign = web.post(f"{office.page('3')}/{form}", data=chosen, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert web.post(f"{office.page('3')}/{form}", json=chosen).status_code == 403
    assert office.dump() == before


def test_a_time_that_was_never_offered_is_not_to_be_had(office: WebOffice, web: httpx.Client) -> None:
    before = office.dump()
    for start in ("2027-03-13T09:00:00+00:00", "2027-03-02T09:00:00+00:00", "2030-01-07T09:00:00+00:00"):
        answer = send(web, office, f"{office.page('3')}/times", start=start)
        assert answer.status_code == 409
        assert "Den tiden hann bli upptagen" in answer.text
    assert office.dump() == before


def test_who_looked_at_a_talk_that_changed_since_is_shown_how_it_stands(office: WebOffice, web: httpx.Client) -> None:
    form, other = Form(web.get(f"{office.page('3')}/times").text), offered(web, office)
    out = Form(web.get(f"{office.page('3')}/opt-out").text)
    taken = office.clock.at + timedelta(days=20, hours=3)
    move_talk(
        office.store,
        office.round,
        "3",
        start=taken,
        place=None,
        who="hr",
        routing=office.settings.routing,
        now=office.clock.at,
    )
    before = office.dump()

    moved = web.post(f"{office.page('3')}/times", data=form.hidden | {"start": other[2]})
    opted = web.post(f"{office.page('3')}/opt-out", data=out.hidden | {"choice": "opt-out"})

    assert [moved.status_code, opted.status_code] == [409, 409]
    assert "Samtalet har ändrats under tiden" in moved.text
    assert office.dump() == before


def test_of_a_talk_that_was_called_off_nothing_can_be_changed(office: WebOffice, web: httpx.Client) -> None:
    form = Form(web.get(f"{office.page('3')}/times").text)
    start = offered(web, office)[1]
    cancel_talk(office.store, office.round, "3", why=REASON, who="hr", now=office.clock.at)

    for part in ("", "/times", "/opt-out"):
        page = web.get(office.page("3") + part).text
        assert "Det här samtalet blir inte av" in page
        assert "<form" not in page
        assert REASON not in page
    assert web.post(f"{office.page('3')}/times", data=form.hidden | {"start": start}).status_code == 409
    assert office.talk("3").state is TalkState.CANCELLED


def test_of_a_talk_that_has_been_only_time_and_place_are_left(office: WebOffice, web: httpx.Client) -> None:
    start = office.talk("3").start
    assert start is not None
    office.clock.at = start

    page = web.get(office.page("3")).text
    assert "Tiden för det här samtalet har varit" in page
    assert "/times" not in page
    assert "<form" not in web.get(f"{office.page('3')}/opt-out").text


def test_what_opens_nothing_looks_the_same_whatever_the_reason(office: WebOffice, web: httpx.Client) -> None:
    expired, revoked = office.token("4"), office.token("3")
    forged = revoked[:-3] + ("AAA" if revoked[-3:] != "AAA" else "BBB")
    revoke_links(office.store, "3", round_=None, who="hr", now=office.clock.at)
    office.clock.at = NOW + timedelta(days=200)
    with_round = {name: looked_at(web, office, token) for name, token in nothing(expired, revoked, forged).items()}
    purged = office.token("6")
    office.store.purge_round(office.round)
    without = {name: looked_at(web, office, token) for name, token in nothing(purged, revoked, forged).items()}

    seen = [*with_round.values(), *without.values()]
    assert {status for status, _, _, _ in seen} == {404}
    assert len({body for _, body, _, _ in seen}) == 1
    assert len({headers for _, _, headers, _ in seen}) == 1
    assert min(took for *_, took in seen) >= 0.1


def nothing(expired: str, revoked: str, forged: str) -> dict[str, str]:
    return {"expired": expired, "revoked": revoked, "forged": forged, "unknown": "A" * 60, "short": "x", "odd": "å%20/.."}


def looked_at(web: httpx.Client, office: WebOffice, token: str) -> tuple[int, str, str, float]:
    """Status, body, headers but the date, and the median of how long it took, of getting and of sending."""
    seen, took = set(), []
    for how in ("GET", "POST"):
        for part in ("", "/times", "/opt-out"):
            began = perf_counter()
            answer = web.request(how, f"{office.url}/{token}{part}", headers={"accept-language": "sv"})
            took.append(perf_counter() - began)
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            seen.add((answer.status_code, answer.text, str(headers)))
    ((status, body, headers_),) = seen
    return status, body, headers_, median(took)


def test_the_page_that_opens_nothing_speaks_the_browsers_language(office: WebOffice, web: httpx.Client) -> None:
    def title(languages: str) -> str:
        page = web.get(f"{office.url}/nothing", headers={"accept-language": languages}).text
        return page.partition("<h1>")[2].partition("</h1>")[0]

    assert title("sv-SE,sv;q=0.9,en;q=0.8") == "Länken leder ingenstans"
    assert title("de, no;q=0.5") == "Lenken fører ingen steder"
    assert title("tlh") == "This link opens nothing"


def test_a_manager_sees_all_their_talks_and_how_they_stand(office: WebOffice, web: httpx.Client) -> None:
    went(send(web, office, f"{office.page('6')}/opt-out", choice="opt-out", reason=REASON))

    page = web.get(office.page("2", Purpose.TALKS)).text

    for name in (CANARY, "Elin Dahl", "Stig Rosén", "Tove Lind"):
        assert name in page
    assert "Karin Norling" not in page
    assert "På gång" in page
    assert "Blir inte av" in page
    assert "Inför varje samtal" in page
    assert "<form" not in page
    assert web.get(f"{office.page('2', Purpose.TALKS)}/opt-out").status_code == 404


def test_behind_a_proxy_with_its_own_prefix_everything_is_found_and_addresses_are_never_taken_from_the_request(
    office: WebOffice, web: httpx.Client
) -> None:
    host, path = office.url.removesuffix(PREFIX), f"/{office.token('3')}"
    forwarded = {"host": "evil.example", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}

    stripped, kept = (web.get(f"{host}{each}", headers=forwarded) for each in (path, PREFIX + path))

    assert stripped.status_code == kept.status_code == 200
    assert stripped.text == kept.text
    assert "evil" not in kept.text
    assert f'href="{PREFIX}{path}/times"' in kept.text
    style = kept.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert style.startswith(f"{PREFIX}/style/")
    assert web.get(host + style).headers["content-type"].startswith("text/css")


def test_browsers_are_told_to_load_run_remember_and_pass_on_nothing(office: WebOffice, web: httpx.Client) -> None:
    for page in (office.page("3"), f"{office.page('3')}/times", f"{office.url}/nothing"):
        answer = web.get(page)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert "http://" not in answer.text


def test_who_asks_too_often_waits_and_others_do_not(tmp_path: Path, web: httpx.Client) -> None:
    now = [0.0]
    limits = {
        "by_address": Rates(most=20, per=60, clock=lambda: now[0]),
        "by_link": Rates(most=5, per=60, clock=lambda: now[0]),
    }
    with web_office(tmp_path / "office", **limits) as office:

        def ask(person: str, address: str) -> int:
            return web.get(office.page(person), headers={"x-forwarded-for": address}).status_code

        assert [ask("3", f"192.0.2.{n}") for n in range(7)] == [200] * 5 + [429] * 2
        assert ask("4", "192.0.2.1") == 200
        assert [ask(f"{n}", "198.51.100.9") for n in range(100, 121)].count(429) == 1
        slow = web.get(office.page("3"))
        assert (slow.status_code, slow.headers["retry-after"]) == (429, "60")
        assert "One moment, please" in slow.text
        now[0] = 60.0
        assert ask("3", "198.51.100.9") == 200


def test_a_form_that_is_too_large_is_not_read(office: WebOffice, web: httpx.Client) -> None:
    before = office.dump()
    form = Form(web.get(f"{office.page('3')}/opt-out").text)

    long = web.post(f"{office.page('3')}/opt-out", data=form.hidden | {"choice": "opt-out", "reason": "x" * 1001})
    huge = web.post(f"{office.page('3')}/opt-out", data=form.hidden | {"choice": "opt-out", "reason": "x" * 100_000})

    assert (long.status_code, huge.status_code) == (422, 413)
    assert "Texten till HR är för lång" in long.text
    assert office.dump() == before


def test_what_breaks_says_nothing_of_whose_page_it_was(office: WebOffice, web: httpx.Client, capfd: Any) -> None:
    page = office.page("3")
    with office.store.write() as session:
        connection = session.links.connection
        connection.exec_driver_sql("UPDATE talks SET place_kind = 'Fågelsång' WHERE id = '3'")

    answer = web.get(page)

    assert answer.status_code == 500
    assert "Nothing was saved" in answer.text
    assert CANARY not in answer.text
    assert [entry["error"] for entry in office.logged.entries if entry["log_level"] == "error"] == ["ValueError"]
    spoken = "".join(capfd.readouterr()) + str(office.logged.entries)
    assert CANARY not in spoken
    assert office.token("3") not in spoken


def test_nothing_that_is_logged_names_a_person_a_reason_or_a_token(
    office: WebOffice, web: httpx.Client, capfd: Any
) -> None:
    went(send(web, office, f"{office.page('3')}/times", start=offered(web, office)[2]))
    went(send(web, office, f"{office.page('3')}/opt-out", choice="opt-out", reason=REASON))
    web.get(f"{office.url}/{office.token('3')}/nowhere?x={CANARY}")

    spoken = "".join(capfd.readouterr()) + str(office.logged.entries)
    assert [entry["action"] for entry in office.logged.entries] == ["choose", "opt out"]
    for canary in (CANARY, "asa@", REASON, "Kanariehemlighet", office.token("3"), "192.0.2"):
        assert canary not in spoken
    with office.store.read() as session:
        assert REASON not in str(session.ledger.trail(100))
    assert "person:3" in str([entry.who for entry in _trail(office)])


def _trail(office: WebOffice) -> Any:
    with office.store.read() as session:
        return session.ledger.trail(100)


def test_a_server_that_starts_again_knows_the_same_links_and_the_same_passes(tmp_path: Path, web: httpx.Client) -> None:
    with web_office(tmp_path / "office", **FREE) as office:
        form, path = Form(web.get(f"{office.page('3')}/opt-out").text), office.token("3")
        with serve(office, **FREE):
            answer = web.post(f"{office.url}/{path}/opt-out", data=form.hidden | {"choice": "keep"})
            assert went(answer) == "done=kept"
