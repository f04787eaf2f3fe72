"""SOAP, and Exchange's own frame within it: elements, calls, response messages, faults."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
PREFIXES = {"t": TYPES, "m": MESSAGES}
Content = _Element | str | None

_OPENING = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<s:Envelope xmlns:s="{SOAP}"><s:Header><h:ServerVersionInfo xmlns:h="{TYPES}" MajorVersion="15" MinorVersion="1" '
    'MajorBuildNumber="2507" MinorBuildNumber="6" Version="V2017_07_11"/></s:Header><s:Body>'
).encode()
"""Exchange 2016 CU23. Its own version is none that a request may ask for, as the real ones' is not."""
_CLOSING = b"</s:Body></s:Envelope>"

EMPTY = {
    "CreateAttachment": (("Attachments",),),
    "CreateItem": (("Items",),),
    "GetAttachment": (("Attachments",),),
    "GetFolder": (("Folders",),),
    "GetItem": (("Items",),),
    "SyncFolderItems": (("SyncState",), ("IncludesLastItemInRange", "true")),
    "UpdateItem": (("Items",),),
}
"""What a message that refuses holds all the same."""


class Malformed(ValueError):
    """That was no SOAP at all."""


@dataclass(slots=True, kw_only=True, eq=False)
class Refusal(Exception):
    """The server says no.

    Attributes:
        code: One of Exchange's response codes.
        details: What MessageXml holds.
    """

    code: str
    text: str
    details: tuple[_Element, ...] = ()


def refuse(code: str, text: str, **values: str) -> Refusal:
    """*values*: named ones in MessageXml, as Exchange writes BackOffMilliseconds."""
    return Refusal(code=code, text=text, details=tuple(t("Value", value, Name=name) for name, value in values.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        body: The operation's element.
        header: The elements of the SOAP header.
        impersonated: Address of the mailbox to act as.
        raw: The whole of it as it came.
    """

    operation: str
    body: _Element
    raw: bytes
    header: tuple[_Element, ...] = ()
    impersonated: str | None = None

    def find(self, path: str) -> _Element | None:
        return self.body.find(path, PREFIXES)

    def findall(self, path: str) -> list[_Element]:
        return self.body.findall(path, PREFIXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    body: bytes
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def t(name: str, *content: Content, **attributes: str) -> _Element:
    """An element of the types' namespace. None among the content is left out."""
    return _element(TYPES, name, content, attributes)


def m(name: str, *content: Content, **attributes: str) -> _Element:
    """An element of the messages' namespace."""
    return _element(MESSAGES, name, content, attributes)


def _element(namespace: str, name: str, content: Iterable[Content], attributes: dict[str, str]) -> _Element:
    element = etree.Element(f"{{{namespace}}}{name}", attributes, nsmap=PREFIXES)
    for each in content:
        if isinstance(each, str):
            element.text = each
        elif each is not None:
            element.append(each)
    return element


def flag(value: bool) -> str:  # noqa: FBT001  # a value to be written, not a switch
    return "true" if value else "false"


def text_of(parent: _Element | None, path: str) -> str | None:
    """The text at *path*; None without such an element."""
    found = None if parent is None else parent.find(path, PREFIXES)
    return None if found is None else found.text or ""


def local(element: _Element) -> str:
    """Its name without namespace."""
    return str(etree.QName(element).localname)


def elements(parent: _Element) -> Iterator[_Element]:
    """Children, comments aside."""
    return parent.iterchildren(tag=etree.Element)


def parse_call(raw: bytes) -> Call:
    """Raises Malformed."""
    try:
        envelope = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as failure:
        raise Malformed(str(failure)) from failure
    header, body = (envelope.find(f"{{{SOAP}}}{name}") for name in ("Header", "Body"))
    if body is None or len(body) != 1:
        raise Malformed("one element is to be in the body")
    sid = "t:ExchangeImpersonation/t:ConnectingSID"
    impersonated = (text_of(header, f"{sid}/t:{name}") for name in ("PrimarySmtpAddress", "SmtpAddress", "PrincipalName"))
    return Call(
        operation=local(body[0]).removesuffix("Request"),
        body=body[0],
        raw=raw,
        header=() if header is None else tuple(elements(header)),
        impersonated=next((each for each in impersonated if each), None),
    )


def succeeded(operation: str, *content: Content) -> _Element:
    return m(f"{operation}ResponseMessage", *success(), *content, ResponseClass="Success")


def success() -> tuple[_Element, ...]:
    return (m("ResponseCode", "NoError"),)


def refused(operation: str, refusal: Refusal) -> _Element:
    empty = [m(name, *content) for name, *content in EMPTY.get(operation, ())]
    return m(f"{operation}ResponseMessage", *failure(refusal), *empty, ResponseClass="Error")


def failure(refusal: Refusal) -> tuple[_Element, ...]:
    details = (m("MessageXml", *refusal.details),) if refusal.details else ()
    text, code = m("MessageText", refusal.text), m("ResponseCode", refusal.code)
    return (text, code, m("DescriptiveLinkKey", "0"), *details)


def response(operation: str, *messages: _Element) -> _Element:
    return m(f"{operation}Response", m("ResponseMessages", *messages))


def alone(operation: str, *content: Content, refusal: Refusal | None = None) -> _Element:
    """The response of an operation that has one message, which is the response."""
    parts = success() if refusal is None else failure(refusal)
    return m(f"{operation}Response", *parts, *content, ResponseClass="Success" if refusal is None else "Error")


def answer(element: _Element) -> Answer:
    return Answer(body=_OPENING + etree.tostring(element) + _CLOSING)


def fault(refusal: Refusal) -> Answer:
    """As Exchange does: HTTP 500, no header, the code thrice."""
    code, text = refusal.code, refusal.text
    detail = t("MessageXml", *refusal.details) if refusal.details else None
    error = "{" + ERRORS + "}"
    body = etree.Element(f"{{{SOAP}}}Fault", nsmap={"s": SOAP})
    faultcode = etree.SubElement(body, "faultcode", nsmap={"a": TYPES})
    faultcode.text = f"a:{code}"
    etree.SubElement(body, "faultstring", {"{http://www.w3.org/XML/1998/namespace}lang": "en-US"}).text = text
    details = etree.SubElement(body, "detail")
    etree.SubElement(details, f"{error}ResponseCode", nsmap={"e": ERRORS}).text = code
    etree.SubElement(details, f"{error}Message", nsmap={"e": ERRORS}).text = text
    if detail is not None:
        details.append(detail)
    opening = f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body>'.encode()
    return Answer(status=500, body=opening + etree.tostring(body) + _CLOSING)
