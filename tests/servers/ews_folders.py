"""Folders: each mailbox has the well-known ones and no others."""

from lxml.etree import _Element

from servers.ews_search import contents
from servers.ews_soap import m, t
from servers.ews_visit import FOLDERS, Visit


def get_folder(visit: Visit) -> _Element:
    return visit.for_each(
        visit.call.findall("m:FolderIds/*"), lambda element: (m("Folders", _folder(visit.folder(element), visit)),)
    )


def find_folder(visit: Visit) -> _Element:
    """All of them, whatever the depth."""

    def find(element: _Element) -> tuple[_Element, ...]:
        parent = visit.folder(element)
        found = [name for name in FOLDERS if name not in ("root", parent)] if parent in ("root", "msgfolderroot") else []
        folders = t("Folders", *(_folder(name, visit) for name in found))
        return (m("RootFolder", folders, TotalItemsInView=str(len(found)), IncludesLastItemInRange="true"),)

    return visit.for_each(visit.call.findall("m:ParentFolderIds/*"), find)


def _folder(name: str, visit: Visit) -> _Element:
    shown, kind = FOLDERS[name]
    return t(
        "CalendarFolder" if name == "calendar" else "Folder",
        visit.folder_id(name),
        visit.folder_id("root" if name == "msgfolderroot" else "msgfolderroot", "ParentFolderId"),
        t("FolderClass", kind) if kind else None,
        t("DisplayName", shown),
        t("TotalCount", str(len(contents(visit.mailbox, name)))),
        t("ChildFolderCount", str(len(FOLDERS) - 2 if name == "msgfolderroot" else 0)),
        t("DistinguishedFolderId", name),
    )
