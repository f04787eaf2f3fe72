"""Autodiscover over SOAP: where the mailbox of an address is served. How clients find this itself is DNS's business."""

from lxml import etree

from servers.ews_soap import SOAP, Answer
from servers.organisation import NoMailbox, Organisation, Where

NAMESPACE = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
PATH = "/autodiscover/autodiscover.svc"


def user_settings(raw: bytes, organisation: Organisation, endpoint: str) -> Answer:
    """The answer to GetUserSettings."""
    addresses = [each.text or "" for each in etree.fromstring(raw).iter(f"{{{NAMESPACE}}}Mailbox")]
    a = f"{{{NAMESPACE}}}"
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": NAMESPACE, "i": INSTANCE})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    reply = etree.SubElement(etree.SubElement(body, f"{a}GetUserSettingsResponseMessage"), f"{a}Response")
    etree.SubElement(reply, f"{a}ErrorCode").text = "NoError"
    etree.SubElement(reply, f"{a}ErrorMessage")
    users = etree.SubElement(reply, f"{a}UserResponses")
    for address in addresses:
        found = _settings(address, organisation, endpoint)
        user = etree.SubElement(users, f"{a}UserResponse")
        etree.SubElement(user, f"{a}ErrorCode").text = "NoError" if found else "InvalidUser"
        etree.SubElement(user, f"{a}ErrorMessage").text = "No error." if found else f"Invalid user: '{address}'"
        settings = etree.SubElement(user, f"{a}UserSettings")
        for name, value in found.items():
            setting = etree.SubElement(settings, f"{a}UserSetting", {f"{{{INSTANCE}}}type": "a:StringSetting"})
            etree.SubElement(setting, f"{a}Name").text = name
            etree.SubElement(setting, f"{a}Value").text = value
    return Answer(body=etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))


def _settings(address: str, organisation: Organisation, endpoint: str) -> dict[str, str]:
    try:
        mailbox = organisation.mailbox(address, Where.ON_PREMISES)
    except NoMailbox:
        return {}
    names = {"AutoDiscoverSMTPAddress": mailbox.address, "UserDisplayName": mailbox.name}
    return names | {"InternalEwsUrl": endpoint, "ExternalEwsUrl": endpoint, "EwsSupportedSchemas": "Exchange2016"}
