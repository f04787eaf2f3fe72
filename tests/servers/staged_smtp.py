"""A bare SMTP server on loopback that fails at exactly the stage a test names: aiosmtpd answers too well for that."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

CUT = "cut"
"""Instead of an answer: the line is reset."""
SILENCE = "silence"
"""Instead of an answer: nothing, while the line stays open."""
CONTENT, DOT, GREETING = "content", "dot", "greeting"
"""Stages that are no command. At the stage ``content`` the server stops reading half-way."""
ANSWERS = {GREETING: "220 here", "DATA": "354 go on", "QUIT": "221 bye", CONTENT: "", DOT: "250 taken"}


@dataclass(slots=True)
class Stages:
    """What the server does and what it saw.

    Attributes:
        answers: Stage (``greeting``, a verb, ``content``, ``dot``) to its answers in turn, the last of which stays.
        verbs: Of every command, over all lines.
        received: Contents whose final dot came, whatever was answered.
        lines: How many connections there were.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    verbs: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    lines: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, stage: str) -> str:
        usual = "250-here\n250 8BITMIME" if stage == "EHLO" else ANSWERS.get(stage, "250 OK")
        if stage == "EHLO" and self.extensions:
            usual = "\n".join(["250-here", *(f"250-{each}" for each in self.extensions), "250 8BITMIME"])
        answers = self.answers.get(stage, [usual])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer or usual

    def serve(self, line: socket.socket) -> None:
        self.lines += 1
        with line, line.makefile("rb") as commands, suppress(_Over, OSError):
            self._say(line, GREETING)
            while verb := commands.readline().split(b" ")[0].strip().decode().upper():
                self.verbs.append(verb)
                self._say(line, verb)
                if verb == "DATA" and self.answers.get("DATA", ["354"])[0].startswith("354"):
                    self._take_content(line, commands)
                if verb == "QUIT":
                    return

    def _take_content(self, line: socket.socket, commands: BinaryIO) -> None:
        if CONTENT in self.answers:
            commands.readline()
            self._say(line, CONTENT)
        content = b"".join(iter(commands.readline, b".\r\n"))
        self.received.append(content.replace(b"\r\n.", b"\r\n"))
        self._say(line, DOT)

    def _say(self, line: socket.socket, stage: str) -> None:
        answer = self.answer(stage)
        if answer == SILENCE:
            self.over.wait(timeout=30)
            raise _Over
        if answer == CUT:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
            raise _Over
        line.sendall("".join(f"{each}\r\n" for each in answer.split("\n")).encode())


class _Over(Exception):
    """This line is."""


@contextmanager
def staged_server(stages: Stages) -> Iterator[int]:
    """Run it; yield the port on 127.0.0.1."""
    workers: list[threading.Thread] = []
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    lines.append(line)
                    workers.append(threading.Thread(target=stages.serve, args=[line]))
                    workers[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stages.over.set()
            listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
            accepting.join()
            for line in lines:
                with suppress(OSError):  # closed already, as it should be
                    line.shutdown(socket.SHUT_RDWR)
            for worker in workers:
                worker.join()
