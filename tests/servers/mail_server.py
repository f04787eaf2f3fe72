"""Postfix and Dovecot on loopback, in a folder of their own: submission with STARTTLS and AUTH, mailboxes over IMAP.

Every address of the test domains has a mailbox, made when its first message comes. Mail for anybody else is refused,
and were it not, every way out of the machine ends in Postfix's error transport.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

DOMAINS = ("norrskenkonsult.example", "norrsken.example")
PASSWORD = "of-every-mailbox"
PATIENCE = 30.0
"""Seconds until a server that does not come up, or a queue that does not empty, is a failure."""
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
"""In the order in which a message passes through them, so that none is overlooked while it moves on."""

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.norrsken.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =

# Nothing is delivered but to the test domains' mailboxes; nothing leaves.
mydestination =
mynetworks =
relay_domains =
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
local_transport = error:there is nobody here
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = static:mailbox
virtual_transport = lmtp:unix:{folder}/lmtp
# Taken, and then found to be nobody's: what comes of it is a bounce.
transport_maps = inline:{{ {{gone@{domain}=nobody:}} }}

# Submission: encrypted, then logged in, and then to our own domains only.
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/auth
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination{vouching}, permit_sasl_authenticated, reject
smtpd_forbid_bare_newline = {bare_newline}
smtpd_forbid_bare_newline_exclusions =
"""

VOUCHING = "/^(.+)$/ PREPEND Authentication-Results: {authserv_id}; auth=pass smtp.auth=$1\n"
"""Who sent a mail is who logged in (RFC 8601 section 2.7.4)."""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
nobody unix - n n - - pipe
  flags= user=nobody argv=/bin/sh -c {{exit 67}}
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """\
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_uid = nobody
mail_gid = nogroup
mail_fsync = never
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
# Whoever failed to log in waits longer and longer; here all come from one address.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    user = postfix
    mode = 0600
  }}
}}
service auth {{
  unix_listener {folder}/auth {{
    user = postfix
    mode = 0600
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where to reach the pair. *user*: any address of the test domains; each has the same password.

    *imap*: without TLS, or with STARTTLS; *imaps*: with TLS from the first byte. What is sent to
    ``gone@norrskenkonsult.example`` comes back.
    """

    folder: Path
    host: str
    submission: int
    imap: int
    user: str
    password: str
    ca_file: Path
    imaps: int = 0

    def fetch(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Everything in *address*'s folder as it came, once all that was accepted has been delivered."""
        self.settle()
        with IMAPClient(self.host, port=self.imap, ssl=False) as client:
            client.login(address, self.password)
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [found[number][b"BODY[]"] for number in sorted(found)]

    def mailboxes(self) -> list[str]:
        """The addresses that got anything at all."""
        self.settle()
        return sorted(
            path.name for path in (self.folder / "mail").iterdir() if any(path.glob("new/*")) or any(path.glob("cur/*"))
        )

    def logged(self, pattern: str) -> list[str]:
        """The lines of Postfix's log that match *pattern*, once there is one: it writes them after it has answered."""
        matching = re.compile(pattern).search
        log = self.folder / "postfix.log"
        _until(lambda: matching(log.read_text()) is not None, f"Postfix never logged {pattern}", self.folder)
        return [line for line in log.read_text().splitlines() if matching(line)]

    def settle(self) -> None:
        """Wait until every accepted message has reached its mailbox, or its bounce the sender's."""
        _until(lambda: not any(self._waiting()), "Postfix still has mail in its queue", self.folder)

    def _waiting(self) -> Iterator[Path]:
        for queue in QUEUES:
            for path in (self.folder / "queue" / queue).rglob("*"):
                with suppress(FileNotFoundError):  # delivered while we looked
                    if path.is_file():
                        yield path


@contextmanager
def mail_server(*, bare_newline: str = "reject", authserv_id: str | None = None) -> Iterator[MailServer]:
    """Start the pair and yield it; afterwards both are gone, and so is their folder.

    Args:
        bare_newline: What Postfix does about a line end that is not CRLF: ``reject`` or ``normalize``.
    """
    if os.geteuid() != 0:
        raise PermissionError("Postfix can only be started by root, and so can the tests that need it")
    folder = Path(tempfile.mkdtemp(prefix="talkcycle-mail-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)  # both servers have users of their own, who must get in
        submission, imap, imaps = _free_ports()
        _make_certificate(folder)
        _configure_dovecot(folder, imap, imaps)
        stack.enter_context(_running(["dovecot", "-F", "-c", str(folder / "dovecot.conf")], folder))
        _configure_postfix(folder, submission, bare_newline, authserv_id)
        stack.enter_context(_running([*_postfix_master(), "-c", str(folder / "postfix"), "-d"], folder))
        for port in (imap, submission):
            _until(lambda port=port: _answers(port), "a server does not come up", folder)  # type: ignore[misc]
        yield MailServer(
            folder=folder,
            host="localhost",  # what the certificate says
            submission=submission,
            imap=imap,
            user=f"samtal@{DOMAINS[0]}",
            password=PASSWORD,
            ca_file=folder / "certificate.pem",
            imaps=imaps,
        )


def _make_certificate(folder: Path) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)


def _configure_dovecot(folder: Path, port: int, imaps: int) -> None:
    mail = folder / "mail"
    mail.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(mail, nobody.pw_uid, nobody.pw_gid)
    text = DOVECOT_CONF.format(folder=folder, port=port, imaps=imaps, password=PASSWORD)
    (folder / "dovecot.conf").write_text(text)


def _configure_postfix(folder: Path, port: int, bare_newline: str, authserv_id: str | None) -> None:
    for name in ("postfix", "queue", "state"):
        (folder / name).mkdir()
    shutil.chown(folder / "state", "postfix")
    vouching = ""
    if authserv_id is not None:
        (folder / "vouching").write_text(VOUCHING.format(authserv_id=authserv_id))
        vouching = f", check_sasl_access regexp:{folder}/vouching"
    main = MAIN_CF.format(
        folder=folder, domain=DOMAINS[0], domains=", ".join(DOMAINS), bare_newline=bare_newline, vouching=vouching
    )
    (folder / "postfix" / "main.cf").write_text(main)
    (folder / "postfix" / "master.cf").write_text(MASTER_CF.format(port=port))
    with (folder / "check.out").open("wb") as output:
        command = ["postfix", "-c", str(folder / "postfix"), "check"]  # makes what the queue is made of
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _postfix_master() -> list[str]:
    """Postfix's own parent process. ``postfix start-fg`` would put it into a session where we lose sight of it."""
    found = subprocess.run(["postconf", "-dh", "daemon_directory"], check=True, capture_output=True, text=True)
    return [f"{found.stdout.strip()}/master"]


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[None]:
    """Keep *command* running. Its output goes to a file: a daemon's child that inherits a pipe keeps it open for ever."""
    with (folder / f"{Path(command[0]).name}.out").open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)  # children that outlive their master; the session is ours alone


def _free_ports() -> tuple[int, int, int]:
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for each in (one, two, three):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1], three.getsockname()[1]


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        return line.recv(1) != b""
    return False


def _until(done: Callable[[], bool], otherwise: str, folder: Path) -> None:
    """Look again and again until *done*: neither server tells when it is."""
    give_up = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > give_up:
            logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(folder.glob("*.log")))
            outputs = "\n".join(path.read_text(errors="replace")[-1000:] for path in sorted(folder.glob("*.out")))
            raise TimeoutError(f"{otherwise}\n{logs}\n{outputs}")
        time.sleep(0.01)
