"""Every request to Graph that any test sends is accepted by Prism with Graph's OpenAPI document.

The fake server notes what it receives, each kind once (``servers.graph_journal``). When a session ends (under xdist each
worker's), what it noted is checked, and the session fails with what Prism says. Kinds that passed are remembered in
pytest's cache, so that running a few tests again does not start Prism. Where it cannot run, ``test_graph_server`` is
skipped in part and says why.
"""

import hashlib
from collections.abc import Iterator

import pytest

REMEMBERED = "talkcycle/graph-requests-accepted"


@pytest.fixture(autouse=True, scope="session")
def _graph_requests_conform(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    from servers.graph_journal import noted  # noqa: PLC0415  # only what a session has used anyway is looked at

    kinds = noted()
    if not kinds:
        return
    from servers.prism import check, why_not  # noqa: PLC0415
    from servers.prism_program import DOCUMENT, VERSION  # noqa: PLC0415

    if why_not() is not None:
        return
    document = hashlib.sha256(VERSION.encode() + DOCUMENT.read_bytes()).hexdigest()
    names = {hashlib.sha256(f"{document} {kind}".encode()).hexdigest(): each for kind, each in kinds.items()}
    cache = request.config.cache
    accepted = set(cache.get(REMEMBERED, []) if cache is not None else [])
    complaints = check(each for name, each in names.items() if name not in accepted)
    if complaints:
        pytest.fail(
            "Graph's OpenAPI document does not allow what tests have sent:\n" + "\n".join(complaints), pytrace=False
        )
    if cache is not None:
        cache.set(REMEMBERED, sorted(set(cache.get(REMEMBERED, [])) | set(names)))
