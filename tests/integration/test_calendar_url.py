"""Calendars from addresses, against real servers on this machine: good ones, slow ones and wicked ones."""

import gzip
import logging
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from talkcycle.domain.busy import Unfetched
from talkcycle.transports.calendar_addresses import Reach, Unfetchable, check_redirect, parsed, reach
from talkcycle.transports.calendar_url import CalendarUrls

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
SECRET = "s3cr3t-t0k3n"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers ``/0/...`` with the first, and so on; its address without a slash at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.partition("?")[0].split("/")[1]
            answers[int(number) if number.isdigit() and int(number) < len(answers) else 0](self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Clients leave early; that is what is tested."""

    with Quiet(("127.0.0.1", 0), Handler) as running:
        if tls:
            running.socket = tls.wrap_socket(running.socket, server_side=True)
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://localhost:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def answer(body: bytes = CALENDAR, *, status: int = 200, **headers: str) -> Answer:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Type": "text/calendar", "Content_Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def leading_to(location: str) -> Answer:
    return answer(b"", status=302, Location=location)


def fetched(url: str, **settings: object) -> bytes | Unfetched:
    return CalendarUrls(**settings)({"anna": url})["anna"]  # type: ignore[arg-type]


def refused(url: str, **settings: object) -> str:
    """Why *url* was not fetched; that nothing of the address is shown but its host is checked on the way."""
    why = fetched(url, **settings)
    assert isinstance(why, Unfetched)
    assert SECRET not in repr(why)
    assert why.mend
    return why.problem


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    return context


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_many_calendars_are_fetched_and_each_has_its_own_outcome() -> None:
    with server(answer(), answer(status=404), answer(CALENDAR * 2)) as url:
        urls = {("Malmö", "Sund"): f"{url}/2/a.ics"} | {f"{n}": f"{url}/{n % 2}/a.ics" for n in range(20)}
        found = CalendarUrls(parallel=3)(urls)
    assert list(found) == list(urls)
    assert found["0"] == CALENDAR
    assert found["Malmö", "Sund"] == CALENDAR * 2
    gone = found["1"]
    assert isinstance(gone, Unfetched)
    assert (gone.host, gone.problem) == ("localhost", "There is no calendar at this address any more (404).")


def test_a_certificate_is_verified_for_the_name_in_the_address(tls: ssl.SSLContext, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    with server(answer(), tls=tls) as url:
        assert fetched(f"{url}/a.ics", tls=trusting) == CALENDAR
        assert fetched(f"{url}/a.ics".replace("https", "webcal"), tls=trusting) == CALENDAR
        assert refused(f"{url}/a.ics?{SECRET}") == "The server's certificate is not trusted."
        other_name = f"{url}/a.ics".replace("localhost", "127.0.0.1")
        assert refused(other_name, tls=trusting) == "The server's certificate is not trusted."


def test_the_server_is_asked_for_the_host_and_the_password_in_the_address() -> None:
    seen: list[tuple[str | None, str | None]] = []

    def remember(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.headers["Host"], handler.headers["Authorization"]))
        answer()(handler)

    with server(remember) as url:
        fetched(url.replace("//", "//anna:word@"))
    assert seen == [(url.removeprefix("http://"), "Basic YW5uYTp3b3Jk")]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (401, "The server wants to know who asks (401)."),
        (403, "The server wants to know who asks (403)."),
        (410, "There is no calendar at this address any more (410)."),
        (429, "The server answers with an error (429)."),
        (500, "The server answers with an error (500)."),
        (204, "The server answers with an error (204)."),
    ],
)
def test_an_answer_that_is_no_calendar_is_no_free_time(status: int, problem: str) -> None:
    with server(answer(b"", status=status)) as url:
        assert refused(f"{url}/{SECRET}/a.ics") == problem


def test_a_page_to_log_in_is_no_calendar() -> None:
    with server(answer(b"<html>", Content_Type="text/html; charset=utf-8")) as url:
        assert refused(f"{url}/{SECRET}/a.ics") == "The address gives a web page, not a calendar."


def test_nobody_answers() -> None:
    with server(answer()) as url:
        pass
    assert refused(f"{url}/{SECRET}/a.ics") == "The server cannot be reached, or breaks off."


def test_a_calendar_that_breaks_off_is_none() -> None:
    with server(answer(CALENDAR, Content_Length="1000")) as url:
        assert refused(f"{url}/{SECRET}/a.ics") == "The server cannot be reached, or breaks off."


@pytest.mark.parametrize("trickle", ["header", "body", "nothing"])
def test_a_slow_server_is_given_up_whatever_it_trickles(trickle: str) -> None:
    leave = Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if trickle != "header":
            handler.send_response(200)
            handler.end_headers()
        while trickle != "nothing" and not leave.wait(0.02):
            handler.wfile.write(b"X-Trickle: 1\r\n" if trickle == "header" else b"X")
        leave.wait(5)

    with server(slow) as url:
        begun = time.monotonic()
        try:
            assert refused(f"{url}/{SECRET}", seconds=0.3) == "The server does not give the calendar in time."
        finally:
            leave.set()
        assert time.monotonic() - begun < 2


def test_a_packed_calendar_is_unpacked_and_a_bomb_is_not() -> None:
    bomb = gzip.compress(b"A" * 50_000_000, compresslevel=1)
    with server(
        answer(gzip.compress(CALENDAR), Content_Encoding="gzip"),
        answer(bomb, Content_Encoding="gzip"),
        answer(gzip.compress(gzip.compress(CALENDAR)), Content_Encoding="gzip, gzip"),
        answer(gzip.compress(CALENDAR)[:-9], Content_Encoding="gzip"),
        answer(b"no gzip", Content_Encoding="gzip"),
    ) as url:
        assert fetched(f"{url}/0/a.ics") == CALENDAR
        assert refused(f"{url}/1/a.ics") == "The calendar is larger than 5 MB."
        assert refused(f"{url}/2/a.ics") == "The server packs the calendar in a way it was not asked for."
        assert refused(f"{url}/3/a.ics") == "The calendar breaks off."
        assert refused(f"{url}/4/a.ics") == "The calendar arrives damaged."


def test_an_endless_calendar_is_left_at_its_limit() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"X" * 65_536)

    with server(endless) as url:
        assert refused(url, most_bytes=1_000_000) == "The calendar is larger than 1 MB."


def test_a_redirect_is_followed_and_a_circle_is_not() -> None:
    with server(answer(), leading_to("/0/a.ics"), leading_to("/2/again")) as url:
        assert fetched(f"{url}/1/a.ics") == CALENDAR
        assert refused(f"{url}/2/{SECRET}") == "The server leads on and on."


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://localhost/a.ics", "gopher://localhost", "http://[x"])
def test_a_redirect_to_another_scheme_is_not_followed(location: str) -> None:
    with server(leading_to(location)) as url:
        assert refused(f"{url}/{SECRET}") == "This is no address of a calendar."


def test_a_redirect_from_the_internet_to_the_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment stands for the internet, which tests do not reach."""
    asked: list[str] = []

    def internet(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        inside = {"http://8.8.8.8/a": "http://10.0.0.1/admin", "http://8.8.8.8/b": "http://127.0.0.1:1/"}
        leading_to(inside.get(handler.path, "http://169.254.169.254/latest"))(handler)

    with server(internet) as url:
        monkeypatch.setenv("http_proxy", url)
        for path in ("a", "b"):
            found = refused(f"http://8.8.8.8/{path}", allow_http=True)
            assert found == "The server leads on to an address further inside."
        assert refused("http://8.8.8.8/c", allow_http=True) == "No calendars come from such a server."
    assert asked == ["http://8.8.8.8/a", "http://8.8.8.8/b", "http://8.8.8.8/c"]


def test_without_tls_only_this_machine_is_asked() -> None:
    assert refused(f"http://10.0.0.1/{SECRET}") == (
        "The address begins with http, so anybody on the way could read the calendar."
    )


def test_what_is_no_address_is_said_so() -> None:
    for text in ("", "calendar", "ftp://localhost/a.ics", "https://", "https://[", "file:///etc/passwd", "http:///x"):
        assert refused(text) == "This is no address of a calendar."


def test_nothing_of_an_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with server(answer(), leading_to(f"/0/{SECRET}")) as url:
        fetched(f"{url}/1/{SECRET}")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("10.1.2.3", Reach.PRIVATE),
        ("192.168.1.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("fd00::1", Reach.PRIVATE),
        ("64:ff9b::a00:1", Reach.PRIVATE),
        ("2002:a00:1::", Reach.PRIVATE),
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
    ],
)
def test_how_far_an_address_is(address: str, near: Reach) -> None:
    assert reach([address]) is near
    assert reach(["8.8.8.8", address]) is near


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "224.0.0.1", "::"]
)
def test_addresses_of_no_server_are_refused(address: str) -> None:
    with pytest.raises(Unfetchable):
        reach([address])


def test_a_redirect_keeps_tls_and_leads_outwards_only() -> None:
    secure, open_ = parsed("https://a.example/x"), parsed("http://a.example/x")
    check_redirect(Reach.PRIVATE, open_, secure, Reach.PUBLIC)
    for start, here, there, near in (
        (Reach.PUBLIC, secure, open_, Reach.PUBLIC),
        (Reach.PUBLIC, secure, secure, Reach.PRIVATE),
        (Reach.PRIVATE, secure, secure, Reach.LOOPBACK),
    ):
        with pytest.raises(Unfetchable):
            check_redirect(start, here, there, near)
