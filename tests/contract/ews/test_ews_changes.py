"""What the fake of Exchange tells of changes in a calendar."""

from typing import Any

import pytest
from exchangelib.errors import ErrorInvalidSyncStateData
from exchangelib.services import SyncFolderItems

from ews_office import ANNA, BO, a_meeting
from servers.ews_client import Client
from servers.ews_server import EwsServer
from servers.organisation import Organisation


def synced(account: Any, state: str | None, most: int = 100) -> tuple[list[tuple[str, str]], str, bool]:
    """Changes (kind, id), the new state, and whether that was all."""
    service = SyncFolderItems(account=account)
    found = service.call(
        folder=account.calendar,
        shape="IdOnly",
        additional_fields=None,
        sync_state=state,
        ignore=None,
        max_changes_returned=most,
        sync_scope=None,
    )
    changes = [(kind, item.id) for kind, item in found]
    return changes, service.sync_state, service.includes_last_item_in_range


def test_changes_are_told_once_in_pages_and_deleted_items_by_their_id(client: Client, organisation: Organisation) -> None:
    account = client.open(BO)
    items = [a_meeting(account).save() for _ in range(3)]

    first, state, all_told = synced(account, None, most=2)
    assert (first, all_told) == ([("create", item.id) for item in items[:2]], False)
    rest, state, all_told = synced(account, state, most=2)
    assert (rest, all_told) == ([("create", items[2].id)], True)
    assert synced(account, state)[0] == []

    organisation.update(BO, items[0].id, subject="anew")
    deleted = items[1].id
    items[1].delete()
    assert synced(account, state)[0] == [("update", items[0].id), ("delete", deleted)]


def test_states_that_are_forgotten_or_anothers_are_refused(client: Client, server: EwsServer) -> None:
    _, state, _ = synced(client.open(BO), None)
    with pytest.raises(ErrorInvalidSyncStateData):
        synced(client.open(ANNA), state)
    server.forget_states()
    with pytest.raises(ErrorInvalidSyncStateData):
        synced(client.open(BO), state)
