"""$batch: up to twenty requests in one, each handled, refused and throttled by itself.

Graph sends Outlook no more than four of a batch at once, so that one batch stays within a mailbox's concurrency
("Outlook service limits", on batching); here they go one by one.
"""

import json
from collections.abc import Callable
from typing import Any

from servers.graph_received import Answer, GraphError, Received, received
from servers.graph_tenant import Tenant

MOST = 20


def parts_of(request: Received) -> list[tuple[dict[str, Any], Received]]:
    """Each part as it was written, and as a request of its own. Raises GraphError 400."""
    body = request.json()
    written = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(written, list) or not 1 <= len(written) <= MOST:
        raise GraphError(400, "BadRequest", f"The number of requests in a batch is between 1 and {MOST}.")
    if len({part.get("id") for part in written}) < len(written) or not all(part.get("id") for part in written):
        raise GraphError(400, "BadRequest", "Every request of a batch has an id of its own.")
    return [(part, _read(part, request)) for part in written]


def batch(tenant: Tenant, request: Received, answer: Callable[[Received], Answer]) -> Answer:
    """Answers come in another order than the requests, as they may. *answer*: of one part."""
    try:
        parts = parts_of(request)
    except GraphError as error:
        return error.answer(tenant.now())
    answers: dict[str, Answer] = {}
    for part, inner in parts:
        if any(id_ not in answers or answers[id_].status >= 400 for id_ in part.get("dependsOn") or ()):
            refusal = GraphError(424, "FailedDependency", "A request that this one depends on failed.")
            answers[part["id"]] = refusal.answer(tenant.now())
        else:
            answers[part["id"]] = answer(inner)
    return Answer(content={"responses": [_shown(id_, each) for id_, each in reversed(answers.items())]})


def _read(part: dict[str, Any], whole: Received) -> Received:
    headers = {name.casefold(): value for name, value in (part.get("headers") or {}).items()}
    if "body" in part and "content-type" not in headers:
        raise GraphError(
            400, "BadRequest", f"Write request id : {part['id']} does not contain Content-Type header or body."
        )
    if not str(part.get("url", "")).startswith("/"):
        raise GraphError(400, "BadRequest", "The URL of a request is relative and begins with a slash.")
    body = json.dumps(part["body"]).encode() if "body" in part else b""
    return received(part["method"], part["url"], headers, body, whole.at, part=True)


def _shown(id_: str, answer: Answer) -> dict[str, Any]:
    headers = answer.headers | ({} if answer.content is None else {"Content-Type": "application/json"})
    shown = {"id": id_, "status": answer.status, "headers": headers}
    return shown if answer.content is None else shown | {"body": answer.content}
