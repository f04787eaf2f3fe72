"""Every text of the shipped example, as files and by mail to oneself."""

import re
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from pathlib import Path
from urllib.parse import unquote

import pytest

from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.bootstrap import read_inputs, settings_of
from talkcycle.domain.faults import Fault, FaultyInput, Refused
from talkcycle.domain.people import Role
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.resources import shipped
from talkcycle.rounds.plan import Inputs
from talkcycle.rounds.preview import PreviewedText, mail_preview, preview, preview_pages
from talkcycle.transports.smtp.sink import mail_sink
from talkcycle.transports.smtp.transport import SmtpTransport

TODAY = date(2027, 1, 11)
SENDER = "samtal@norrskenkonsult.example"
E, M, HR = Role.EMPLOYEE, Role.MANAGER, Role.HR
EVERY = [
    ("announcement", E),
    ("announcement", M),
    ("invitation", E),
    ("invitation", M),
    ("preparation-employee", E),
    ("preparation-manager", M),
    ("reminder", E),
    ("follow-up", E),
    ("follow-up", M),
    ("check-in", E),
    ("moved", E),
    ("moved", M),
    ("new-entry", E),
    ("new-entry", M),
    ("old-entry", E),
    ("old-entry", M),
    ("new-host", E),
    ("new-host", M),
    ("handed-over", E),
    ("handed-over", M),
    ("cancellation", E),
    ("cancellation", M),
    ("opted-out", E),
    ("time-declined", E),
    ("time-declined", M),
    ("hr-help", HR),
    ("proposal", M),
    ("time-kept", E),
    ("nudge", E),
    ("digest-manager", M),
    ("digest-hr", HR),
]
ONLY_WITH_PAGES = [
    ("follow-up-nudge", E),
    ("to-confirm", E),
    ("to-confirm", M),
    ("agreed", E),
    ("agreed", M),
    ("due-soon", E),
    ("due-soon", M),
]
PAGES = "https://talks.norrskenkonsult.example"
LANGUAGES = ("sv", "da", "en", "fi", "nb", "sv_FI")
ALL = len(EVERY) * len(LANGUAGES)


def _inputs(config: Path) -> Inputs:
    settings = settings_of(config, {}, with_secrets=False)
    return read_inputs(config / "cycle.yaml", settings, today=TODAY)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return _inputs(shipped("config"))


@pytest.fixture(scope="module")
def texts(inputs: Inputs) -> list[PreviewedText]:
    return preview(inputs, sender=SENDER)


def test_every_text_is_there_for_each_recipient_in_each_language_the_cycles_own_first(
    texts: list[PreviewedText],
) -> None:
    assert [(text.language, text.name, text.role) for text in texts] == [
        (language, name, role) for language in LANGUAGES for name, role in EVERY
    ]


def test_texts_carry_the_cycles_own_settings_and_nobody_of_the_roster(inputs: Inputs, texts: list[PreviewedText]) -> None:
    names = {person.name for person in inputs.roster.people} - {"Eva Lind"}  # HR's contact is in every mail
    for text in texts:
        assert "Norrsken Konsult AB" in text.composed.text
        assert not [name for name in names if name in text.composed.text]


def test_one_language_can_be_asked_for(inputs: Inputs) -> None:
    assert [(text.language, text.name) for text in preview(inputs, sender=SENDER, language="en")] == [
        ("en", name) for name, _ in EVERY
    ]
    with pytest.raises(Refused, match=r"There are no texts in fr\. There are: da, en, fi, nb, sv, sv_FI\."):
        preview(inputs, sender=SENDER, language="fr")


@pytest.fixture(scope="module")
def texts_with_pages(inputs: Inputs) -> list[PreviewedText]:
    return preview(inputs, sender=SENDER, page_url=PAGES)


def test_what_the_two_write_down_is_there_only_with_the_pages_for_it(texts_with_pages: list[PreviewedText]) -> None:
    with_pages = [*EVERY[:-2], *ONLY_WITH_PAGES, *EVERY[-2:]]
    assert [(text.language, text.name, text.role) for text in texts_with_pages] == [
        (language, name, role) for language in LANGUAGES for name, role in with_pages
    ]


def test_with_pages_the_follow_up_and_the_summaries_lead_to_them(
    texts: list[PreviewedText], texts_with_pages: list[PreviewedText]
) -> None:
    def links(texts: list[PreviewedText]) -> dict[tuple[str, Role], int]:
        return {(text.name, text.role): text.composed.text.count(PAGES) for text in texts if text.language == "en"}

    assert set(links(texts).values()) == {0}
    one_each = dict.fromkeys([*ONLY_WITH_PAGES, ("follow-up", E), ("follow-up", M), ("check-in", E)], 1)
    found = links(texts_with_pages)
    assert found == found | one_each | {("digest-manager", M): 2, ("digest-hr", HR): 0, ("announcement", E): 0}


