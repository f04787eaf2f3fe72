"""A DNS server on loopback, over UDP, that knows what a test writes down and nothing else."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass(slots=True)
class Zone:
    """What the server knows.

    Attributes:
        records: (name without the last dot, kind such as ``TXT``) to its records, written as in a zone file.
        fails: Names that are answered with SERVFAIL. *silent*: names that are not answered at all.
        asked: Every question: name and kind.
    """

    records: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    fails: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        found = self.records.get((name, kind))
        if name in self.fails:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@contextmanager
def dns_server(zone: Zone) -> Iterator[tuple[str, int]]:
    """Run it; yield address and port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        address = listening.getsockname()

        def serve() -> None:
            while True:
                wire, asker = listening.recvfrom(4096)
                if not wire:  # the end
                    return
                answer = zone.answer(dns.message.from_wire(wire))
                if answer is not None:
                    listening.sendto(answer.to_wire(), asker)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield address
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", address)
            serving.join()
