"""An IMAP server on loopback that keeps mails in memory, lacks what a test takes away, and breaks where it is told to.

Dovecot shows that we speak IMAP as servers do; this one shows what we do when they do not do well.
"""

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

USER, PASSWORD = "samtal@norrskenkonsult.example", "of-the-service"
EVERYTHING = ("IDLE", "MOVE", "UIDPLUS", "NAMESPACE", "AUTH=PLAIN", "SASL-IR")
CUT = "cut"
"""Instead of an answer: the server drops the line."""


@dataclass(slots=True)
class Stored:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class MailStore:
    """Everything the server knows, and what it was asked.

    Attributes:
        folders: By name.
        prefix: Of the personal namespace; folders elsewhere cannot be made.
        refusals: Command to what the server says instead of doing it (``NO ...``), or ``CUT``, or ``CUT after``: it
            does it and drops the line instead of saying so. *times*: how often; a command that is not in it: always.
        meanwhile: Command to mails that come while it is done the next time, and are told along with its answer alone.
        commands: As they came, without tags and arguments.
        check_token: Raises for a token that is not to be let in; None: every token is refused.
    """

    folders: dict[str, list[Stored]] = field(default_factory=lambda: {"INBOX": []})
    validity: int = 7
    next_uid: int = 1
    capabilities: Sequence[str] = EVERYTHING
    prefix: str = ""
    refusals: dict[str, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    meanwhile: dict[str, Sequence[bytes]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    logins: int = 0
    check_token: Callable[[str], object] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def deliver(self, *mails: bytes) -> None:
        with self.changed:
            for raw in mails:
                self.folders["INBOX"].append(Stored(self.next_uid, raw))
                self.next_uid += 1
            self.changed.notify_all()

    def forget_numbers(self) -> None:
        """Another UIDVALIDITY, and UIDs from 1 on."""
        self.validity += 1
        for number, mail in enumerate(self.folders["INBOX"], start=1):
            mail.uid = number
        self.next_uid = len(self.folders["INBOX"]) + 1

    def refusal(self, command: str) -> str | None:
        if command not in self.refusals or self.times.get(command, 1) == 0:
            return None
        if command in self.times:
            self.times[command] -= 1
        return self.refusals[command]

    def put(self, uid: int, folder: str) -> None:
        (mail,) = (each for each in self.folders["INBOX"] if each.uid == uid)
        self.folders[folder].append(Stored(uid, mail.raw))

    def drop(self, uid: int) -> None:
        self.folders["INBOX"] = [each for each in self.folders["INBOX"] if each.uid != uid]


class _Line(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        with suppress(OSError, _Cut):
            self.say(f"* OK [CAPABILITY IMAP4rev1 {' '.join(self.store.capabilities)}] ready")
            while line := self.rfile.readline():
                tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
                if not self.obey(tag, rest):
                    return

    @property
    def store(self) -> MailStore:
        return self.server.store

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def obey(self, tag: str, text: str) -> bool:
        words = text.split(" ", 2)
        command = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
        arguments = text[len(command) :].strip()
        self.store.commands.append(command)
        refusal = self.store.refusal(command)
        if refusal == CUT:
            return False
        if refusal is not None and not refusal.startswith(CUT):
            self.say(f"{tag} {refusal}")
            return True
        with self.store.changed:
            done = getattr(self, "do_" + command.lower().replace(" ", "_"))(tag, arguments)
            for told in self.come_meanwhile(command):
                self.say(told)
        if refusal is not None:
            return False
        self.say(f"{tag} {done or 'OK done'}")
        return command != "LOGOUT"

    def come_meanwhile(self, command: str) -> list[str]:
        mails = self.store.meanwhile.pop(command, ())
        self.store.deliver(*mails)
        return [f"* {len(self.store.folders['INBOX'])} EXISTS"] if mails else []

    def do_capability(self, _tag: str, _arguments: str) -> None:
        self.say(f"* CAPABILITY IMAP4rev1 {' '.join(self.store.capabilities)}")

    def do_starttls(self, _tag: str, _arguments: str) -> None:
        raise _Cut

    def do_login(self, _tag: str, arguments: str) -> str | None:
        return self._logged_in(arguments.replace('"', "") == f"{USER} {PASSWORD}")

    def do_authenticate(self, _tag: str, arguments: str) -> str | None:
        mechanism = arguments.split(maxsplit=1)[0].upper()
        self.say("+ ")
        given = base64.b64decode(self.rfile.readline()).decode()
        if mechanism == "PLAIN":
            return self._logged_in(given == f"\0{USER}\0{PASSWORD}")
        allowed = self._takes(given)
        if not allowed:  # as Exchange Online does: the error is one more challenge, to be answered with nothing
            self.say("+ " + base64.b64encode(b'{"status":"401"}').decode())
            assert self.rfile.readline().strip() == b""
        return self._logged_in(allowed)

    def _takes(self, given: str) -> bool:
        user, _, token = given.removesuffix("\1\1").partition("\1auth=Bearer ")
        if user != f"user={USER}" or self.store.check_token is None:
            return False
        try:
            self.store.check_token(token)
        except Exception:  # noqa: BLE001  # whatever the judge of tokens raises
            return False
        return True

    def _logged_in(self, right: bool) -> str | None:  # noqa: FBT001  # the question itself
        self.store.logins += 1
        return None if right else f"NO [AUTHENTICATIONFAILED] {USER} is not let in."

    def do_namespace(self, _tag: str, _arguments: str) -> None:
        self.say(f'* NAMESPACE (("{self.store.prefix}" ".")) NIL NIL')

    def do_list(self, _tag: str, arguments: str) -> None:
        wanted = arguments.rsplit(maxsplit=1)[-1].strip('"')
        for name in self.store.folders:
            if wanted in {"*", name}:
                self.say(f'* LIST (\\HasNoChildren) "." "{name}"')

    def do_create(self, _tag: str, arguments: str) -> str | None:
        name = arguments.strip('"')
        if not name.startswith(self.store.prefix):
            return "NO not here"
        self.store.folders[name] = []
        return None

    def do_select(self, _tag: str, arguments: str) -> str | None:
        if arguments.strip('"') not in self.store.folders:
            return "NO there is no such folder"
        self.say(f"* {len(self.store.folders['INBOX'])} EXISTS")
        self.say("* 0 RECENT")
        self.say("* FLAGS (\\Seen \\Deleted)")
        self.say(f"* OK [UIDVALIDITY {self.store.validity}] valid")
        self.say(f"* OK [UIDNEXT {self.store.next_uid}] predicted")
        return "OK [READ-WRITE] selected"

    do_examine = do_select

    def do_uid_search(self, _tag: str, arguments: str) -> None:
        first = int(match[1]) if (match := re.search(r"UID (\d+):\*", arguments)) else 1
        mails = [
            each for each in self.store.folders["INBOX"] if "\\Deleted" not in each.flags or "UNDELETED" not in arguments
        ]
        found = [each.uid for each in mails if each.uid >= first]
        # RFC 3501: n:* always holds the last message, whatever n is.
        found = found or [each.uid for each in mails[-1:]]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())

    def do_uid_fetch(self, _tag: str, arguments: str) -> None:
        wanted, _, items = arguments.partition(" ")
        uids = {int(each) for each in wanted.split(",")}
        for number, mail in enumerate(self.store.folders["INBOX"], start=1):
            if mail.uid not in uids:
                continue
            if "RFC822.SIZE" in items:
                self.say(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.raw)})")
            elif partial := re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", items):
                self._literal(number, mail.uid, "BODY[]<0>", mail.raw[: int(partial[1])])
            else:
                fields = b"".join(re.findall(rb"(?im)^authentication-results:.*\r\n(?:[ \t].*\r\n)*", mail.raw))
                self._literal(number, mail.uid, "BODY[HEADER.FIELDS (AUTHENTICATION-RESULTS)]", fields + b"\r\n")

    def _literal(self, number: int, uid: int, name: str, data: bytes) -> None:
        self.wfile.write(f"* {number} FETCH (UID {uid} {name} {{{len(data)}}}\r\n".encode() + data + b")\r\n")

    def do_uid_copy(self, _tag: str, arguments: str) -> None:
        uid, folder = arguments.split(" ", 1)
        self.store.put(int(uid), folder.strip('"'))

    def do_uid_move(self, tag: str, arguments: str) -> None:
        self.do_uid_copy(tag, arguments)
        self.store.drop(int(arguments.split(maxsplit=1)[0]))

    def do_uid_store(self, _tag: str, arguments: str) -> None:
        uid = int(arguments.split(maxsplit=1)[0])
        for mail in self.store.folders["INBOX"]:
            if mail.uid == uid:
                mail.flags.add("\\Deleted")

    def do_uid_expunge(self, _tag: str, arguments: str) -> None:
        self.store.drop(int(arguments))

    def do_idle(self, _tag: str, _arguments: str) -> None:
        self.say("\r\n".join(["+ idling", *self.come_meanwhile("IDLE")]))
        known = len(self.store.folders["INBOX"])
        done = threading.Event()
        reader = threading.Thread(target=self._await_done, args=(done,), daemon=True)
        reader.start()
        while not done.is_set():
            if len(self.store.folders["INBOX"]) > known:
                known = len(self.store.folders["INBOX"])
                self.say(f"* {known} EXISTS")
            self.store.changed.wait(timeout=0.01)
        reader.join()

    def _await_done(self, done: threading.Event) -> None:
        with suppress(OSError):
            self.rfile.readline()
        done.set()

    def do_noop(self, _tag: str, _arguments: str) -> None:
        pass

    def do_logout(self, _tag: str, _arguments: str) -> None:
        self.say("* BYE")


class _Cut(Exception):
    """The server drops the line."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, store: MailStore, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.store = store
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not like our certificate is no error of ours."""


@contextmanager
def imap_server(store: MailStore, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve *store*; yields the port."""
    with _Server(store, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
