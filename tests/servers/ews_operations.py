"""Every operation the fake knows, and how one is carried out."""

from collections.abc import Callable, Mapping

from lxml.etree import _Element

from servers.ews_attachments import create_attachment, delete_attachment, get_attachment
from servers.ews_availability import get_server_time_zones, get_user_availability
from servers.ews_directory import convert_id, get_password_expiration_date, get_room_lists, get_rooms, resolve_names
from servers.ews_folders import find_folder, get_folder
from servers.ews_items import create_item, delete_item, get_item, send_item, update_item
from servers.ews_search import find_item, sync_folder_items
from servers.ews_soap import Answer, Refusal, alone, answer, fault, refused, response
from servers.ews_visit import Visit

OPERATIONS: Mapping[str, Callable[[Visit], _Element]] = {
    "ConvertId": convert_id,
    "CreateAttachment": create_attachment,
    "CreateItem": create_item,
    "DeleteAttachment": delete_attachment,
    "DeleteItem": delete_item,
    "FindFolder": find_folder,
    "FindItem": find_item,
    "GetAttachment": get_attachment,
    "GetFolder": get_folder,
    "GetItem": get_item,
    "GetPasswordExpirationDate": get_password_expiration_date,
    "GetRoomLists": get_room_lists,
    "GetRooms": get_rooms,
    "GetServerTimeZones": get_server_time_zones,
    "GetUserAvailability": get_user_availability,
    "ResolveNames": resolve_names,
    "SendItem": send_item,
    "SyncFolderItems": sync_folder_items,
    "UpdateItem": update_item,
}
ALONE = ("GetPasswordExpirationDate", "GetRoomLists", "GetRooms")
"""Their response is its only message."""


def carry_out(visit: Visit) -> tuple[_Element | None, Answer]:
    """The response to judge by the schemas (None: a fault), and the answer that holds it."""
    name = visit.call.operation
    with visit.organisation.lock:
        try:
            visit.check_impersonation()
        except Refusal as refusal:
            return None, fault(refusal)
        try:
            element = OPERATIONS[name](visit)
        except Refusal as refusal:
            if name == "GetUserAvailability":
                return None, fault(refusal)
            element = alone(name, refusal=refusal) if name in ALONE else response(name, refused(name, refusal))
        return element, answer(element)
