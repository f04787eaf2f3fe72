"""The process that reads foreign mails: it may be killed at any moment. Started by ``reading``, over one socket.

Each mail comes as a header of ``REQUEST`` and its bytes; each answer goes as a header of ``ANSWER`` and a pickle.
"""

import pickle
import resource
import signal
import socket
import struct
import sys

MOST_MEMORY = 200_000_000
"""Bytes of address space."""
REQUEST = struct.Struct("!I?")
"""How many bytes follow, and whether they are the whole mail."""
ANSWER = struct.Struct("!I")
READY = b"!"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends us by closing the socket
    from talkcycle.domain.mails import UnreadableMail  # noqa: PLC0415  # under the limit, like everything it does
    from talkcycle.intake.mail_reading import read_mail  # noqa: PLC0415

    authserv_id = sys.argv[1] if len(sys.argv) > 1 else None
    with socket.socket(fileno=0) as line:
        line.sendall(READY)
        while header := line.recv(REQUEST.size, socket.MSG_WAITALL):
            size, whole = REQUEST.unpack(header)
            read = None
            try:
                raw = line.recv(size, socket.MSG_WAITALL)
                read = read_mail(raw, authserv_id=authserv_id, whole=whole)
            except MemoryError:
                read = UnreadableMail(why="reading it takes more memory than any mail should")
            answer = pickle.dumps(read)
            line.sendall(ANSWER.pack(len(answer)) + answer)


if __name__ == "__main__":
    main()