def test_what_is_agreed_is_an_example_in_the_readers_language(texts_with_pages: list[PreviewedText]) -> None:
    agreed = {(text.language, text.role): text.composed for text in texts_with_pages if text.name == "agreed"}
    steps = {language: re.findall(r"(?m)^- (.*)$", agreed[language, E].text) for language in LANGUAGES}

    assert all(len(each) == 2 for each in steps.values())
    assert len({tuple(each) for each in steps.values()}) == len(LANGUAGES) - 1  # Swedish is also read in Finland
    assert [name for name, _, _ in agreed["en", M].files] == ["Next steps.ics"]


def test_the_index_lists_every_text_with_its_files_and_every_link_leads_somewhere(
    inputs: Inputs, texts: list[PreviewedText]
) -> None:
    pages = preview_pages(inputs, texts)
    index = pages["index.html"].decode()
    links = [unquote(link) for link in re.findall(r'href="([^"#]+)"', index)]
    assert set(links) == pages.keys() - {"index.html"}
    assert Counter(Path(link).suffix for link in set(links) if not link.startswith("files/")) == {
        ".html": ALL,
        ".txt": ALL,
    }
    assert [links.count(f"{text.language}/{text.name}-{text.role.value}.html") for text in texts] == [1] * ALL
    assert pages["en/reminder-employee.html"].decode() == next(
        text.composed.html for text in texts if (text.language, text.name) == ("en", "reminder")
    )


def test_a_text_that_fails_for_some_recipients_is_reported_like_every_fault(tmp_path: Path) -> None:
    config = Path(shutil.copytree(shipped("config"), tmp_path / "config"))
    own = config / "templates" / "en"
    own.mkdir(parents=True)
    shipped_text = (shipped("templates") / "en" / "check-in.md").read_text(encoding="utf-8")
    (own / "check-in.md").write_text(f"{shipped_text}\n{{{{ 1 // 0 }}}}\n", encoding="utf-8")
    with (config / "service.yaml").open("a", encoding="utf-8") as service:
        service.write("\ntemplates: templates\n")
    settings = settings_of(config, {}, with_secrets=False)
    with pytest.raises(FaultyInput) as faulty:
        preview(read_inputs(config / "cycle.yaml", settings, today=TODAY), sender=SENDER)
    assert faulty.value.faults == (
        Fault(
            file="templates/en/check-in.md",
            problem="the text for the employee cannot be made: integer division or modulo by zero.",
            mend="Look at the branch of the text that this recipient gets.",
        ),
    )


def test_every_text_goes_to_oneself_alone_without_its_calendar_part(inputs: Inputs, texts: list[PreviewedText]) -> None:
    taken: list[tuple[str, bytes]] = []
    waited: list[int] = []
    with mail_sink(lambda address, content: taken.append((address, content))) as (host, port):
        transport = SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE))
        with transport.connect() as line:
            sent = mail_preview(inputs, texts, line, to="me@example.com", wait=waited.append)

    assert (sent, waited) == (len(texts), list(range(len(texts))))
    assert [address for address, _ in taken] == ["me@example.com"] * len(texts)
    mails = [message_from_bytes(content) for _, content in taken]
    assert not {"text/calendar", "application/ics"} & {part.get_content_type() for mail in mails for part in mail.walk()}
    assert len({mail["Message-ID"] for mail in mails}) == len(texts)
    invitation = next(
        mail for text, mail in zip(texts, mails, strict=True) if (text.language, text.name) == ("en", "invitation")
    )
    assert [part.get_filename() for part in invitation.walk() if part.get_filename()] == ["Talking points.pdf"]


def test_a_server_that_refuses_says_how_far_it_got(inputs: Inputs, texts: list[PreviewedText]) -> None:
    mailbox = Mailbox(data=["250 OK", "250 OK", "554 too many"])
    with accepting_server(mailbox) as (host, port):
        transport = SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE))
        with (
            transport.connect() as line,
            pytest.raises(Refused, match=rf"^2 of {ALL} texts were sent; then: 554 too many$"),
        ):
            mail_preview(inputs, texts, line, to="me@example.com", wait=lambda _: None)
    assert len(mailbox.received) == 2


def test_steps_of_hrs_own_are_previewed_too(inputs: Inputs) -> None:
    steps = tuple(replace(step, id="nudge") if step.id == "reminder" else step for step in inputs.cycle.steps)
    cycle = replace(inputs.cycle, steps=steps)
    found = preview(replace(inputs, cycle=cycle), sender=SENDER, language="en")
    assert [text.name for text in found][6:8] == ["nudge", "follow-up"]
