"""Several reads in one request, each with an answer of its own (https://learn.microsoft.com/graph/json-batching)."""

from collections.abc import Mapping
from datetime import timedelta

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.transports.graph.answers import BUSY_PAUSE, Answer, judged
from talkcycle.transports.graph.client import PATIENCE, Client

MOST_PARTS = 20


def read_each(client: Client, paths: Mapping[str, str], *, mailbox: str | None) -> dict[str, Answer]:
    """The answer to each of *paths* (below the endpoint, with their queries), by its key.

    Parts are throttled one by one: those are asked once more by themselves after the longest pause they ask for.

    Raises:
        DeliveryError: A batch as a whole got no answers.
    """
    answers = _ask_once(client, paths, mailbox=mailbox)
    throttled = {key: paths[key] for key, answer in answers.items() if answer.throttles()}
    if throttled:
        now = client.graph.clock.now()
        pause = max((answers[key].pause(now) or BUSY_PAUSE for key in throttled), default=timedelta(0))
        if pause <= PATIENCE:
            client.graph.wait(pause.total_seconds())
            answers |= _ask_once(client, throttled, mailbox=mailbox)
    return answers


def _ask_once(client: Client, paths: Mapping[str, str], *, mailbox: str | None) -> dict[str, Answer]:
    keys, answers = list(paths), dict[str, Answer]()
    for start in range(0, len(keys), MOST_PARTS):
        some = keys[start : start + MOST_PARTS]
        parts = [{"id": str(number), "method": "GET", "url": paths[key]} for number, key in enumerate(some)]
        whole = client.read("POST", "/$batch", mailbox=mailbox, content={"requests": parts}, parts=len(parts))
        if not whole.ok:
            raise judged(whole, visible=False, now=client.graph.clock.now())
        answers |= _parted(whole, some)
    return answers


def _parted(whole: Answer, keys: list[str]) -> dict[str, Answer]:
    """Parts come back in any order."""
    parts = whole.body.get("responses", []) if isinstance(whole.body, dict) else []
    found: dict[str, Answer] = {}
    for part in parts:
        headers = {str(name).lower(): str(value) for name, value in (part.get("headers") or {}).items()}
        answer = Answer(status=int(part["status"]), headers=headers, body=part.get("body"))
        found[keys[int(part["id"])]] = answer
    if len(found) != len(keys):
        raise TransientDeliveryError("the server left parts of a batch without an answer")
    return found
