"""The script a user would write: Jinja2, icalendar, fpdf2, EmailMessage, a connection per message, no durability.

It is the yardstick in the same run; nothing of it is used by the service.
"""

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from fpdf import FPDF
from icalendar import Alarm, Calendar, Event, vCalAddress
from jinja2 import Environment

FONTS = Path(__file__).parent.parent / "templates" / "fonts"
TEXT = """Hi {{ name }},

You and {{ other }} have a time for your development talk: {{ start.strftime("%A %d %B at %H:%M") }}, {{ place }}.
{% for point in points %}
- {{ point.title }} ({{ point.minutes }} min)
{%- endfor %}

The agenda is attached. If the time does not suit you, answer this mail and we will find another one together.

Kind regards
{{ hr }}
"""
HTML = "<html><body>{% for line in text.splitlines() %}<p>{{ line }}</p>{% endfor %}</body></html>"
POINTS = [
    {"title": title, "minutes": minutes, "questions": [f"What about {title.lower()}?", "What would help you?"]}
    for title, minutes in (
        ("Since last time", 5),
        ("Your work now", 15),
        ("Where we are going", 10),
        ("What you want to learn", 10),
        ("What we expect of each other", 10),
        ("How we follow up", 5),
        ("Summary", 5),
    )
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One talk of the reference round."""

    number: int
    employee: str
    manager: str
    address: str
    start: datetime


def pairs(count: int) -> list[Pair]:
    first = datetime(2027, 3, 8, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
    return [
        Pair(
            number=number,
            employee=f"Person {number}",
            manager=f"Manager {number % 9}",
            address=f"p{number}@norrsken.example",
            start=first + timedelta(hours=number % 6, days=number % 5),
        )
        for number in range(count)
    ]


def agenda(pair: Pair) -> bytes:
    pdf = FPDF()
    # Names such as Łukasz and dashes are beyond the built-in fonts, and an agenda to print has its fonts embedded.
    pdf.add_font("Inter", "", FONTS / "Inter-Regular.otf")
    pdf.add_font("Inter", "B", FONTS / "Inter-SemiBold.otf")
    pdf.add_page()
    pdf.set_font("Inter", "B", 18)
    pdf.cell(0, 12, "Talking points", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Inter", size=11)
    pdf.multi_cell(
        0, 6, f"{pair.employee} and {pair.manager}\n{pair.start:%Y-%m-%d %H:%M}", new_x="LMARGIN", new_y="NEXT"
    )
    for point in POINTS:
        pdf.set_font("Inter", "B", 12)
        pdf.multi_cell(0, 8, f"{point['title']} ({point['minutes']} min)", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Inter", size=11)
        for question in point["questions"]:  # type: ignore[attr-defined]
            pdf.multi_cell(0, 6, f"- {question}", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def invitation(pair: Pair) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//reference//")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    event = Event()
    event.add("uid", f"{pair.number}@norrsken.example")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", pair.start)
    event.add("dtend", pair.start + timedelta(hours=1))
    event.add("summary", "Talk")
    event.add("organizer", vCalAddress("mailto:hr@norrsken.example"))
    event.add("attendee", vCalAddress(f"mailto:{pair.address}"))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Talk")
    alarm.add("trigger", timedelta(minutes=-15))
    event.add_component(alarm)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def message(pair: Pair) -> EmailMessage:
    environment = Environment(autoescape=False)
    text = environment.from_string(TEXT).render(
        name=pair.employee, other=pair.manager, start=pair.start, place="Room 4", points=POINTS, hr="HR"
    )
    mail = EmailMessage()
    mail["From"] = "hr@norrsken.example"
    mail["To"] = pair.address
    mail["Subject"] = f"Talk {pair.start:%d %B}"
    mail.set_content(text)
    mail.add_alternative(environment.from_string(HTML).render(text=text), subtype="html")
    mail.add_alternative(invitation(pair), maintype="text", subtype="calendar", params={"method": "REQUEST"})
    mail.add_attachment(agenda(pair), maintype="application", subtype="pdf", filename="agenda.pdf")
    return mail


def send_all(count: int, port: int) -> None:
    for pair in pairs(count):
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(message(pair))
