"""The version that service.yaml names is taken, and nothing is probed."""

import pytest

from talkcycle.transports.exchange.line import version_of


@pytest.mark.parametrize(
    ("name", "api", "build"),
    [
        ("Exchange2010_SP2", "Exchange2010_SP2", (14, 2)),
        ("Exchange2013", "Exchange2013", (15, 0)),
        ("Exchange2013_SP1", "Exchange2013_SP1", (15, 0)),
        ("Exchange2016", "Exchange2016", (15, 1)),
        ("Exchange2019", "Exchange2016", (15, 1)),
        ("ExchangeSomeday", "ExchangeSomeday", (15, 1)),
    ],
)
def test_a_name_gives_the_schema_and_a_build_that_has_it(name: str, api: str, build: tuple[int, int]) -> None:
    version = version_of(name)

    assert version.api_version == api
    assert (version.build.major_version, version.build.minor_version) == build
