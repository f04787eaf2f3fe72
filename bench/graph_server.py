"""The fake of Microsoft Graph in a process of its own, with the published limits, in fast time.

The first line of standard input says what time it is and who has a mailbox; the answer, how to reach it. Every further
line is answered with what stands in the mailboxes by then. It ends with its input.
"""

import json
import sys
import time
from collections import Counter
from typing import Any

from graph_time import FastTime

from servers.graph_server import GraphServer, Limits, graph_server
from servers.organisation import Item, Organisation, Where, property_key
from talkcycle.domain.meetings import ORDER_PROPERTY, PROPERTY_SET

LIMITS = Limits()
ORDER = property_key(PROPERTY_SET, ORDER_PROPERTY)


def main() -> None:
    task = json.loads(sys.stdin.readline())
    fast = FastTime.told(task["time"])
    organisation = Organisation(fast.now)
    for address in task["mailboxes"]:
        organisation.add(address, where=Where.ONLINE)
    with graph_server(organisation, limits=LIMITS, now=fast.now, keep=False, conforming=False) as server:
        settings = {
            "tenant": server.tenant,
            "client_id": server.client_id,
            "secret": server.secret,
            "endpoint": server.endpoint,
            "authority": server.authority,
            "ca_file": str(server.ca_file),
        }
        say(settings=settings, per_minute=LIMITS.messages)
        for _ in sys.stdin:
            say(**seen(server, organisation))


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def seen(server: GraphServer, organisation: Organisation) -> dict[str, Any]:
    """What reached whom.

    ``meetings`` and ``mails`` are the Message-IDs of the orders that were carried out, each as often as it was.
    A meeting counts when it stands in its organizer's calendar and in its attendee's, each with the agenda, and its
    attendee was told of it once.
    """
    with organisation.lock:
        told = Counter((each.what, each.uid, each.to) for each in organisation.told)
        hosted = [
            item
            for mailbox in organisation.mailboxes.values()
            for item in mailbox.calendar.values()
            if item.mine and ORDER in item.properties and _whole(organisation, item, told)
        ]
        mails = [uid for (what, uid, _), times in told.items() if what == "mail" for _ in range(times)]
        return {
            "meetings": [item.properties[ORDER] for item in hosted],
            "mails": mails,
            "told": sum(told.values()),
            "requests": server.received,
            "throttled": dict(server.throttled),
            "cpu": time.process_time(),
        }


def _whole(organisation: Organisation, item: Item, told: Counter[tuple[str, str, str]]) -> bool:
    copies = [
        (each, copy) for each in item.attendees for copy in organisation.with_uid(each.address, item.uid) if not copy.mine
    ]
    return (
        len(item.attendees) == len(copies) == 1
        and all(told["invitation", item.uid, each.address] == 1 for each, _ in copies)
        and all(_has_agenda(entry) for entry in (item, copies[0][1]))
    )


def _has_agenda(item: Item) -> bool:
    return len(item.files) == 1 and item.files[0].data.startswith(b"%PDF")


if __name__ == "__main__":
    main()
