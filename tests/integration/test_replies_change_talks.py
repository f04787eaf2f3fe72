"""A round by mail whose people answer as their programs do: what they say changes their talk, and they all see it.

Postfix and Dovecot are real, and Postfix vouches for whoever logged in. Programs answer what is in their owners'
mailboxes, and the service has nothing but what it reads from its own. Its clock alone is not the machine's.
"""

import csv
import re
import smtplib
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from imapclient import IMAPClient

from approved_round import plan_and_approve
from dispatching import JumpingClock, Log
from harness.imip_calendar import ImipCalendar, Itip, itip_of
from mail_samples import (
    Answered,
    apple,
    bare,
    exchange,
    gmail,
    google_counter,
    letter,
    outlook,
    outlook_counter,
    proton,
    thunderbird,
    winmail,
)
from servers.calendar_address import serving
from servers.mail_server import MailServer, mail_server
from talkcycle.bootstrap import Application, open_application
from talkcycle.daemon.dispatch import DispatchSummary
from talkcycle.daemon.run import Daemon, daemon_of
from talkcycle.domain.busy import Span
from talkcycle.domain.messages import (
    HR_DIGEST,
    HR_HELP,
    MANAGER_DIGEST,
    NUDGE,
    PROPOSAL,
    TIME_DECLINED,
    TIME_KEPT,
    KnownMessage,
    OutboxState,
)
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Talk, TalkAnswer
from talkcycle.rounds.status import status

pytestmark = pytest.mark.xdist_group("mail server")
DOMAIN, SERVICE_DOMAIN = "norrsken.example", "norrskenkonsult.example"
SENDER = f"samtal@{SERVICE_DOMAIN}"
AUTHSERV = f"mx.{SERVICE_DOMAIN}"
HR = f"hr@{DOMAIN}"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINS = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
ANSWERED = datetime(2027, 2, 22, 12, 0, tzinfo=UTC)
"""A Monday. Everybody has been invited, and nobody asked again."""
OVER = datetime(2027, 3, 12, 12, 0, tzinfo=UTC)
"""A Friday: the talks are in the week to come."""
DISA_IS_BUSY = (datetime(2027, 3, 18, 9, 0, tzinfo=UTC), datetime(2027, 3, 18, 10, 0, tzinfo=UTC))
TEAMS = {
    "bo": ("outlook", "exchange", "gmail", "proton", "google"),
    "disa": ("apple", "thunderbird", "olle", "frida", "sune"),
    "egil": ("latin", "utf16", "windows", "vera", "hanna", "gone"),
}
ACCEPTING: dict[str, Callable[[Answered], bytes]] = {
    "outlook": outlook,
    "exchange": exchange,
    "apple": apple,
    "latin": lambda it: bare(it, charset="iso-8859-1"),
    "utf16": lambda it: bare(it, charset="utf-16"),
    "windows": lambda it: bare(it, charset="windows-1252"),
}
EVERYBODY = tuple(each for manager, team in TEAMS.items() for each in (manager, *team))
LANGUAGES = {"apple": "da", "thunderbird": "nb", "outlook": "en", "exchange": "fi"}
PROCESSED, UNREADABLE = "talkcycle-processed", "talkcycle-unreadable"
OFFERED = re.compile(r"(?m)^- \w+ (\d+) mars kl\. (\d+)\.(\d+)")

CYCLE = f"""
window: {{first: 2027-03-15, last: 2027-03-19}}
roster: roster.csv
organisation: Norrsken AB
hr: {{name: "Eva Lind, HR", email: {HR}, language: sv, zone: Europe/Stockholm}}
language: sv
zone: Europe/Stockholm
country: SE
earliest: 28 days
steps:
  change: {{invitation: {{when: 28 days before}}}}
  remove: [preparation-employee, preparation-manager, follow-up, check-in]
"""


def address(person: str) -> str:
    return f"gone@{SERVICE_DOMAIN}" if person == "gone" else f"{person}@{DOMAIN}"


