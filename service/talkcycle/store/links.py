"""Signed links: an opaque text for each person and purpose, made anew whenever it is needed and kept nowhere.

A token is a locator of its round, and the link under AES-SIV (RFC 5297) with a key derived from the round's own: the same
link gives the same token, nothing in it can be read, and it is worthless once the round is purged and its key gone.
"""

import base64
import binascii
import hmac
import json
from dataclasses import replace
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Connection, select

from talkcycle.domain.links import Link, Purpose
from talkcycle.store import tables
from talkcycle.store.dialect import upsert
from talkcycle.store.keys import Keys

LOCATOR = 4
"""Bytes by which a token's round is found; two rounds that share them are both tried."""
BLOCK = 16
"""Tokens grow in steps of this, so that their length says little about an id's."""
LONGEST = 1000
LINKS, FORMS = b"talkcycle links", b"talkcycle forms"
"""What keys are derived for. Another use is another key."""
NOBODYS = AESSIV(bytes(range(64)))
"""Opens nothing. A token of no round is tried with it, so that it takes as long as one that is forged."""


class SqlLinks:
    """Implements ``domain.store.Links``."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.connection = connection
        self.keys = keys

    def token(self, link: Link) -> str:
        locator = _locator(link.round)
        return _text(locator + self._cipher(link.round).encrypt(_padded(link), [LINKS, locator]))

    def open(self, token: str) -> Link | None:
        sealed = _bytes(token)
        locator, body = sealed[:LOCATOR], sealed[LOCATOR:]
        rounds = self.connection.execute(select(tables.rounds.c.id)).scalars().all()
        found = [id_ for id_ in rounds if hmac.compare_digest(_locator(id_), locator)]
        opened: Link | None = None
        for cipher, id_ in [(self._cipher(id_), id_) for id_ in found] or [(NOBODYS, "")]:
            try:
                opened = _link(id_, cipher.decrypt(body, [LINKS, locator]))
            except (InvalidTag, ValueError):
                continue
        if opened is None or self.epoch(opened.round, opened.person) != opened.epoch:
            return None
        return opened

    def epoch(self, round_: str, person: str) -> int:
        table = tables.link_epochs
        query = select(table.c.epoch).where(table.c.round == round_, table.c.person == person)
        return self.connection.execute(query).scalar_one_or_none() or 0

    def current(self, link: Link) -> Link:
        return replace(link, epoch=self.epoch(link.round, link.person))

    def revoke(self, round_: str, person: str) -> int:
        table = tables.link_epochs
        row = upsert(self.connection, table).values(round=round_, person=person, epoch=1)
        risen = row.on_conflict_do_update(index_elements=["round", "person"], set_={"epoch": table.c.epoch + 1})
        epoch: int = self.connection.execute(risen.returning(table.c.epoch)).scalar_one()
        return epoch

    def form_key(self, round_: str) -> bytes:
        return self.keys.derived(round_, FORMS)

    def _cipher(self, round_: str) -> AESSIV:
        return AESSIV(self.keys.derived(round_, LINKS))


def _locator(round_: str) -> bytes:
    return sha256(b"talkcycle round:" + round_.encode()).digest()[:LOCATOR]


def _padded(link: Link) -> bytes:
    """The round is left out: the key belongs to it."""
    parts = [link.purpose.value, link.epoch, link.person, *([] if link.talk in {None, link.person} else [link.talk])]
    plain = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return plain + b" " * (-len(plain) % BLOCK)


def _link(round_: str, plain: bytes) -> Link:
    purpose, epoch, person, *talk = json.loads(plain)
    of_talk = (talk[0] if talk else person) if Purpose(purpose).of_one_talk else None
    return Link(round=round_, person=person, purpose=Purpose(purpose), talk=of_talk, epoch=epoch)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    """What *token* stands for; of what cannot be one something that opens nothing.

    There is one spelling of each token: base64 lets the unused bits of the last letter be anything.
    """
    try:
        data = base64.b64decode(token[:LONGEST].encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return bytes(LOCATOR + BLOCK)
    return data if len(token) <= LONGEST and _text(data) == token and len(data) > LOCATOR else bytes(LOCATOR + BLOCK)
