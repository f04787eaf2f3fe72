"""The bytes of a mail: what parsers read from them, and what no name can put into them."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from html import unescape
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rendering_round import CYCLE, EMPLOYEE, MANAGER, ROUND, OrderFor, make_order
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import Role
from talkcycle.rendering.headers import address_header, envelope_address, text_header
from talkcycle.rendering.library import Library
from talkcycle.rendering.message import render


def parsed(payload: bytes) -> Any:
    return message_from_bytes(payload, policy=policy.default)


def display_name(payload: bytes) -> str:
    """The name in To. Python's newer parser puts a blank between two encoded words of a name, against RFC 2047."""
    name, _ = parseaddr(str(message_from_bytes(payload)["To"]))
    return str(make_header(decode_header(name)))


def html_of(mail: Any) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def text_of(mail: Any) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_plain_mail_has_every_header_and_two_forms(order_for: OrderFor, mini: Library) -> None:
    rendered = render(order_for(), mini, {})

    mail = parsed(rendered.payload)

    assert {name: str(value) for name, value in mail.items() if name != "Content-Type"} == {
        "Date": "Fri, 12 Feb 2027 08:00:00 +0000",
        "From": '"HR, Norrsken AB" <samtal@norrsken.example>',
        "Reply-To": "Maria Åkesson <hr@norrsken.example>",
        "To": "Åsa Lindqvist <asa@norrsken.example>",
        "Subject": "Samtal 9 mars med Björn Öberg",
        "Message-ID": rendered.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "sv",
        "MIME-Version": "1.0",
    }
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (rendered.address, rendered.mailbox) == ("asa@norrsken.example", "samtal@norrsken.example")


def test_the_same_order_gives_the_same_bytes(order_for: OrderFor, mini: Library, mini_files: dict[str, bytes]) -> None:
    order = order_for(kind=Kind.MEETING_CREATE, attach=("agenda", "self-review"))

    again = Library(mini_files, default_language="sv")

    assert render(order, mini, {}) == render(order, again, {})


def test_a_message_id_is_the_keys_own_and_the_rounds_own(order_for: OrderFor, mini: Library) -> None:
    orders = [
        order_for(),
        order_for(role=Role.MANAGER),
        order_for("reminder"),
        order_for(round_=replace(ROUND, seed="other")),
    ]

    ids = [render(order, mini, {}).message_id for order in orders]

    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"<[0-9a-f-]{36}@norrsken\.example>", id_) for id_ in ids)


def test_hrs_own_files_are_attached_intact_with_their_names(order_for: OrderFor, mini: Library) -> None:
    data = bytes(range(256)) * 7

    mail = parsed(
        render(
            order_for(attach=("Så här gör vi.pdf", 'a "b".xyz')), mini, {"Så här gör vi.pdf": data, 'a "b".xyz': b""}
        ).payload
    )

    files = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) for part in mail.iter_attachments()
    ]
    assert files == [("Så här gör vi.pdf", "application/pdf", data), ('a "b".xyz', "application/octet-stream", b"")]


def test_a_missing_attachment_is_an_error_never_left_out(order_for: OrderFor, mini: Library) -> None:
    with pytest.raises(LookupError):
        render(order_for(attach=("guide.pdf",)), mini, {})


def test_a_text_about_a_talk_without_a_talk_is_an_error(order_for: OrderFor, mini: Library) -> None:
    with pytest.raises(Exception, match="'short_date' is undefined"):
        render(order_for(talk=None), mini, {})


def test_an_agenda_without_a_talk_is_an_error(order_for: OrderFor, mini: Library) -> None:
    with pytest.raises(ValueError, match="about a talk"):
        render(order_for("announcement", talk=None, attach=("agenda",)), mini, {})


def test_nobody_without_an_address_is_written_to(order_for: OrderFor, mini: Library) -> None:
    with pytest.raises(ValueError, match="person:e1 has no address"):
        render(order_for(employee=replace(EMPLOYEE, email=None)), mini, {})


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), min_size=1, max_size=60).filter(
    lambda name: name == " ".join(name.split())
)


