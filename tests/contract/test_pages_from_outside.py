"""What ``doctor`` finds about the pages: a real proxy with TLS before real pages, rightly and wrongly set up."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers.certificates import certificates
from servers.self_signed import self_signed
from servers.tls_proxy import Behaviour, proxy
from talkcycle.bootstrap import examinations, settings_of
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import WebSettings
from talkcycle.rounds.doctor import Sample
from talkcycle.transports.pages_from_outside import SIGNS, PagesFromOutside
from talkcycle.web.front import HEADERS
from web_office import PREFIX, WebOffice, serve

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""The certificate of our servers is good from yesterday for ten days, by the real clock."""
GOOD, WARNING, BAD, UNTOLD = Grade.GOOD, Grade.WARNING, Grade.BAD, Grade.UNTOLD


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of pages without a round: they have ``PREFIX``, and speak HTTP."""
    office = WebOffice(tmp_path_factory.mktemp("office"))
    with serve(office):
        yield office.url
    office.store.close()


@pytest.fixture(scope="module")
def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificates().ca_file))


def look(web: WebSettings, trust: ssl.SSLContext | None, *, at: datetime = LONG_AGO, plain: int = 1) -> list[Finding]:
    """*plain*: a port at which nothing answers."""
    return list(PagesFromOutside(web=web, trust=trust, plain_port=plain).examine(at))


@contextmanager
def before(pages: str, behaviour: Behaviour | None = None, *, prefix: str = PREFIX) -> Iterator[WebSettings]:
    with proxy(pages, behaviour, tls=certificates().server) as port:
        yield WebSettings(url=f"https://localhost:{port}{prefix}")


def grades(findings: list[Finding]) -> list[tuple[str, Grade]]:
    return [(finding.check, finding.grade) for finding in findings]


def other_than_good(findings: list[Finding]) -> list[tuple[str, Grade]]:
    return [each for each in grades(findings) if each[1] is not GOOD]


def to_https(path: str) -> tuple[int, Mapping[str, str]]:
    return 301, {"location": f"https://localhost{path}"}


@pytest.mark.parametrize("stripped", [False, True])
def test_a_proxy_in_order_is_good_throughout_whether_it_keeps_the_prefix_or_not(
    pages: str, trust: ssl.SSLContext, *, stripped: bool
) -> None:
    how = Behaviour(path=lambda path: path.removeprefix(PREFIX)) if stripped else Behaviour()
    with before(pages, how) as web, proxy(pages, Behaviour(answers=to_https)) as plain:
        found = look(web, trust, plain=plain)

    assert grades(found) == [(check, GOOD) for check in ("proxies", "reachable", "tls", "pages", "prefix", "http")]
    assert all(finding.mend == "" and finding.transport == "web" for finding in found)
    assert how.asked[0] == f"{PREFIX}/doctor"
    assert len(how.asked) == 2


def test_what_pages_are_known_by_is_what_they_say() -> None:
    assert {name: value for name, value in SIGNS.items() if value not in HEADERS[name]} == {}


def test_an_address_that_this_machine_does_not_reach_may_be_reached_from_outside(trust: ssl.SSLContext) -> None:
    found = look(WebSettings(url="https://localhost:1/talks"), trust)

    assert other_than_good(found) == [("reachable", UNTOLD)]
    assert "curl -sS -D - -o /dev/null https://localhost:1/talks/doctor" in found[-1].mend


@pytest.mark.parametrize(
    ("days", "name", "mend"),
    [
        ((-10, -1), "localhost", "Renew the certificate of localhost"),
        ((1, 90), "localhost", "Set the clock"),
        ((-1, 90), "elsewhere.example", "Have localhost put into the certificate"),
    ],
)
def test_a_certificate_that_does_not_hold_is_bad(
    pages: str, tmp_path: Path, days: tuple[int, int], name: str, mend: str
) -> None:
    made = self_signed(tmp_path, days=days, name=name)
    with proxy(pages, tls=made.server) as port:
        found = look(WebSettings(url=f"https://localhost:{port}"), ssl.create_default_context(cafile=str(made.file)))

    assert grades(found)[1:] == [("tls", BAD)]
    assert mend in found[-1].mend


def test_an_authority_that_this_machine_does_not_know_may_be_known_to_peoples_telephones(pages: str) -> None:
    with before(pages) as web:
        found = look(web, None)

    assert grades(found)[1:] == [("tls", WARNING)]
    assert "fullchain.pem" in found[-1].mend
    assert "SSL_CERT_FILE" in found[-1].mend


def test_a_port_without_tls_is_bad(pages: str, trust: ssl.SSLContext) -> None:
    with proxy(pages) as port:
        assert grades(look(WebSettings(url=f"https://localhost:{port}"), trust))[1:] == [("tls", BAD)]


def test_a_certificate_that_ends_soon_is_told(pages: str, trust: ssl.SSLContext) -> None:
    with before(pages) as web:
        found = look(web, trust, at=datetime.now(UTC))
    assert other_than_good(found) == [("tls", WARNING)]


@pytest.mark.parametrize(
    ("status", "headers", "mend"),
    [
        (404, {}, "Let the proxy pass the path"),
        (200, {}, "Let the proxy pass the path"),
        (502, {}, "Start talkcycle run"),
        (302, {"location": "https://login.example/"}, "links stand in the place of a login"),
        (401, {}, "links stand in the place of a login"),
    ],
)
def test_whatever_else_answers_there_is_bad(
    pages: str, trust: ssl.SSLContext, status: int, headers: Mapping[str, str], mend: str
) -> None:
    with before(pages, Behaviour(answers=lambda _path: (status, headers))) as web:
        found = look(web, trust)

    assert other_than_good(found) == [("pages", BAD)]
    assert mend in next(finding for finding in found if finding.check == "pages").mend


@pytest.mark.parametrize("value", ["", "unsafe-url"])
def test_a_header_that_the_proxy_changes_or_takes_away_is_told(pages: str, trust: ssl.SSLContext, value: str) -> None:
    with before(pages, Behaviour(headers={"referrer-policy": value})) as web:
        found = look(web, trust)

    assert other_than_good(found) == [("headers", WARNING)]
    assert "referrer-policy" in next(finding for finding in found if finding.check == "headers").mend


def test_pages_that_believe_in_another_prefix_load_nothing(pages: str, trust: ssl.SSLContext) -> None:
    def below_talks_alone(path: str) -> tuple[int, Mapping[str, str]] | None:
        return None if path.startswith("/talks/") else (404, {})

    how = Behaviour(path=lambda path: path.removeprefix("/talks"), answers=below_talks_alone)
    with before(pages, how, prefix="/talks") as web:
        found = look(web, trust)

    assert other_than_good(found) == [("prefix", BAD)]
    assert "everything below /talks" in next(finding for finding in found if finding.check == "prefix").mend


def test_pages_that_answer_without_tls_are_told(pages: str, trust: ssl.SSLContext) -> None:
    with before(pages) as web, proxy(pages) as plain:
        assert other_than_good(look(web, trust, plain=plain)) == [("http", WARNING)]


@pytest.mark.parametrize(
    ("host", "proxies", "grade"),
    [
        ("127.0.0.1", ("127.0.0.1", "::1"), GOOD),
        ("localhost", ("127.0.0.0/8",), GOOD),
        ("::1", ("10.1.2.3",), WARNING),
        ("127.0.0.1", (), WARNING),
        ("0.0.0.0", ("127.0.0.1", "::1"), WARNING),
        ("0.0.0.0", (), WARNING),
        ("0.0.0.0", ("172.30.8.0/24",), UNTOLD),
    ],
)
def test_whose_word_is_taken_for_where_people_come_from_is_told_as_far_as_settings_tell(
    trust: ssl.SSLContext, host: str, proxies: tuple[str, ...], grade: Grade
) -> None:
    web = WebSettings(url="https://localhost:1", host=host, proxies=proxies)
    first, *_ = look(web, trust)
    assert (first.check, first.grade) == ("proxies", grade)
    assert bool(first.mend) is (grade is not GOOD)


def test_doctor_looks_at_the_pages_where_there_are_any(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("smtp: {host: localhost}\nsender: talks@norrsken.example\n")
    settings, nobody = settings_of(tmp_path, {}), Sample(served={}, told={})
    without = [name for name, _ in examinations(settings, nobody, resolver=("127.0.0.1", 1), now=LONG_AGO)]
    pages = replace(settings, web=WebSettings(url="https://localhost:1"))
    looked = dict(examinations(pages, nobody, resolver=("127.0.0.1", 1), now=LONG_AGO))
    assert [name for name in looked if name not in without] == ["the pages"]
    assert grades(list(looked["the pages"])) == [("proxies", GOOD), ("reachable", UNTOLD)]
