"""Read foreign mails in a process of their own, which costs at most so much time and memory and can be killed."""

import os
import pickle
import socket
import subprocess
import sys
from time import monotonic

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mails import ReadMail, UnreadableMail
from talkcycle.transports.imap.reading_child import ANSWER, READY, REQUEST

PATIENCE = 2.0
"""Seconds for one mail."""
STARTING = 30.0
CHILD = "talkcycle.transports.imap.reading_child"
KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONTZPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""Of the environment: the rest may hold passwords, with which whoever reads foreign mails has nothing to do."""

TOO_LONG = "reading it takes longer than any mail should"
DIED = "whoever read it died of it"


class MailReader:
    """Reads one mail after the other. Belongs to one thread; the process is started with the first mail."""

    def __init__(self, authserv_id: str | None, *, patience: float = PATIENCE) -> None:
        self.authserv_id = authserv_id
        self.patience = patience
        self._line: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, raw: bytes, *, whole: bool = True) -> ReadMail | UnreadableMail:
        """What *raw* says. A mail that takes too long, or that its reader dies of, is one that cannot be read.

        Raises:
            TransientDeliveryError: No process could be started.
        """
        line = self._line or self._start()
        try:
            answer = self._ask(line, REQUEST.pack(len(raw), whole) + raw)
        except TimeoutError:
            self.close()
            return UnreadableMail(why=TOO_LONG)
        except OSError:
            self.close()
            return UnreadableMail(why=DIED)
        read = pickle.loads(answer)  # noqa: S301  # of our own process, run by the same user as this one
        assert isinstance(read, ReadMail | UnreadableMail)
        return read

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._line = self._child = None

    @property
    def process(self) -> int | None:
        """Its number; None while there is none."""
        return None if self._child is None else self._child.pid

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        arguments = [] if self.authserv_id is None else [self.authserv_id]
        try:
            with theirs:
                self._child = subprocess.Popen(  # noqa: S603  # this Python, a module of ours, a setting as one argument
                    [sys.executable, "-P", "-m", CHILD, *arguments],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={name: os.environ[name] for name in KEPT if name in os.environ},
                )
            self._line = ours
            if _exactly(ours, len(READY), monotonic() + STARTING) != READY:
                raise ConnectionError
        except OSError as failure:
            ours.close()
            self.close()
            what = f"the process that reads mails cannot be started: {type(failure).__name__}"
            raise TransientDeliveryError(what, connection_wide=True) from failure
        return ours

    def _ask(self, line: socket.socket, request: bytes) -> bytes:
        until = monotonic() + self.patience
        line.settimeout(self.patience)
        line.sendall(request)
        (size,) = ANSWER.unpack(_exactly(line, ANSWER.size, until))
        return _exactly(line, size, until)


def _exactly(line: socket.socket, size: int, until: float) -> bytes:
    """*size* bytes. Raises TimeoutError, ConnectionError."""
    found = bytearray()
    while len(found) < size:
        line.settimeout(max(0.001, until - monotonic()))
        more = line.recv(size - len(found))
        if not more:
            raise ConnectionError("the line was closed")
        found += more
    return bytes(found)
