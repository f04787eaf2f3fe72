from email import message_from_bytes, policy
from email.message import EmailMessage

from rendering_round import make_order
from talkcycle.domain.messages import Kind
from talkcycle.rendering.library import Library
from talkcycle.rendering.message import render
from talkcycle.rendering.pages.reading import read_mail
from talkcycle.rendering.template_files import shipped_files

CONTENT = render(
    make_order(kind=Kind.MEETING_CREATE, attach=("agenda", "Så här.pdf")),
    Library(shipped_files(None), default_language="sv"),
    {"Så här.pdf": b"%PDF of HR's own\r\n--=_mixed"},
).payload


def test_a_mail_is_read_as_the_standard_library_reads_it() -> None:
    mail, standard = read_mail(CONTENT), message_from_bytes(CONTENT, policy=policy.default)
    assert isinstance(standard, EmailMessage)
    text, html, calendar = (part for part in standard.walk() if part.get_content_maintype() == "text")

    assert mail.subject == standard["Subject"]
    assert mail.message_id == standard["Message-ID"]
    assert mail.text == text.get_content()
    assert mail.html == html.get_content()
    assert mail.calendar == calendar.get_payload(decode=True)
    assert [(file.name, file.mime_type, file.data) for file in mail.files] == [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in standard.iter_attachments()
        if part.get_content_disposition() == "attachment"
    ]
    assert [file.name for file in mail.files] == ["Samtalspunkter.pdf", "Så här.pdf", "inbjudan.ics"]


def test_headers_are_shown_as_people_read_them() -> None:
    assert read_mail(CONTENT).headers | {"Date": ""} == {
        "From": "HR, Norrsken AB <samtal@norrsken.example>",
        "To": "Åsa Lindqvist <asa@norrsken.example>",
        "Reply-To": "Maria Åkesson <hr@norrsken.example>",
        "Subject": "Samtal 9 mars med Björn Öberg",
        "Date": "",
    }


def test_the_preheader_is_what_an_inbox_shows_behind_the_subject() -> None:
    assert read_mail(CONTENT).preheader == "Tid, plats och samtalspunkter. Passar tiden inte hittar vi en annan."