@settings(max_examples=80)
@given(name=NAMES)
@example(name='"Åsa" <evil@x.example>')
@example(name="[klicka](https://evil.example) <b>x</b> `a` *b* _c_ ![x](y)")
@example(name="1. Anna")
@example(name="- Anna")
@example(name="# Anna")
@example(name="=?utf-8?q?Anna?=")
@example(name="Anna, Bo; C: <d@e.example>")
@example(name="{{ hr_email }} {% raw %} {# x #}")
@example(name="Ö" * 60)
@example(name="x" * 60)
@example(name="a\\")
@example(name="&lt;b&gt; &amp; https://evil.example")
def test_any_name_arrives_as_it_is_and_brings_nothing_along(mini: Library, name: str) -> None:
    employee, manager = replace(EMPLOYEE, name=name), replace(MANAGER, name=name)
    order = make_order(employee=employee, manager=manager, kind=Kind.MEETING_CREATE)

    payload = render(order, mini, {}).payload

    mail, plain = parsed(payload), parsed(render(make_order(), mini, {}).payload)
    text, html = text_of(mail), html_of(mail)
    assert display_name(payload) == name
    assert [address.addr_spec for address in mail["To"].addresses] == ["asa@norrsken.example"]
    assert mail["Subject"] == f"Samtal 9 mars med {name}"
    assert mail.keys() == [*plain.keys()]
    assert mail.defects == []
    assert " ".join(text.split()).startswith(f"Hej {name}! Ni har en tid")
    assert unescape(re.sub("<[^>]+>", "", html)).count(f"Hej {name}!") == 1
    assert re.findall("</?[a-z0-9]+", html) == re.findall("</?[a-z0-9]+", html_of(plain))
    assert re.findall('href="[^"]*"', html) == re.findall('href="[^"]*"', html_of(plain))
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", payload) is None
    assert max(len(line) for line in payload.split(b"\r\n")) < 998


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x7f", "\x85", "\u2028"])
def test_control_characters_are_refused_in_headers(character: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        address_header("To", f"Anna{character}Bcc: x@y.example", "a@b.example")
    with pytest.raises(ValueError, match="control character"):
        address_header("To", "Anna", f"a@b.example{character}")
    with pytest.raises(ValueError, match="control character"):
        text_header("Subject", f"Hej{character}Bcc: x@y.example")


@pytest.mark.parametrize("address", ["a@b.example, c@d.example", "a@b.example>", "<a@b.example", "a b@c.example"])
def test_one_address_cannot_become_two(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        address_header("To", "Anna", address)


@settings(max_examples=150)
@given(value=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), max_size=300))
@example(value="x" * 2000)
@example(value="word " * 60)
def test_any_subject_arrives_as_it_is(value: str) -> None:
    subject = " ".join(value.split())

    header = text_header("Subject", subject)

    assert message_from_bytes(header + b"\r\n", policy=policy.default)["Subject"] == subject
    assert max(len(line) for line in header.split(b"\r\n")) < 998


def test_an_international_domain_is_written_in_ascii_and_a_local_part_stays(order_for: OrderFor, mini: Library) -> None:
    domain = render(order_for(employee=replace(EMPLOYEE, email="asa@företag.example")), mini, {})
    local_part = render(order_for(employee=replace(EMPLOYEE, email="åsa@norrsken.example")), mini, {})

    assert domain.address == "asa@xn--fretag-wxa.example"
    assert domain.payload.isascii()
    assert local_part.address == "åsa@norrsken.example"
    assert "\r\n <åsa@norrsken.example>\r\n".encode() in local_part.payload


def test_a_domain_that_would_become_another_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        envelope_address("anna@faß.example")


def test_hrs_markdown_keeps_its_form_and_raw_html_is_shown(order_for: OrderFor, mini_files: dict[str, bytes]) -> None:
    body = b"---\nsubject: Hej\nvariables: [strategy, strategy_link]\n---\n{{ strategy }}\n\n[Mer]({{ strategy_link }})\n"
    library = Library({**mini_files, "templates/sv/reminder.md": body}, default_language="sv")
    cycle = replace(
        CYCLE,
        strategy={"sv": "**Tillsammans** <script>x</script> [ond](javascript:x)"},
        strategy_link="https://norrsken.example/plan_(a)?b=*c*&d=1",
    )

    mail = parsed(render(order_for("reminder", round_=replace(ROUND, cycle=cycle)), library, {}).payload)

    html = html_of(mail)
    assert (
        '<strong style="font-weight: 600;">Tillsammans</strong> &lt;script&gt;x&lt;/script&gt; [ond](javascript:x)'
        in html
    )
    assert 'href="https://norrsken.example/plan_(a)?b=*c*&amp;d=1"' in html
    assert "Mer (https://norrsken.example/plan_(a)?b=*c*&d=1)" in text_of(mail)
