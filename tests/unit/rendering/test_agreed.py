"""What was agreed, as people read it: in mails, on the next agenda and in a calendar; their words stay words."""

import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from pypdf import PdfReader

from rendered_texts import LANGUAGES, LINKS, REGIONAL, STEPS, STEPS_DUE, library, the_agreement
from rendering_round import EMPLOYEE, MANAGER, TALK, make_order
from talkcycle.domain.agreements import Agreement, Progress, confirmed, progressed
from talkcycle.domain.follow_ups import NEXT_STEPS
from talkcycle.domain.messages import AGREED, CHECK_IN, DUE_SOON, TO_CONFIRM
from talkcycle.domain.people import Person, Role
from talkcycle.rendering.library import base_of
from talkcycle.rendering.message import Composed, compose, render
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.sandbox import one_line

WRITTEN = the_agreement(TALK, "sv", by="m1")
THEIRS = STEPS["sv"]
TEXTS = (TO_CONFIRM, AGREED, DUE_SOON, CHECK_IN)


def order_of(
    template: str, agreement: Agreement | None = WRITTEN, *, language: str = "sv", role: Role = Role.EMPLOYEE, **more: Any
) -> RenderOrder:
    people = {"employee": replace(EMPLOYEE, language=language), "manager": replace(MANAGER, language=language)}
    order = make_order(template, role=role, agreement=agreement, links=LINKS, **(people | more))
    return replace(order, due=replace(order.due, key=replace(order.due.key, occasion=STEPS_DUE.isoformat())))


def composed(order: RenderOrder) -> Composed:
    return compose(order, library(), {})


def saying(what: str, support: str = "") -> Agreement:
    return replace(WRITTEN, actions=(replace(WRITTEN.actions[0], what=what, support=support),))


def went(agreement: Agreement, number: int, to: Progress) -> Agreement:
    return progressed(agreement, number, to=to, at=agreement.written_at)


# Mails


@pytest.mark.parametrize("language", [*LANGUAGES, *REGIONAL])
@pytest.mark.parametrize("template", [TO_CONFIRM, AGREED])
def test_each_of_the_two_reads_what_the_other_is_to_do_and_by_when(template: str, language: str) -> None:
    agreement = confirmed(the_agreement(TALK, language, by="m1"), at=WRITTEN.written_at)
    first, support, second, third = STEPS[base_of(language)]

    for role, other in ((Role.EMPLOYEE, MANAGER), (Role.MANAGER, EMPLOYEE)):
        text = " ".join(composed(order_of(template, agreement, language=language, role=role)).text.split())
        assert all(words in text for words in (first, support, second, third, f"{other.name}, "))
        assert text.count("15") == 3


def test_nobody_reads_of_a_step_that_was_dropped_nor_is_reminded_of_one_that_is_done() -> None:
    agreement = went(went(WRITTEN, 1, Progress.DONE), 3, Progress.DROPPED)

    assert [words in composed(order_of(AGREED, agreement)).text for words in THEIRS] == [True, True, True, False]
    assert [words in composed(order_of(DUE_SOON, agreement)).text for words in THEIRS] == [False] * 4
    assert [words in composed(order_of(CHECK_IN, agreement)).text for words in THEIRS] == [False] * 4


def test_a_reminder_is_about_the_recipients_own_steps_of_that_day() -> None:
    later = replace(WRITTEN.actions[2], due=STEPS_DUE + timedelta(days=1))
    agreement = replace(WRITTEN, actions=(*WRITTEN.actions[:2], later))

    text = composed(order_of(DUE_SOON, agreement)).text

    assert [words in text for words in THEIRS] == [True, True, False, False]


@pytest.mark.parametrize("template", TEXTS)
def test_a_later_manager_reads_nothing_of_it(template: str) -> None:
    successor = replace(MANAGER, id="m2", name="Stina Alm")
    order = order_of(template, role=Role.MANAGER, manager=successor, talk=replace(TALK, manager="m2"))

    assert not any(words in composed(order).text for words in THEIRS)


@pytest.mark.parametrize("template", TEXTS)
def test_neither_subject_nor_preheader_carries_any_of_their_words(template: str) -> None:
    mail = composed(order_of(template, saying("Xyzzy", "Plugh")))

    assert "Xyzzy" in mail.text
    assert not re.search("Xyzzy|Plugh", f"{mail.subject} {mail.preheader}")


def strong(html: str) -> list[str]:
    return [
        unescape(re.sub("<[^>]+>", "", found)) for found in re.findall(r"<strong[^>]*>(.*?)</strong>", html, re.DOTALL)
    ]


