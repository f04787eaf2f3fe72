"""Files attached to items: added, read, taken away."""

import base64

from lxml.etree import _Element

from servers.ews_calendar import file_element
from servers.ews_mail import files_in
from servers.ews_soap import m, t
from servers.ews_visit import Visit, change_key
from servers.organisation import Item, Mail


def create_attachment(visit: Visit) -> _Element:
    """One after the other; the change key of the last is the item's."""
    parent = visit.call.find("m:ParentItemId")
    listed = visit.call.findall("m:Attachments/*")
    files = dict(zip(listed, files_in(visit.call.body, visit.organisation), strict=True))

    def attach(element: _Element) -> tuple[_Element, ...]:
        thing = visit.item(parent)
        file = files[element]
        if isinstance(thing, Item):
            organisation = visit.organisation
            file = organisation.attach(
                visit.mailbox.address, thing.id, name=file.name, mime_type=file.mime_type, data=file.data
            )
        else:
            thing.files.append(file)
            thing.version += 1
        id_ = t("AttachmentId", Id=file.id, RootItemId=thing.id, RootItemChangeKey=change_key(thing))
        return (m("Attachments", t("FileAttachment", id_)),)

    return visit.for_each(listed, attach)


def get_attachment(visit: Visit) -> _Element:
    def get(element: _Element) -> tuple[_Element, ...]:
        _, file = visit.holder(element.get("Id", ""))
        return (m("Attachments", file_element(file, t("Content", base64.b64encode(file.data).decode()))),)

    return visit.for_each(visit.call.findall("m:AttachmentIds/*"), get)


def delete_attachment(visit: Visit) -> _Element:
    def delete(element: _Element) -> tuple[_Element, ...]:
        thing, file = visit.holder(element.get("Id", ""))
        if isinstance(thing, Mail):
            thing.files.remove(file)
            thing.version += 1
        else:
            visit.organisation.detach(visit.mailbox.address, thing.id, file.id)
        return (m("RootItemId", RootItemId=thing.id, RootItemChangeKey=change_key(thing)),)

    return visit.for_each(visit.call.findall("m:AttachmentIds/*"), delete)
