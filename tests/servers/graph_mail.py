"""Drafts, and what becomes of them."""

from email import policy
from email.parser import BytesParser
from typing import Any

from servers.graph_event_shape import properties_of
from servers.graph_mail_shape import (
    IMMUTABLE,
    KEPT,
    compose,
    mail_of_json,
    mail_of_mime,
    mail_values,
    recipients_in,
    values_of,
)
from servers.graph_odata import condition, getter, paged, selected
from servers.graph_received import Answer, GraphError
from servers.graph_tenant import Ask, Tenant, route
from servers.organisation import Mail, NoItem

READ = ("Mail.Read", "Mail.ReadWrite")
WRITE = ("Mail.ReadWrite",)
SEND = ("Mail.Send",)
FOLDERS = {"drafts": "AQMkDrafts", "sentitems": "AQMkSentItems", "inbox": "AQMkInbox"}


@route("POST", "/users/{box}/messages", *WRITE)
@route("POST", "/users/{box}/mailFolders/{folder}/messages", *WRITE)
def _draft(ask: Ask) -> Answer:
    is_mime = ask.request.headers.get("content-type", "").startswith("text/plain")
    mail, given = mail_of_mime(ask) if is_mime else mail_of_json(ask, ask.body())
    ask.tenant.throttle.upload(ask.address, sum(len(file.data) for file in mail.files))
    ask.organisation.save_mail(ask.address, mail)
    _given(ask.tenant)[mail.id] = given
    return _shown(ask, mail, 201)


@route("GET", "/users/{box}/messages", *READ)
@route("GET", "/users/{box}/mailFolders/{folder}/messages", *READ)
def _list(ask: Ask) -> Answer:
    """Newest first."""
    found = list(reversed(ask.mailbox.mails.values()))
    if "folder" in ask.parts:
        folder = FOLDERS.get(ask.parts["folder"].casefold(), ask.parts["folder"])
        found = [mail for mail in found if _folder(mail) == folder]
    if "$filter" in ask.request.query:
        fits = condition(ask.request.query["$filter"])
        found = [mail for mail in found if fits(lambda path, of=mail: _field(ask, of, path))]  # type: ignore[misc]
    page, link = paged(found, ask.request, ask.link, size=10)
    return Answer(content={"value": [selected(_values(ask, mail), ask.request) for mail in page]} | link)


@route("GET", "/users/{box}/messages/{message}", *READ)
def _get(ask: Ask) -> Answer:
    return _shown(ask, _mail(ask), 200)


@route("PATCH", "/users/{box}/messages/{message}", *WRITE)
def _change(ask: Ask) -> Answer:
    mail, body = _mail(ask), ask.body()
    if not mail.draft and set(body) & {*KEPT, "internetMessageId"}:
        raise GraphError(400, "ErrorInvalidPropertySet", "The property can only be set on drafts.")
    given = _given(ask.tenant).setdefault(mail.id, {})
    given |= {name: body[name] for name in KEPT if name in body}
    mail.message_id = body.get("internetMessageId", mail.message_id)
    mail.properties |= properties_of(body)
    if any(name.endswith("Recipients") for name in body):
        mail.recipients = recipients_in(given)
    mail.version += 1
    return _shown(ask, mail, 200)


@route("DELETE", "/users/{box}/messages/{message}", *WRITE)
def _delete(ask: Ask) -> Answer:
    ask.organisation.delete_mail(ask.address, ask.parts["message"])
    return Answer(status=204)


@route("POST", "/users/{box}/messages/{message}/send", *SEND)
def _send(ask: Ask) -> Answer:
    mail = _mail(ask)
    if not mail.draft:
        raise NoItem(mail.id)
    _go(ask, mail)
    return Answer(status=202)


@route("POST", "/users/{box}/sendMail", *SEND)
def _send_mail(ask: Ask) -> Answer:
    body = {name[:1].lower() + name[1:]: value for name, value in ask.body().items()}
    mail, given = mail_of_json(ask, body.get("message") or {})
    ask.organisation.save_mail(ask.address, mail)
    _given(ask.tenant)[mail.id] = given
    try:
        _go(ask, mail)
    except GraphError:
        ask.mailbox.mails.pop(mail.id)
        raise
    if body.get("saveToSentItems") is False:
        ask.mailbox.mails.pop(mail.id)
    return Answer(status=202)


def _go(ask: Ask, mail: Mail) -> None:
    """Send a draft, which moves to the sent items: with an id that does not outlive moves, it has another there."""
    given = _given(ask.tenant).get(mail.id, {})
    sender = (given.get("from") or {}).get("emailAddress", {}).get("address", ask.address)
    if sender.casefold() != ask.address.casefold():
        raise GraphError(403, "ErrorSendAsDenied", "The user account which was used lacks the right to send as this one.")
    if not mail.recipients:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    ask.tenant.throttle.sending(ask.address, len(mail.recipients))
    mail.mime = mail.mime or compose(ask, mail, given)
    ask.organisation.send_mail(ask.address, mail.id)
    if not mail.id.startswith(IMMUTABLE):
        del ask.mailbox.mails[mail.id]
        _given(ask.tenant)[moved := ask.organisation.new_id()] = given
        mail.id = moved
        ask.organisation.save_mail(ask.address, mail)


def _given(tenant: Tenant) -> dict[str, dict[str, Any]]:
    """What was said of each draft, by its id."""
    found: dict[str, dict[str, Any]] = tenant.memory.setdefault("given", {})
    return found


def _folder(mail: Mail) -> str:
    return FOLDERS["drafts" if mail.draft else "inbox" if mail.received else "sentitems"]


def _mail(ask: Ask) -> Mail:
    found = ask.mailbox.mails.get(ask.parts["message"])
    if found is None:
        raise NoItem(ask.parts["message"])
    return found


def _values(ask: Ask, mail: Mail) -> dict[str, Any]:
    given = _given(ask.tenant).get(mail.id)
    if given is None:
        given = values_of(BytesParser(policy=policy.default).parsebytes(mail.mime))
    return mail_values(mail, given, _folder(mail), ask.request)


def _shown(ask: Ask, mail: Mail, status: int) -> Answer:
    return Answer(status=status, content=selected(_values(ask, mail), ask.request))


def _field(ask: Ask, mail: Mail, path: str) -> Any:
    if path == "internetMessageId":
        return mail.message_id
    if path == "isDraft":
        return mail.draft
    if path == "singleValueExtendedProperties":
        return [{"id": name, "value": value} for name, value in mail.properties.items()]
    return getter(_values(ask, mail))(path)