@pytest.mark.parametrize("template", TEXTS)
@pytest.mark.parametrize(
    "words",
    [
        "**x** [a](http://b.example)",
        "en rad\n\n# en rubrik\n- en punkt",
        "1. först\r\n2. sedan",
        "<b>fet</b> <script>alert(1)</script> &lt; &amp;",
        "![bild](https://b.example/x.png) `kod` ~~~",
        "{{ hr_email }} {% if x %}",
        "slutar med \\",
        "(inom parentes)",
        "*",
        "> citat\n---",
        "\u2028\u2029\x00\x1b rad",
    ],
)
def test_somebodys_own_words_stay_words(template: str, words: str) -> None:
    plain, mail = (composed(order_of(template, saying(each, each))) for each in ("helt vanligt", words))

    assert one_line(words) in strong(mail.html)
    assert one_line(words) in " ".join(mail.text.split())
    assert re.findall(r"<(\w+)", mail.html) == re.findall(r"<(\w+)", plain.html)
    assert re.findall(r'href="([^"]*)"', mail.html) == re.findall(r'href="([^"]*)"', plain.html)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(one_line))
def test_whatever_somebody_writes_is_shown_as_it_is(words: str) -> None:
    assert one_line(words) in strong(composed(order_of(TO_CONFIRM, saying(words))).html)


# The next agenda


BEFORE = replace(
    WRITTEN,
    actions=tuple(
        replace(action, progress=progress, due=date(2026, month, 15))
        for action, progress, month in zip(
            WRITTEN.actions, (Progress.DONE, Progress.OPEN, Progress.DROPPED), (6, 10, 9), strict=True
        )
    ),
)


def agenda(before: Agreement | None, *, language: str = "sv", **more: Any) -> PdfReader:
    order = order_of("invitation", None, language=language, attach=("agenda",), agreed_before=before, **more)
    ((_, _, data),) = composed(order).files
    return PdfReader(io.BytesIO(data))


