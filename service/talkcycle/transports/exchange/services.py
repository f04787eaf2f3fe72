"""Operations of EWS as exchangelib has them, with errors told where they happen, and with the one it lacks."""

from typing import Any

from exchangelib.account import Identity
from exchangelib.errors import EWSError, ResponseMessageError
from exchangelib.ewsdatetime import EWSDateTime
from exchangelib.services import (
    GetItem,
    GetRoomLists,
    GetRooms,
    GetUserAvailability,
    ResolveNames,
    SyncFolderItems,
)
from exchangelib.services.common import EWSService
from exchangelib.util import MNS, add_xml_child, create_element, xml_text_to_value


class _AsTheService:
    """What concerns no single mailbox is asked without impersonation.

    An application that logs in with a token has no mailbox of its own, so it must name one: the service's.
    """

    protocol: Any

    @property
    def _account_to_impersonate(self) -> Identity | None:
        identity: Identity | None = self.protocol.identity
        return identity


class AvailabilityOfEach(_AsTheService, GetUserAvailability):  # type: ignore[misc]  # exchangelib has no types
    """A mailbox that cannot be told keeps no other from being told: its error stands in its place."""

    ERRORS_TO_CATCH_IN_RESPONSE = (EWSError,)


class Rooms(_AsTheService, GetRooms):  # type: ignore[misc]  # exchangelib has no types
    pass


class RoomListsThere(_AsTheService, GetRoomLists):  # type: ignore[misc]  # exchangelib has no types
    pass


class Names(_AsTheService, ResolveNames):  # type: ignore[misc]  # exchangelib has no types
    """*complete*: the answer was not cut at 100. exchangelib only warns of that, through a global."""

    complete = True

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        container = EWSService._get_element_container(self, message, name)  # noqa: SLF001  # past the warning
        if not isinstance(container, Exception):
            self.complete = container.get("IncludesLastItemInRange", "true").lower() in {"true", "1"}
        return container


class PasswordExpires(_AsTheService, EWSService):  # type: ignore[misc]  # exchangelib has no types
    """GetPasswordExpirationDate (MS-OXWSPED), which exchangelib does not have."""

    SERVICE_NAME = "GetPasswordExpirationDate"
    element_container_name = None

    def call(self, address: str) -> Any:
        payload = create_element(f"m:{self.SERVICE_NAME}")
        add_xml_child(payload, "m:MailboxSmtpAddress", address)
        return self._elems_to_objs(self._get_elements(payload=payload))

    @classmethod
    def _get_elements_in_container(cls, container: Any) -> list[Any]:
        return [container.find(f"{{{MNS}}}PasswordExpirationDate")]

    def _elem_to_obj(self, elem: Any) -> EWSDateTime | None:
        return xml_text_to_value(elem.text, EWSDateTime)


class EachItem(GetItem):  # type: ignore[misc]  # exchangelib has no types
    """An item that is not there keeps no other from being told: its error stands in its place."""

    ERRORS_TO_CATCH_IN_RESPONSE = (ResponseMessageError,)


class Synced(SyncFolderItems):  # type: ignore[misc]  # exchangelib has no types
    """exchangelib looks for a state in an error as well, and stumbles where there is none."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        if message.get("ResponseClass") != "Success":
            return EWSService._get_element_container(self, message, name)  # noqa: SLF001  # raises what the message says
        return super()._get_element_container(message=message, name=name)
