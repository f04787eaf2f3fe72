"""Misbehaviour on demand: what the next requests that fit a description meet instead of a plain answer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from servers.ews_soap import Answer, Call, Refusal, answer, fault, refuse, refused, response

BUSY = "The server cannot service this request right now. Try again later."


@dataclass(slots=True, kw_only=True)
class Fault:
    """Made by the functions below.

    Attributes:
        operation: Such as ``CreateItem``; None: any.
        when: What else must hold of the request.
        times: How many requests meet it, one after the other.
        carried_out: The request is, all the same.
        cut: The connection is closed without an answer.
        seconds: Until the answer comes; at most until the server stops.
        instead: The answer given.
    """

    operation: str | None = None
    when: Callable[[Call], bool] = lambda _call: True
    times: int = 1
    carried_out: bool = False
    cut: bool = False
    seconds: float = 0.0
    instead: Callable[[Call], Answer] | None = None


def cut_before(operation: str | None = None, **more: object) -> Fault:
    """The request comes, and the connection is closed before anything is done about it."""
    return _fault(operation, more, cut=True)


def cut_after(operation: str | None = None, **more: object) -> Fault:
    """The request is carried out, and the connection closed without a word."""
    return _fault(operation, more, cut=True, carried_out=True)


def slow(seconds: float, operation: str | None = None, **more: object) -> Fault:
    """The request is carried out, and the answer comes late."""
    return _fault(operation, more, seconds=seconds, carried_out=True)


def http_error(status: int, operation: str | None = None, *, retry_after: str | None = None, **more: object) -> Fault:
    """Not carried out. *retry_after*: the header, as it is to be."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    page = Answer(
        status=status, body=HTTPStatus(status).phrase.encode(), content_type="text/html; charset=utf-8", headers=headers
    )
    return _fault(operation, more, instead=lambda _call: page)


def busy(operation: str | None = None, *, back_off: int | None = None, as_message: bool = False, **more: object) -> Fault:
    """ErrorServerBusy, not carried out. *back_off*: milliseconds; *as_message*: not as a SOAP fault."""
    return refusing("ErrorServerBusy", operation, text=BUSY, back_off=back_off, as_message=as_message, **more)


def refusing(
    code: str,
    operation: str | None = None,
    *,
    text: str = "No.",
    back_off: int | None = None,
    as_message: bool = True,
    **more: object,
) -> Fault:
    """Any of Exchange's response codes, such as ErrorInvalidSyncStateData; not carried out."""
    return _fault(operation, more, instead=lambda call: _refusing(code, text, back_off, call, as_message=as_message))


def _refusing(code: str, text: str, back_off: int | None, call: Call, *, as_message: bool) -> Answer:
    values = {} if back_off is None else {"BackOffMilliseconds": str(back_off)}
    refusal: Refusal = refuse(code, text, **values)
    return answer(response(call.operation, refused(call.operation, refusal))) if as_message else fault(refusal)


def _fault(operation: str | None, more: dict[str, object], **what: object) -> Fault:
    return Fault(operation=operation, **what, **more)  # type: ignore[arg-type]  # checked where they are named


@dataclass(slots=True)
class Faults:
    """A queue; the first that fits a request is met. Thread-safe."""

    waiting: list[Fault] = field(default_factory=list)
    met: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self.waiting.extend(faults)

    def take(self, call: Call) -> Fault | None:
        with self._lock:
            for fault in self.waiting:
                if fault.operation in (None, call.operation) and fault.when(call):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                    self.met.append(fault)
                    return fault
            return None