def text_of(pdf: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_the_agenda_opens_with_what_was_agreed_last_time_and_how_it_went() -> None:
    text = text_of(agenda(BEFORE))

    assert text.index("pratar mest") < text.index("Det ni kom överens om förra gången") < text.index("5 min Sedan sist")
    assert (
        "Det ni kom överens om förra gången"
        " – Gå grundkursen i projektledning Åsa Lindqvist · måndag 15 juni 2026 · klart"
        " – Boka kundtjänst Björn Öberg · torsdag 15 oktober 2026 · pågår"
        " – Skriva om rutinen Åsa Lindqvist · tisdag 15 september 2026 · behövs inte längre"
    ) in text
    assert "En ledig eftermiddag" not in text


@pytest.mark.parametrize("language", [*LANGUAGES, *REGIONAL])
def test_with_it_the_agenda_is_still_one_tagged_page_in_every_language(language: str) -> None:
    five = replace(WRITTEN, actions=tuple(replace(each, what=each.what * 5) for each in WRITTEN.actions * 2)[:5])
    pdf = agenda(five, language=language)

    root: Any = pdf.trailer["/Root"]
    assert (len(pdf.pages), root["/MarkInfo"]["/Marked"], root["/Lang"]) == (1, True, language.replace("_", "-"))
    assert text_of(pdf).count(WRITTEN.actions[0].what) == 10


@pytest.mark.parametrize("before", [None, replace(BEFORE, actions=())], ids=["no talk before", "no next steps"])
def test_where_nothing_was_agreed_the_agenda_begins_with_its_points(before: Agreement | None) -> None:
    assert "förra gången" not in text_of(agenda(before))


def test_a_manager_of_then_is_named_by_what_they_were() -> None:
    text = text_of(agenda(replace(BEFORE, manager="m0", actions=(replace(BEFORE.actions[1], responsible="m0"),))))

    assert "Boka kundtjänst" in text
    assert "Boka kundtjänst Björn Öberg" not in text


@pytest.mark.parametrize("words", ['#panic("x")', "$x$ *y* _z_ `w` <label> @ref \\ // no", "= Rubrik"])
def test_on_the_agenda_their_words_are_never_read_as_source(words: str) -> None:
    assert words in text_of(agenda(replace(BEFORE, actions=(replace(BEFORE.actions[0], what=words),))))


# The days in a calendar


def days(agreement: Agreement, **more: Any) -> list[Any]:
    ((name, mime_type, data),) = composed(order_of(AGREED, agreement, attach=(NEXT_STEPS,), **more)).files
    assert (name, mime_type) == ("Nästa steg.ics", "application/ics")
    calendar = Calendar.from_ical(data)
    assert "METHOD" not in calendar
    return calendar.walk("VEVENT")


def test_each_step_is_a_whole_day_that_is_private_and_takes_nobodys_time() -> None:
    events = days(WRITTEN)

    assert [str(event["SUMMARY"]) for event in events] == [
        "Nästa steg: Åsa Lindqvist",
        "Nästa steg: Björn Öberg",
        "Nästa steg: Åsa Lindqvist",
    ]
    assert [str(event["DESCRIPTION"]) for event in events] == [f"{THEIRS[0]}\n{THEIRS[1]}", THEIRS[2], THEIRS[3]]
    for event in events:
        assert (event["DTSTART"].params["VALUE"], event["DTSTART"].dt) == ("DATE", STEPS_DUE)
        assert not isinstance(event["DTSTART"].dt, datetime)
        assert event["DTEND"].dt == STEPS_DUE + timedelta(days=1)
        assert (event["CLASS"], event["TRANSP"]) == ("PRIVATE", "TRANSPARENT")
        assert "VALARM" not in {part.name for part in event.subcomponents}


def test_a_step_keeps_its_uid_while_its_sequence_rises_and_what_is_dropped_is_left_out() -> None:
    changed = went(confirmed(WRITTEN, at=WRITTEN.written_at), 2, Progress.DROPPED)
    before, after = days(WRITTEN), days(changed)

    assert len({event["UID"] for event in before}) == 3
    assert [event["UID"] for event in after] == [before[0]["UID"], before[2]["UID"]]
    assert [event["SEQUENCE"] for event in (before[0], after[0])] == [1, 3]
    assert days(WRITTEN, made_at=WRITTEN.written_at)[0]["UID"] == before[0]["UID"]


def test_the_steps_of_another_talk_have_other_uids() -> None:
    talk = replace(TALK, id="e2")

    assert {event["UID"] for event in days(replace(WRITTEN, talk="e2"), talk=talk)}.isdisjoint(
        event["UID"] for event in days(WRITTEN)
    )


def test_words_cannot_add_anything_to_the_calendar() -> None:
    words = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:y;z,å\\n"

    (event,) = days(saying(words))

    assert str(event["SUMMARY"]) == "Nästa steg: Åsa Lindqvist"
    assert str(event["DESCRIPTION"]).split() == words.split()


def test_the_mail_with_the_days_is_a_mail_and_no_invitation() -> None:
    mail = message_from_bytes(render(order_of(AGREED, attach=(NEXT_STEPS,)), library(), {}).payload)

    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        *("text/plain", "text/html", "application/ics")
    ]
    (file,) = [part for part in mail.walk() if part.get_content_type() == "application/ics"]
    assert file.get_content_disposition() == "attachment"


@pytest.mark.parametrize("template", TEXTS)
def test_an_answer_that_quotes_their_words_goes_to_the_other_and_never_to_hr(template: str) -> None:
    def answers_to(**more: Any) -> str:
        return str(message_from_bytes(render(order_of(template, **more), library(), {}).payload)["Reply-To"])

    hr = make_order(template).round.cycle.hr.email
    assert str(MANAGER.email) in answers_to()
    assert str(EMPLOYEE.email) in answers_to(role=Role.MANAGER)
    assert str(EMPLOYEE.email) in answers_to(manager=replace(MANAGER, email=None)), "nobody else may read it"
    assert hr not in answers_to() + answers_to(role=Role.MANAGER) + answers_to(manager=replace(MANAGER, email=None))


@pytest.mark.parametrize("template", TEXTS)
def test_an_answer_does_not_go_to_who_took_the_talk_over_unless_they_may_read_it_nor_to_who_has_left(
    template: str,
) -> None:
    def answers_to(manager: Person, agreement: Agreement = WRITTEN) -> str:
        order = order_of(template, agreement, manager=manager, talk=replace(TALK, manager=manager.id))
        return str(message_from_bytes(render(order, library(), {}).payload)["Reply-To"])

    successor = replace(MANAGER, id="m2", email="stina@norrsken.example")
    assert str(EMPLOYEE.email) in answers_to(successor)
    assert "stina@norrsken.example" in answers_to(successor, replace(WRITTEN, shared_with=frozenset({"m2"})))
    assert str(EMPLOYEE.email) in answers_to(replace(MANAGER, left=True))


def test_a_check_in_without_words_of_theirs_is_answered_to_hr() -> None:
    mail = message_from_bytes(render(order_of(CHECK_IN, None), library(), {}).payload)
    assert make_order(CHECK_IN).round.cycle.hr.email in str(mail["Reply-To"])
