"""What stands before the pages: a refusal takes its time, failures say nothing, every answer carries the same headers."""

import asyncio
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from talkcycle.web.front import FLOOR, HEADERS, Front
from talkcycle.web.rates import Rates


class Seconds:
    """A clock that stands still but for those who wait or work."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.now += seconds


def ask(
    app: Any,
    *,
    seconds: Seconds,
    path: str = "/samtal/token",
    method: str = "GET",
    log: Any = None,
    by_link: Rates | None = None,
) -> list[Any]:
    """What *app* behind the front sends."""
    sent: list[Any] = []

    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"broken"})

    async def send(message: Any) -> None:
        sent.append(message)

    front = Front(
        app=app,
        prefix="/samtal",
        busy=answer,
        broken=answer,
        by_address=Rates(most=9, per=1),
        by_link=by_link or Rates(most=9, per=1),
        log=log,
        wait=seconds.wait,
        clock=seconds,
    )
    scope = {"type": "http", "path": path, "method": method, "query_string": b"x" * 999, "client": ("192.0.2.1", 1)}
    asyncio.run(front(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    return sent


def answering(status: int, *, after: float, seconds: Seconds, seen: list[Any] | None = None) -> Any:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if seen is not None:
            seen.append(scope)
        seconds.now += after
        await send({"type": "http.response.start", "status": status, "headers": [(b"Cache-Control", b"public")]})
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.mark.parametrize("after", [0.0, 0.01, 0.09, 0.1])
def test_a_refusal_takes_as_long_whatever_was_looked_at(after: float) -> None:
    seconds = Seconds()
    ask(answering(404, after=after, seconds=seconds), seconds=seconds)

    assert seconds.now == pytest.approx(FLOOR)


def test_a_page_is_not_kept_waiting() -> None:
    seconds = Seconds()
    ask(answering(200, after=0.01, seconds=seconds), seconds=seconds)

    assert seconds.now == 0.01


def test_every_answer_has_every_header_and_its_own_word_on_caches_counts() -> None:
    seconds = Seconds()
    start = ask(answering(200, after=0, seconds=seconds), seconds=seconds)[0]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}

    assert headers == HEADERS | {"cache-control": "public"}


@pytest.mark.parametrize(
    ("path", "inner"), [("/samtal/t", "/t"), ("/samtal", "/"), ("/t", "/t"), ("/samtalet/t", "/samtalet/t")]
)
def test_the_application_knows_no_prefix_and_no_head(path: str, inner: str) -> None:
    seconds, seen = Seconds(), list[Any]()
    ask(answering(200, after=0, seconds=seconds, seen=seen), seconds=seconds, path=path, method="HEAD")

    assert (seen[0]["path"], seen[0]["method"], len(seen[0]["query_string"])) == (inner, "GET", 200)


def test_each_link_has_a_rate_and_the_style_that_all_pages_load_has_none() -> None:
    seconds, rate = Seconds(), Rates(most=2, per=60, clock=Seconds())

    def status(path: str) -> int:
        app = answering(200, after=0, seconds=seconds)
        found: int = ask(app, seconds=seconds, path=path, by_link=rate)[0]["status"]
        return found

    assert [status("/samtal/a"), status("/samtal/a/times"), status("/samtal/a"), status("/b")] == [200, 200, 500, 200]
    assert [status("/samtal/style/x.css") for _ in range(5)] == [200] * 5


def test_what_fails_is_logged_by_its_kind_alone() -> None:
    logged = LogCapture()

    async def failing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("Åsa Fågelsång")

    sent = ask(failing, seconds=Seconds(), log=structlog.wrap_logger(None, processors=[logged]))

    assert [each.get("body") for each in sent if "body" in each] == [b"broken"]
    assert logged.entries == [{"event": "a page failed", "error": "RuntimeError", "log_level": "error"}]
