"""Languages and time zones as people write them."""

import re
from collections.abc import Collection
from functools import cache, lru_cache

from talkcycle.intake.nearest import choices, did_you_mean
from talkcycle.intake.unusable import Unusable, quoted

_NAMES = {
    "swedish": "sv",
    "svenska": "sv",
    "svensk": "sv",
    "ruotsi": "sv",
    "finlandssvenska": "sv_FI",
    "finland swedish": "sv_FI",
    "finland-swedish": "sv_FI",
    "suomenruotsi": "sv_FI",
    "english": "en",
    "engelska": "en",
    "engelsk": "en",
    "englanti": "en",
    "norwegian": "nb",
    "norska": "nb",
    "norsk": "nb",
    "norja": "nb",
    "bokmål": "nb",
    "norsk bokmål": "nb",
    "no": "nb",
    "danish": "da",
    "danska": "da",
    "dansk": "da",
    "tanska": "da",
    "finnish": "fi",
    "finska": "fi",
    "finsk": "fi",
    "suomi": "fi",
    "german": "de",
    "tyska": "de",
    "tysk": "de",
    "saksa": "de",
    "deutsch": "de",
}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)


def language_tag(text: str, known: Collection[str]) -> str:
    """The Babel tag (``sv``, ``sv_FI``) of a tag or a language's name, of which texts exist in *known*.

    A regional tag is known when its base language is: the texts fall back to that.

    Raises:
        Unusable: There are no texts in it.
    """
    word = text.strip()
    match = _TAG.fullmatch(_NAMES.get(word.casefold(), word))
    if match is not None:
        base, region = match[1].lower(), (match[2] or "").upper()
        tag = f"{base}_{region}" if region else base
        if tag in known or base in known:
            return tag
    mend = did_you_mean(word, known, f"There are texts in {choices(sorted(known))}.") if known else "There are no texts."
    raise Unusable(f"{quoted(text)} is not a language there are texts in.", mend)


@lru_cache(maxsize=4096)
def time_zone(text: str) -> str:
    """The IANA name of a zone, whatever its case. Raises Unusable."""
    known = _zones()
    name = known.get(text.strip().casefold())
    if name is None:
        mend = did_you_mean(text.strip(), known.values(), "Write a name such as Europe/Stockholm.")
        raise Unusable(f"{quoted(text)} is not a time zone.", mend)
    return name


@cache
def _zones() -> dict[str, str]:
    from zoneinfo import available_timezones  # noqa: PLC0415

    # The bare abbreviations (EST, MET) are fixed offsets or legacy names: nobody's summer time is right in them.
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}
