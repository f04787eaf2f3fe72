"""Our own two properties of items, so that they are found again. Importing this makes exchangelib know them."""

from exchangelib.extended_properties import ExtendedProperty
from exchangelib.items import CalendarItem, Message

from talkcycle.domain.meetings import ENTRY_PROPERTY, ORDER_PROPERTY, PROPERTY_SET
from talkcycle.transports.exchange.names import ENTRY, ORDER

__all__ = ["ENTRY", "ORDER"]


class EntryProperty(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    property_set_id = PROPERTY_SET
    property_name = ENTRY_PROPERTY
    property_type = "String"


class OrderProperty(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    property_set_id = PROPERTY_SET
    property_name = ORDER_PROPERTY
    property_type = "String"


CalendarItem.register(ENTRY, EntryProperty)
CalendarItem.register(ORDER, OrderProperty)
Message.register(ORDER, OrderProperty)
