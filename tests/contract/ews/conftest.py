"""A running fake of Exchange, its organisation, and a client."""

from collections.abc import Iterator

import pytest
from exchangelib import CalendarItem, Message

from dispatching import JumpingClock
from ews_office import ANNA, BO, NOW, OLLE, ROOM, ROOMS, Label
from servers.ews_client import Client, ews_client
from servers.ews_server import ACCOUNT, EwsServer, ews_server
from servers.organisation import Organisation, Where


@pytest.fixture(autouse=True)
def _labels() -> Iterator[None]:
    for kind in (CalendarItem, Message):
        kind.register("label", Label)
    yield
    for kind in (CalendarItem, Message):
        kind.deregister("label")


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(NOW)


@pytest.fixture
def organisation(clock: JumpingClock) -> Organisation:
    made = Organisation(now=clock.now)
    made.add(ACCOUNT, where=Where.ON_PREMISES, name="HR")
    made.add(BO, where=Where.ON_PREMISES, name="Bo Ek")
    made.add(ANNA, where=Where.ON_PREMISES, name="Anna Al", manager=BO, department="Hamnen", site="Umeå")
    made.add(OLLE, where=Where.ONLINE, name="Olle Bo")
    made.add_room_list(ROOMS, "Rum i Umeå")
    made.add(ROOM, where=Where.ON_PREMISES, name="Måsen", room_list=ROOMS)
    return made


@pytest.fixture
def server(organisation: Organisation) -> Iterator[EwsServer]:
    with ews_server(organisation) as running:
        yield running


@pytest.fixture
def client(server: EwsServer) -> Iterator[Client]:
    with ews_client(server) as made:
        yield made
