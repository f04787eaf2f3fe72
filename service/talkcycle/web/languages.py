"""The language a browser asks for (RFC 9110, section 12.5.4), among those there are pages in."""

from collections.abc import Collection, Iterator

MOST_RANGES = 20
OTHER_NAMES = {"no": "nb"}


def preferred(header: str, available: Collection[str], *, otherwise: str) -> str:
    """The tag (Babel's, such as ``sv_FI``) of *available* that *header* likes best."""
    for asked in _ranges(header):
        base = asked.partition("_")[0]
        for tag in (asked, base, OTHER_NAMES.get(base, base)):
            found = next((each for each in available if each.casefold() == tag), None)
            if found is not None:
                return found
    return otherwise


def _ranges(header: str) -> Iterator[str]:
    weighed = []
    for number, part in enumerate(header.split(",")[:MOST_RANGES]):
        name, _, weight = part.partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0:
            weighed.append((-quality, number, name.strip().casefold().replace("-", "_")))
    return (name for _, _, name in sorted(weighed))
