"""Every text of a round with example people: what HR reads before there is a plan."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Fault, FaultyInput, Refused
from talkcycle.domain.messages import (
    CANCELLATION,
    HANDED_OVER,
    MOVED_TEMPLATE,
    NEW_ENTRY_TEMPLATE,
    NEW_HOST,
    OLD_ENTRY_TEMPLATE,
    Kind,
    RenderedMessage,
)
from talkcycle.domain.people import Role
from talkcycle.domain.ports import MailSender, Parcel
from talkcycle.domain.routes import Routing
from talkcycle.rendering.library import base_of
from talkcycle.rendering.message import Composed, compose, render
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.pages.texts_page import ShownText, texts_pages
from talkcycle.rounds.examples import example_messages
from talkcycle.rounds.orders import order_for
from talkcycle.rounds.page_links import example_links
from talkcycle.rounds.plan import Inputs
from talkcycle.rounds.texts import RoundTexts, texts_of

BETWEEN = frozenset({MOVED_TEMPLATE, NEW_ENTRY_TEMPLATE, OLD_ENTRY_TEMPLATE, NEW_HOST, HANDED_OVER})
"""Texts of a step or a cancellation that goes another way than usual; they are shown by their own names."""

SEED = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedText:
    """One text for one recipient. *name*: the step's id, or what is built in (``moved``, ``cancellation``)."""

    name: str
    language: str
    role: Role
    order: RenderOrder
    composed: Composed


def preview(
    inputs: Inputs, *, sender: str, language: str | None = None, seed: str = SEED, page_url: str | None = None
) -> list[PreviewedText]:
    """Every text in every complete language, or in *language* alone, in the order of the cycle's steps.

    Args:
        page_url: What links to people's own pages begin with; None: there are no pages.

    Raises:
        Refused: There are no texts in *language*.
        FaultyInput: Texts that fail when they are made; with all of them.
    """
    texts = texts_of(dict(inputs.files), default_language=inputs.cycle.language)
    found: list[PreviewedText] = []
    faults: list[Fault] = []
    routing = Routing(sender=sender)
    page_link = None if page_url is None else example_links(page_url)
    for tag in _languages(texts, language):
        for message in example_messages(inputs, tag, seed=seed, pages=page_url is not None):
            order = order_for(
                message.due,
                message.facts,
                digest=message.digest,
                routing=routing,
                now=message.due.due_at,
                page_link=page_link,
            )
            order = replace(order, offer=message.offer)
            try:
                composed = compose(order, texts.library, texts.attachments)
            except Exception as failure:  # noqa: BLE001  # whatever a text of HR's does wrong is told like every fault
                faults.append(_fault(order, tag, failure))
                continue
            name = order.due.template if order.due.template in BETWEEN else order.due.key.step
            found.append(PreviewedText(name=name, language=tag, role=order.due.role, order=order, composed=composed))
    if faults:
        raise FaultyInput(faults)
    return found


def preview_pages(inputs: Inputs, texts: Iterable[PreviewedText]) -> dict[str, bytes]:
    """The files of a preview by their path, ``index.html`` over them all."""
    library = texts_of(dict(inputs.files), default_language=inputs.cycle.language).library
    shown = [
        ShownText(
            name=each.name, language=each.language, role=each.role, when=_when(each.order.due.why), composed=each.composed
        )
        for each in texts
    ]
    names = {text.language: library.mail(CANCELLATION, text.language).words.say("language_name", {}) for text in shown}
    return texts_pages(shown, inputs.cycle, names)


def mail_preview(
    inputs: Inputs,
    texts: Sequence[PreviewedText],
    line: MailSender,
    *,
    to: str,
    wait: Callable[[int], object],
) -> int:
    """Send *texts* to the one address *to*; say how many. Nothing is stored, and no calendar part is sent.

    Without its calendar part, and without the copy of it, an invitation is only a mail: no meeting lands in a calendar.
    Their Message-IDs are new each time, since servers drop what they have seen.

    Args:
        wait: Called before each message with how many went before, to keep to the server's limits.

    Raises:
        Refused: The server did not take one; how far it got is in the sentence.
    """
    library = texts_of(dict(inputs.files), default_language=inputs.cycle.language)
    run = uuid.uuid4().hex
    for number, text in enumerate(texts):
        wait(number)
        mail = render(_to(text.order, to, f"{run}-{text.language}-{text.name}"), library.library, library.attachments)
        try:
            line.send(parcel_of(mail))
        except DeliveryError as error:
            raise Refused(f"{number} of {len(texts)} texts were sent; then: {error}") from error
    return len(texts)


def parcel_of(mail: RenderedMessage) -> Parcel:
    """*mail* as a transport wants it, for the first time."""
    return Parcel(
        kind=mail.kind,
        mailbox=mail.mailbox,
        address=mail.address,
        message_id=mail.message_id,
        payload=mail.payload,
    )


def _when(why: str) -> str:
    """Without what only holds for the example's own day."""
    return why.partition(";")[0].partition(",")[0]


def _to(order: RenderOrder, address: str, seed: str) -> RenderOrder:
    return replace(
        order,
        due=replace(order.due, kind=Kind.MAIL),
        round=replace(order.round, seed=seed),
        recipient=replace(order.recipient, email=address),
    )


def _languages(texts: RoundTexts, wanted: str | None) -> list[str]:
    complete = texts.library.languages
    if wanted is None:
        return sorted(complete, key=lambda tag: (tag != texts.library.default_language, tag))
    if wanted not in complete and base_of(wanted) not in complete:
        raise Refused(f"There are no texts in {wanted}. There are: {', '.join(sorted(complete))}.")
    return [wanted]


def _fault(order: RenderOrder, language: str, failure: Exception) -> Fault:
    return Fault(
        file=f"templates/{language}/{order.due.template}.md",
        problem=f"the text for the {order.due.role.value} cannot be made: {failure}.",
        mend="Look at the branch of the text that this recipient gets.",
    )