@dataclass(slots=True, kw_only=True)
class Office:
    """The service and its people's mailboxes.

    Attributes:
        invited: The talks as people were invited to them.
        boxes: What is in people's mailboxes in the end, by roster id, and in HR's.
        posted: How many mails people have written to the service.
    """

    server: MailServer
    app: Application
    clock: JumpingClock
    log: Log
    daemon: Daemon
    round: str
    invited: dict[str, Talk] = field(default_factory=dict)
    boxes: dict[str, list[bytes]] = field(default_factory=dict)
    posted: int = 0

    def run(self, until: datetime) -> None:
        """Tick and send from one instant at which something is due to the next."""
        while True:
            assert self.daemon.ticker.tick().broken == ()
            while self.daemon.dispatcher.dispatch_due() != DispatchSummary():
                pass
            with self.app.store.read() as session:
                assert session.ledger.hold() is None
                instants = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
            now = self.clock.now()
            if now >= until:
                break
            self.clock.instant = min(max(now + MINUTE, min(instants)), now + 12 * HOUR, until)
        self.read_all()

    def read_all(self) -> None:
        """Wait until the service has read whatever has come to its mailbox: the server tells it at once."""
        self.server.settle()
        expected = self.posted + sum(row.address == address("gone") and row.attempts > 0 for row in self.rows())
        waiting = threading.Event()
        for _ in range(300):
            if self.read().total() >= expected:
                return
            waiting.wait(0.05)
        raise TimeoutError(f"{expected} mails have come, and {self.read().total()} were read")

    def read(self) -> Counter[str]:
        """How many mails were what, as the log tells."""
        found: Counter[str] = Counter()
        for entry in list(self.log.capture.entries):
            if entry["event"] == "mails read":
                found.update({what: count for what, count in entry.items() if isinstance(count, int)})
        return found

    def post(self, login: str, *mails: bytes) -> None:
        """Somebody who is logged in as *login* sends *mails* to the service."""
        context = ssl.create_default_context(cafile=str(self.server.ca_file))
        with smtplib.SMTP(self.server.host, self.server.submission, local_hostname="localhost", timeout=20) as line:
            line.starttls(context=context)
            line.login(address(login), self.server.password)
            for mail in mails:
                line.sendmail(address(login), [SENDER], mail)
        self.posted += len(mails)

    def answer(self, talk: str, partstat: str = "ACCEPTED", *, by: str | None = None) -> Answered:
        """What the program of *by* (the employee) answers to the invitation in their mailbox."""
        who = by or talk
        its = [it for mail in self.server.fetch(address(who)) if (it := itip_of(mail)) is not None]
        [it] = [it for it in its if address(talk) in it.attendees]
        return Answered(
            partstat=partstat,
            uid=it.uid,
            sequence=it.sequence,
            start=it.start,
            by=address(who),
            name=f"Åberg, {who.capitalize()}",
            at=self.clock.now() - MINUTE,
        )

    # What can be looked at

    def itips(self, who: str) -> list[Itip]:
        return [it for mail in self.boxes[who] if (it := itip_of(mail)) is not None]

    def mails(self, who: str, step: str) -> list[EmailMessage]:
        """Those of *step* in somebody's mailbox, in the order in which they came."""
        headers = [f"\r\nMessage-ID: {row.message_id}\r\n".encode() for row in self.rows() if row.key.step == step]
        theirs = [mail for mail in self.boxes[who] if any(header in mail for header in headers)]
        found = [message_from_bytes(mail, policy=policy.default) for mail in theirs]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def who_got(self, step: str) -> list[str]:
        """In whose mailboxes there is a mail of *step*, each as often."""
        return sorted(each for each in self.boxes for _ in self.mails(each, step))

    def rows(self) -> list[KnownMessage]:
        with self.app.store.read() as session:
            return session.outbox.find(OutboxFilter(round=self.round, limit=10_000))

    def talks(self) -> dict[str, Talk]:
        with self.app.store.read() as session:
            return {talk.id: talk for talk in session.talks.of_round(self.round)}

    def answers(self, talk: str) -> list[TalkAnswer]:
        with self.app.store.read() as session:
            return session.talks.answers(self.round, [talk]).get(talk, [])

    def trail(self, talk: str) -> list[str]:
        with self.app.store.read() as session:
            return [each.action for each in session.ledger.trail(1000) if each.subject == f"{self.round}/talk:{talk}"]

    def unread(self) -> int:
        """Mails in the service's inbox that nobody has looked at."""
        with IMAPClient(self.server.host, port=self.server.imap, ssl=False) as client:
            client.login(SENDER, self.server.password)
            client.select_folder("INBOX", readonly=True)
            return len(client.search("UNSEEN"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """People were invited, have answered on one afternoon, and three weeks have passed since."""
    with (
        mail_server(authserv_id=AUTHSERV) as server,
        serving(busy(DISA_IS_BUSY)) as of_disa,
        serving(busy()) as of_bo,
        an_office(tmp_path_factory.mktemp("round"), server, {"disa": of_disa, "bo": of_bo}) as office,
    ):
        stop = threading.Event()
        assert office.daemon.reader is not None
        thread = threading.Thread(target=office.daemon.reader.run, args=(stop,))
        thread.start()
        try:
            office.run(ANSWERED)
            office.invited = office.talks()
            everybody_answers(office)
            office.read_all()
            office.run(OVER)
            office.boxes = {each: server.fetch(address(each)) for each in ("hr", *EVERYBODY)}
            yield office
        finally:
            stop.set()
            thread.join(20)
        assert not thread.is_alive()


@contextmanager
def an_office(folder: Path, server: MailServer, calendars: dict[str, str]) -> Iterator[Office]:
    """*calendars*: where managers publish theirs."""
    write_config(folder, server, calendars)
    clock, log = JumpingClock(BEGINS), Log()
    app = open_application(folder, env={"PASSWORD": server.password, "TALKCYCLE_WHO": "hr"}, clock=clock)
    draft = plan_and_approve(app)
    daemon = daemon_of(app, log.logger)
    daemon.ticker.start(alone=True)
    yield Office(server=server, app=app, clock=clock, log=log, daemon=daemon, round=draft.round)
    app.store.close()


def write_config(folder: Path, server: MailServer, calendars: dict[str, str]) -> None:
    (folder / "cycle.yaml").write_text(CYCLE)
    (folder / "service.yaml").write_text(
        f"""
smtp:
  {{host: {server.host}, port: {server.submission}, user: {SENDER}, password_env: PASSWORD, ca_file: {server.ca_file}}}
imap:
  host: {server.host}
  port: {server.imaps}
  user: {SENDER}
  password_env: PASSWORD
  ca_file: {server.ca_file}
  authserv_id: {AUTHSERV}
sender: {SENDER}
per_minute: no limit
"""
    )
    with (folder / "roster.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "name", "email", "manager", "language"])
        writer.writeheader()
        for manager, team in TEAMS.items():
            people = [(manager, ""), *((each, manager) for each in team)]
            writer.writerows(
                {
                    "id": id_,
                    "name": id_.capitalize(),
                    "email": address(id_),
                    "manager": their_manager,
                    "language": LANGUAGES.get(id_, "sv"),
                }
                for id_, their_manager in people
            )
    (folder / "calendars").mkdir()
    lines = "".join(f"{who},{where}\n" for who, where in calendars.items())
    (folder / "calendars" / "addresses.csv").write_text(f"for,address\n{lines}")


def busy(*spans: Span) -> str:
    """A published calendar."""
    events = "".join(
        f"BEGIN:VEVENT\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\nEND:VEVENT\n" for start, end in spans
    )
    return f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n"


def everybody_answers(office: Office) -> None:
    for who, shape in ACCEPTING.items():
        office.post(who, shape(office.answer(who)))
    office.post("thunderbird", thunderbird(office.answer("thunderbird", "TENTATIVE")))
    twice = gmail(office.answer("gmail", "DECLINED"))  # each with the calendar in it twice
    office.post("gmail", twice, twice)
    office.post("proton", proton(office.answer("proton", "DECLINED")))
    office.post("egil", outlook(office.answer("hanna", "DECLINED", by="egil")))
    office.post("google", google_counter(office.answer("google", "TENTATIVE"), proposed_by_google(office)))
    office.post("olle", outlook_counter(office.answer("olle", "TENTATIVE"), DISA_IS_BUSY[0]))
    vouched = f"Authentication-Results: {AUTHSERV}; auth=pass smtp.auth={address('frida')}\r\n".encode()
    office.post("sune", vouched + gmail(office.answer("frida", "DECLINED")))
    office.post("sune", letter(address("sune"), headers=("Auto-Submitted: auto-replied",)))
    office.post("vera", winmail(office.answer("vera")))


def proposed_by_google(office: Office) -> datetime:
    """An hour of one morning at which Bo has one other talk that day, in the afternoon, or none."""
    others = [
        talk.start for id_, talk in office.invited.items() if talk.manager == "bo" and id_ != "google" and talk.start
    ]
    mornings = [datetime(2027, 3, day, 8, 30, tzinfo=UTC) for day in range(15, 20)]
    taken = {each: [other for other in others if other.date() == each.date()] for each in mornings}
    return next(
        each for each in mornings if len(taken[each]) < 2 and all(other - each > 2 * HOUR for other in taken[each])
    )


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def answered(talk: str, answer: str, *, by: str | None = None, **fields: object) -> TalkAnswer:
    return TalkAnswer(party=f"person:{by or talk}", answer=answer, at=ANSWERED - MINUTE, **fields)  # type: ignore[arg-type]


def test_what_each_program_writes_is_kept_for_its_owners_talk(office: Office) -> None:
    said = {
        talk: office.answers(talk) for talk in (*ACCEPTING, "thunderbird", "gmail", "proton", "hanna", "sune", "vera")
    }
    accepted = {talk: [answered(talk, "accepted")] for talk in ACCEPTING}
    declined = {talk: [answered(talk, "declined")] for talk in ("gmail", "proton")}
    by_egil = [answered("hanna", "declined", by="egil")]
    tentative = [answered("thunderbird", "tentative")]
    assert said == accepted | declined | {"thunderbird": tentative, "hanna": by_egil, "sune": [], "vera": []}
    came_back = sum(row.address == address("gone") for row in office.rows())
    assert office.read() == Counter(answer=12, known=1, unverified=1, bounce=came_back, not_ours=1, unreadable=1)


def test_who_has_answered_is_not_asked_again_and_an_automatic_reply_is_no_answer(office: Office) -> None:
    assert office.who_got(NUDGE) == ["sune", "vera"]


def test_who_declines_gets_other_times_once_of_which_each_is_free(office: Office) -> None:
    assert office.who_got(TIME_DECLINED) == ["egil", "gmail", "proton"]
    assert office.trail("gmail").count("answer by mail") == 1
    talks = office.invited.values()
    for who, manager, employee in (("gmail", "bo", "gmail"), ("proton", "bo", "proton"), ("egil", "egil", "hanna")):
        [mail] = office.mails(who, TIME_DECLINED)
        offered = [
            datetime(2027, 3, int(day), int(hour), int(minute), tzinfo=STOCKHOLM).astimezone(UTC)
            for day, hour, minute in OFFERED.findall(plain(mail))
        ]
        assert len(offered) == 3
        taken = [talk.start for talk in talks if talk.manager == manager or talk.employee == employee]
        assert not any(abs(start - other) < HOUR for start in offered for other in taken if other is not None)


def test_hr_is_asked_to_help_once_for_each_time_that_is_still_declined(office: Office) -> None:
    texts = [plain(mail) for mail in office.mails("hr", HR_HELP)]
    assert sorted(who for who in office.invited for text in texts if who.capitalize() in text) == [
        "gmail",
        "hanna",
        "proton",
    ]


def test_a_proposed_time_that_fits_is_the_talks_and_both_get_an_update_of_their_entry(office: Office) -> None:
    before, after = office.invited["google"], office.talks()["google"]
    wanted = proposed_by_google(office)
    assert before.start != wanted
    assert (after.start, after.end) == (wanted, wanted + HOUR)
    for who in ("google", "bo"):
        first, update = (each for each in office.itips(who) if address("google") in each.attendees)
        assert (first.method, update.method, update.uid) == ("REQUEST", "REQUEST", first.uid)
        assert (first.sequence, update.sequence) == (0, 1)
        assert first.stamp < update.stamp
        assert (first.start, update.start) == (before.start, wanted)
    assert "move" in office.trail("google")


def test_a_proposed_time_that_does_not_fit_is_the_managers_to_decide_and_is_declined_when_they_say_nothing(
    office: Office,
) -> None:
    assert office.who_got(PROPOSAL) == ["disa"]
    [asked] = office.mails("disa", PROPOSAL)
    assert "Olle föreslår en annan tid" in plain(asked)
    assert "något annat ser ut att ligga där" in plain(asked)

    assert office.who_got(TIME_KEPT) == ["olle"]
    *_, declined = office.itips("olle")
    [invited] = [each for each in office.itips("olle") if each.method == "REQUEST"]
    assert (declined.method, declined.uid, declined.sequence) == ("DECLINECOUNTER", invited.uid, invited.sequence)
    assert office.talks()["olle"] == office.invited["olle"]


def test_a_decline_that_nobody_vouches_for_is_shown_to_the_manager_and_not_acted_upon(office: Office) -> None:
    assert office.answers("frida") == [answered("frida", "declined", verified=False)]
    assert office.talks()["frida"] == office.invited["frida"]
    unconfirmed = re.compile(r"Samtalet med (\w+) .* har ingen bekräftad tid")
    first, *_ = (plain(mail) for mail in office.mails("disa", MANAGER_DIGEST))
    assert sorted(unconfirmed.findall(first)) == ["Frida", "Olle"]


def test_an_invitation_that_comes_back_has_failed_and_hr_and_the_manager_hear_of_it(office: Office) -> None:
    rows = [row for row in office.rows() if row.address == address("gone")]
    assert {row.state for row in rows} == {OutboxState.FAILED}
    assert all(row.reason.startswith("it came back: 5.1.1 ") and "@" not in row.reason for row in rows)

    [round_] = status(office.app.store, now=office.app.clock.now()).rounds
    assert round_.messages["invitation"] == {"sent": 2 * 16 - 1 + 2, "failed": 1}  # and one update for two
    *_, of_last_week = office.mails("hr", HR_DIGEST)
    assert "Mejl som inte kom fram: 2." in plain(of_last_week)
    *_, of_last_week = office.mails("egil", MANAGER_DIGEST)
    assert "Ett mejl till Gone kom inte fram." in plain(of_last_week)


def test_what_was_read_is_put_away_and_what_was_not_for_the_service_is_left_for_people(office: Office) -> None:
    assert len(office.server.fetch(SENDER, PROCESSED)) == office.read().total() - 2
    assert len(office.server.fetch(SENDER, UNREADABLE)) == 1
    assert len(office.server.fetch(SENDER)) == office.unread() == 1


def test_every_calendar_shows_the_talks_as_the_service_has_them(office: Office) -> None:
    talks = office.talks().values()
    for who in set(EVERYBODY) - {"gone"}:
        calendar = ImipCalendar(owner=address(who))
        for mail in office.boxes[who]:
            calendar.receive(mail)
        theirs = sorted((talk.start, talk.end) for talk in talks if who in (talk.employee, talk.manager))
        assert [(entry.start, entry.end) for entry in calendar.entries()] == theirs


def test_the_service_has_nothing_to_complain_of_but_the_mail_that_cannot_be_read(office: Office) -> None:
    complaints = [entry["event"] for entry in office.log.capture.entries if entry["log_level"] not in {"info", "debug"}]
    assert complaints == ["a mail could not be read"]
