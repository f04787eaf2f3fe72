"""People with their managers, and rooms with their lists."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from servers.graph_odata import condition, getter, paged
from servers.graph_received import Answer, GraphError, Received
from servers.graph_tenant import Ask, route
from servers.organisation import Mailbox, NoMailbox, Organisation, Where

PEOPLE = ("User.Read.All", "Directory.Read.All")
PLACES = ("Place.Read.All",)
UNASKED = (
    *("id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
)
"""What a user shows without $select."""


@route("GET", "/users", *PEOPLE)
def _users(ask: Ask) -> Answer:
    """Everybody with an account: those on-premises are synchronised, rooms have accounts that are disabled."""
    found = [each for each in ask.organisation.mailboxes.values() if each.where is not Where.ELSEWHERE]
    if "$filter" in ask.request.query:
        fits = condition(ask.request.query["$filter"])
        found = [each for each in found if fits(getter(_values(each)))]
    page, link = paged(found, ask.request, ask.link, size=100, most=999)
    content: dict[str, Any] = {"value": [_user(ask, each) for each in page]}
    if ask.request.query.get("$count") == "true":
        content["@odata.count"] = len(found)
    return Answer(content=content | link)


@route("GET", "/users/{user}", *PEOPLE)
def _one_user(ask: Ask) -> Answer:
    return Answer(content=_user(ask, _person(ask.organisation, ask.parts["user"])))


@route("GET", "/users/{user}/manager", *PEOPLE)
def _manager(ask: Ask) -> Answer:
    manager = _manager_of(ask.organisation, _person(ask.organisation, ask.parts["user"]))
    if manager is None:
        raise GraphError(404, "Request_ResourceNotFound", "Resource 'manager' does not exist.")
    return Answer(content={"@odata.type": "#microsoft.graph.user"} | _chosen(_values(manager), ask.request))


@route("GET", "/places/microsoft.graph.roomList", *PLACES)
def _room_lists(ask: Ask) -> Answer:
    found = [
        {"id": _place(address), "displayName": name, "emailAddress": address}
        for address, name in ask.organisation.room_lists.items()
    ]
    page, link = paged(found, ask.request, ask.link, size=100)
    return Answer(content={"value": page} | link)


@route("GET", "/places/{list}/microsoft.graph.roomList/rooms", *PLACES)
def _rooms_in(ask: Ask) -> Answer:
    wanted = ask.parts["list"].casefold()
    for address in ask.organisation.room_lists:
        if wanted in (address, _place(address)):
            return _rooms(ask, ask.organisation.rooms_in(address))
    raise GraphError(404, "ErrorItemNotFound", "The place was not found.")


@route("GET", "/places/microsoft.graph.room", *PLACES)
def _all_rooms(ask: Ask) -> Answer:
    return _rooms(ask, [each for each in ask.organisation.mailboxes.values() if each.is_room])


def _rooms(ask: Ask, rooms: list[Mailbox]) -> Answer:
    found = [
        {
            "id": each.id,
            "displayName": each.name,
            "emailAddress": each.address,
            "capacity": each.seats,
            "bookingType": "standard",
            "building": each.site,
        }
        for each in rooms
        if each.where is Where.ONLINE
    ]
    page, link = paged(found, ask.request, ask.link, size=100)
    return Answer(content={"value": page} | link)


def _person(organisation: Organisation, who: str) -> Mailbox:
    try:
        found = organisation.mailbox(who)
    except NoMailbox:
        found = None
    if found is None or found.where is Where.ELSEWHERE:
        raise GraphError(404, "Request_ResourceNotFound", "Resource does not exist.")
    return found


def _manager_of(organisation: Organisation, person: Mailbox) -> Mailbox | None:
    with suppress(NoMailbox):
        return organisation.mailbox(person.manager) if person.manager else None
    return None


def _user(ask: Ask, person: Mailbox) -> dict[str, Any]:
    user = _chosen(_values(person), ask.request)
    if ask.request.query.get("$expand", "").startswith("manager"):
        manager = _manager_of(ask.organisation, person)
        if manager is not None:
            user["manager"] = {"@odata.type": "#microsoft.graph.user"} | _values(manager)
    return user


def _chosen(values: Mapping[str, Any], request: Received) -> dict[str, Any]:
    names = request.query["$select"].split(",") if "$select" in request.query else UNASKED
    return {name: values[name] for name in map(str.strip, names) if name in values}


def _values(person: Mailbox) -> dict[str, Any]:
    given, _, surname = person.name.rpartition(" ")
    return {
        "id": person.id,
        "displayName": person.name,
        "givenName": given or surname,
        "surname": surname if given else None,
        "mail": person.address,
        "userPrincipalName": person.address,
        "accountEnabled": person.enabled and not person.is_room,
        "userType": "Member",
        "department": person.department,
        "officeLocation": person.site,
        "country": person.country,
        "usageLocation": person.country,
        "preferredLanguage": person.language,
        "employeeId": person.employee_id,
        "jobTitle": None,
        "mobilePhone": None,
        "businessPhones": [],
    }


def _place(address: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, address))
