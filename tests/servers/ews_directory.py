"""The address book: people, room lists and rooms."""

from lxml.etree import _Element

from servers.ews_shapes import mailbox_element
from servers.ews_soap import alone, flag, m, refuse, refused, response, succeeded, t, text_of
from servers.ews_visit import Visit
from servers.organisation import Mailbox, NoMailbox, Organisation, Where

MOST = 100
SHOWN_MOST = "Multiple results were found."


def resolve_names(visit: Visit) -> _Element:
    """By the beginning of any word of the name, or of the address; at most 100, and there is no next page."""
    name = visit.call.operation
    body = visit.call.body
    entry = (text_of(body, "m:UnresolvedEntry") or "").casefold().removeprefix("smtp:")
    people, lists = _matching(visit.organisation, entry)
    total = len(people) + len(lists)
    if not total:
        return response(name, refused(name, refuse("ErrorNameResolutionNoResults", "No results were found.")))
    full = body.get("ReturnFullContactData") in ("true", "1")
    everything = body.get("ContactDataShape") == "AllProperties"
    resolutions = [
        t(
            "Resolution",
            mailbox_element(person.address, person.name),
            _contact(person, visit.organisation, everything=everything) if full else None,
        )
        for person in people
    ] + [t("Resolution", mailbox_element(address, shown, kind="PublicDL")) for address, shown in lists]
    found = m(
        "ResolutionSet",
        *resolutions[:MOST],
        TotalItemsInView=str(min(total, MOST)),
        IncludesLastItemInRange=flag(total <= MOST),
    )
    if total == 1:
        return response(name, succeeded(name, found))
    parts = (m("MessageText", SHOWN_MOST), m("ResponseCode", "ErrorNameResolutionMultipleResults"))
    return response(
        name, m(f"{name}ResponseMessage", *parts, m("DescriptiveLinkKey", "0"), found, ResponseClass="Warning")
    )


def _matching(organisation: Organisation, entry: str) -> tuple[list[Mailbox], list[tuple[str, str]]]:
    """Mailboxes that are not hidden, and room lists."""

    def fits(name: str, address: str) -> bool:
        return any(word.startswith(entry) for word in (*name.casefold().split(), name.casefold(), address.casefold()))

    people = [
        each
        for each in organisation.mailboxes.values()
        if each.where is Where.ON_PREMISES and each.enabled and fits(each.name, each.address)
    ]
    return people, [(address, name) for address, name in organisation.room_lists.items() if fits(name, address)]


def _contact(person: Mailbox, organisation: Organisation, *, everything: bool) -> _Element:
    """Managers are told to those alone who ask for everything."""
    given, _, surname = person.name.rpartition(" ")
    manager = _manager(person, organisation) if everything else None
    address = t("Entry", person.address, Key="EmailAddress1", Name=person.name, RoutingType="SMTP", MailboxType="Mailbox")
    country = t("CountryOrRegion", person.country) if person.country else None
    return t(
        "Contact",
        t("Culture", person.language) if person.language and everything else None,
        t("DisplayName", person.name),
        t("GivenName", given) if given else None,
        t("EmailAddresses", address),
        t("PhysicalAddresses", t("Entry", country, Key="Business")) if country is not None else None,
        t("ContactSource", "ActiveDirectory"),
        t("Department", person.department) if person.department else None,
        t("Manager", manager.name) if manager else None,
        t("OfficeLocation", person.site) if person.site else None,
        t("Surname", surname) if given else None,
        t("Alias", person.address.partition("@")[0]) if everything else None,
        t("DirectoryId", person.id) if everything else None,
        t("ManagerMailbox", mailbox_element(manager.address, manager.name)) if manager else None,
    )


def _manager(person: Mailbox, organisation: Organisation) -> Mailbox | None:
    try:
        return None if person.manager is None else organisation.mailbox(person.manager)
    except NoMailbox:
        return None


def get_room_lists(visit: Visit) -> _Element:
    lists = visit.organisation.room_lists.items()
    addresses = (mailbox_element(address, name, "Address", "PublicDL") for address, name in lists)
    return alone(visit.call.operation, m("RoomLists", *addresses))


def get_rooms(visit: Visit) -> _Element:
    """Names and addresses; Exchange tells no capacity here."""
    address = text_of(visit.call.body, "m:RoomList/t:EmailAddress") or ""
    if address.casefold() not in visit.organisation.room_lists:
        raise refuse("ErrorNameResolutionNoResults", "No results were found.")
    rooms = [each for each in visit.organisation.rooms_in(address) if each.where is Where.ON_PREMISES]
    listed = (t("Room", mailbox_element(each.address, each.name, "Id")) for each in rooms)
    return alone(visit.call.operation, m("Rooms", *listed))


def get_password_expiration_date(visit: Visit) -> _Element:
    ends = visit.settings.password_expires
    text = "9999-12-31T23:59:59Z" if ends is None else ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    return alone(visit.call.operation, m("PasswordExpirationDate", text))


def convert_id(visit: Visit) -> _Element:
    """No id is converted: clients ask this to learn the server's version."""
    refusal = refuse("ErrorInvalidIdMalformed", "Id is malformed.")
    name = visit.call.operation
    return response(name, *(refused(name, refusal) for _ in visit.call.findall("m:SourceIds/*")))
