"""Who plays which role: the servers that each contract suite runs against, and how each is opened."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.contract import Harness, Trait

SENDS = ("smtp",)


@contextmanager
def opened(name: str) -> Iterator[Harness]:
    """The harness of that name, its server running."""
    if name == "smtp":
        from harness.smtp import smtp_harness  # noqa: PLC0415  # each drags in what only its own transport needs

        with smtp_harness() as smtp:
            yield smtp
    else:
        raise LookupError(name)


def needs(harness: Harness, *traits: Trait) -> None:
    """Leave out a test about what *harness* lacks, and say why."""
    for trait in traits:
        if trait in harness.lacks:
            pytest.skip(f"{harness.name}: {harness.lacks[trait]}")
