"""What a server answered when it was asked for a calendar: its bytes within bounds, or why there are none."""

import zlib

import httpx

from talkcycle.transports.calendar_addresses import Unfetchable

HEADERS = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip", "User-Agent": "talkcycle"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CLOSED = frozenset({401, 403, 407})
GONE = frozenset({404, 410})
GZIP = 16 + zlib.MAX_WBITS


async def body_of(response: httpx.Response, most_bytes: int) -> bytes:
    """The calendar that *response* brings, unpacked; never more than a block above *most_bytes* is held.

    Raises:
        Unfetchable: It brings none, or too large a one.
    """
    _check_status(response.status_code)
    if response.headers.get("Content-Type", "").casefold().startswith("text/html"):
        raise Unfetchable("The address gives a web page, not a calendar.", "Copy the link that ends in .ics.")
    packing = response.headers.get("Content-Encoding", "identity").strip().casefold()
    if packing not in {"identity", "", "gzip", "x-gzip"}:
        raise Unfetchable("The server packs the calendar in a way it was not asked for.", "Ask who runs it.")
    unpacker = zlib.decompressobj(GZIP) if "gzip" in packing else None
    body = bytearray()
    async for block in response.aiter_raw():
        body += _unpacked(unpacker, block, most_bytes + 1 - len(body)) if unpacker else block
        if len(body) > most_bytes:
            raise Unfetchable(f"The calendar is larger than {most_bytes / 1e6:g} MB.", "Publish fewer months of it.")
    if unpacker and not unpacker.eof:
        raise Unfetchable("The calendar breaks off.", "Try again later.")
    return bytes(body)


def _unpacked(unpacker: "zlib._Decompress", block: bytes, most: int) -> bytes:
    try:
        return unpacker.decompress(block, most)
    except zlib.error:
        raise Unfetchable("The calendar arrives damaged.", "Try again later.") from None


def _check_status(status: int) -> None:
    if status in CLOSED:
        raise Unfetchable(
            f"The server wants to know who asks ({status}).", "Publish the calendar to whoever has its link."
        )
    if status in GONE:
        raise Unfetchable(
            f"There is no calendar at this address any more ({status}).", "Publish it again and give its new link."
        )
    if status != httpx.codes.OK:
        raise Unfetchable(f"The server answers with an error ({status}).", "Try again later.")
