"""Who plays which role: the servers that each contract suite runs against, and how each is opened."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.contract import Harness, Trait
from harness.doctors import Ward
from servers.gromox import absent

_GROMOX = pytest.param(
    "gromox", marks=[pytest.mark.skipif(absent() is not None, reason=str(absent())), pytest.mark.xdist_group("gromox")]
)
KEEPS_CALENDARS = ("exchange", "graph", _GROMOX)
SENDS = ("smtp", *KEEPS_CALENDARS)
TELLS_BUSY_TIMES = ("icalendar", *KEEPS_CALENDARS)
HAS_A_DOCTOR = ("smtp", "exchange", "graph")


@contextmanager
def opened(name: str) -> Iterator[Harness]:
    """The harness of that name, its server running."""
    if name == "smtp":
        from harness.smtp import smtp_harness  # noqa: PLC0415  # each drags in what only its own transport needs

        with smtp_harness() as smtp:
            yield smtp
    elif name == "icalendar":
        from harness.icalendar_addresses import published_harness  # noqa: PLC0415

        with published_harness() as published:
            yield published
    elif name == "exchange":
        from harness.exchange import exchange_harness  # noqa: PLC0415

        with exchange_harness() as exchange:
            yield exchange
    elif name == "graph":
        from harness.graph import graph_harness  # noqa: PLC0415

        with graph_harness() as graph:
            yield graph
    elif name == "gromox":
        from harness.gromox import gromox_harness  # noqa: PLC0415

        with gromox_harness() as gromox:
            yield gromox
    else:
        raise LookupError(name)


@contextmanager
def examined(name: str) -> Iterator[Ward]:
    """The server of that name as IT has set it up, for doctors to look at."""
    if name == "smtp":
        from harness.doctors import smtp_ward  # noqa: PLC0415

        with smtp_ward() as smtp:
            yield smtp
    elif name == "exchange":
        from harness.exchange_ward import exchange_ward  # noqa: PLC0415

        with exchange_ward() as exchange:
            yield exchange
    elif name == "graph":
        from harness.graph_ward import graph_ward  # noqa: PLC0415

        with graph_ward() as graph:
            yield graph
    else:
        raise LookupError(name)


def needs(harness: Harness, *traits: Trait) -> None:
    """Leave out a test about what *harness* lacks, and say why."""
    for trait in traits:
        if trait in harness.lacks:
            pytest.skip(f"{harness.name}: {harness.lacks[trait]}")
