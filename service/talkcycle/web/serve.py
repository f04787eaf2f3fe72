"""The pages' server: uvicorn in a thread of its own, on a socket that is opened first."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from talkcycle.bootstrap import Application
from talkcycle.domain.faults import Refused
from talkcycle.domain.service import WebSettings
from talkcycle.domain.store import Store
from talkcycle.rendering.library import Library
from talkcycle.rounds.texts import MOST_ROUNDS, frozen_texts
from talkcycle.web.application import ICON, STYLE, application, asset
from talkcycle.web.desk import Desk
from talkcycle.web.front import App
from talkcycle.web.offered_times import OfferedTimes
from talkcycle.web.pages import Pages

BACKLOG = 128
MOST_AT_ONCE = 200
LAST_ANSWERS = 5
"""Seconds in which those under way may be finished."""


class RoundLibraries:
    """The frozen texts of rounds, read once and kept. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._kept: dict[str, Library] = {}
        self._lock = Lock()

    def __call__(self, round_id: str) -> Library:
        """Raises LookupError: there is no such round."""
        with self._lock:
            if round_id not in self._kept:
                while len(self._kept) >= MOST_ROUNDS:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[round_id] = self._read(round_id)
            return self._kept[round_id]

    def _read(self, round_id: str) -> Library:
        with self.store.read() as session:
            round_, files = session.rounds.get(round_id), session.rounds.files(round_id)
        if round_ is None:
            raise LookupError(f"there is no round {round_id}")
        return frozen_texts(files, default_language=round_.cycle.language).library


def pages_of(app: Application, web: WebSettings, log: Any) -> Pages:
    """The pages of *app*."""
    prefix = urlsplit(web.url).path.rstrip("/")
    desk = Desk(
        store=app.store,
        prefix=prefix,
        routing=app.settings.routing,
        calendars=app.calendars_now(),
        clock=app.clock,
        texts=RoundLibraries(app.store),
        style=prefix + asset(STYLE),
        icon=prefix + asset(ICON),
        log=log,
    )
    return Pages(desk=desk, times=OfferedTimes(desk))


@contextmanager
def serving(app: Application, web: WebSettings, log: Any, stop: threading.Event) -> Iterator[None]:
    """Serve the pages of *app* in a thread of its own until left. If the server ends by itself, *stop* is set.

    Raises:
        Refused: There is something else where it should listen.
        Exception: What ended the server, when left.
    """
    with serving_app(application(pages_of(app, web, log)), _listening(web), web.proxies, stop):
        log.info("pages are served", host=web.host, port=web.port)
        yield


@contextmanager
def serving_app(app: App, listening: socket.socket, proxies: tuple[str, ...], stop: threading.Event) -> Iterator[None]:
    """Serve *app* on *listening*, which is closed in the end. Raises as ``serving``."""
    config = uvicorn.Config(
        app=app,
        http="h11",
        ws="none",
        loop="asyncio",
        log_config=None,
        log_level="warning",
        access_log=False,  # it would write tokens
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=LAST_ANSWERS,
    )
    server = uvicorn.Server(config)
    failures: list[BaseException] = []
    leaving = threading.Event()

    def run() -> None:
        try:
            server.run(sockets=[listening])
        except BaseException as failure:  # noqa: BLE001  # raised again in the thread that started this one
            failures.append(failure)
        finally:
            if not leaving.is_set():
                stop.set()

    thread = threading.Thread(target=run, name="pages")
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        server.should_exit = True
        thread.join()
        listening.close()
    if failures:
        raise failures[0]


def _listening(web: WebSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
        return socket.create_server((web.host, web.port), family=family, backlog=BACKLOG)
    except OSError as taken:
        raise Refused(
            f"Nothing can listen at {web.host}:{web.port} ({taken.strerror}). Is another talkcycle running? "
            "Else write another `listen` under `web`."
        ) from taken
