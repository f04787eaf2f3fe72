"""Public holidays, and which countries are known. The library is loaded when somebody asks."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from talkcycle.intake.unusable import Unusable, quoted

_NAMES = {
    "sweden": "SE",
    "sverige": "SE",
    "finland": "FI",
    "suomi": "FI",
    "norway": "NO",
    "norge": "NO",
    "denmark": "DK",
    "danmark": "DK",
    "england": "GB-ENG",
    "scotland": "GB-SCT",
    "skottland": "GB-SCT",
    "wales": "GB-WLS",
    "northern ireland": "GB-NIR",
    "nordirland": "GB-NIR",
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "storbritannien": "GB",
}
_MEND = "Write the country's two letters, and its part where holidays differ: SE, FI, GB-ENG."


def public_holidays(country: str, years: Iterable[int]) -> frozenset[date]:
    """Days on which *country* (``SE``, ``GB-ENG``) does not work: public holidays, and days everybody takes off.

    Sweden has days off that no law names, Midsummer Eve and Christmas Eve among them: the library's ``de_facto``.

    Raises:
        Unusable: No holidays are known for *country*.
    """
    from holidays import country_holidays  # noqa: PLC0415  # slow to import, and the daemon at rest needs none

    code, part = _parts(country, written=country)
    known = country_holidays(code, subdiv=part).supported_categories
    categories = {"public", "de_facto"} & set(known)
    return frozenset(country_holidays(code, subdiv=part, years=sorted(set(years)), categories=tuple(categories)))


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """The key of the holiday calendar *text* names: ``SE``, ``GB-ENG``.

    Raises:
        Unusable: No such country is known, or its parts have different holidays and it does not say which.
    """
    code = _NAMES.get(text.strip().casefold(), text.strip().upper())
    if code == "GB":
        raise Unusable(f"{quoted(text)} has different holidays in its parts.", "Write GB-ENG, GB-SCT, GB-WLS or GB-NIR.")
    country, part = _parts(code, written=text)
    return f"{country}-{part}" if part else country


def _parts(code: str, *, written: str) -> tuple[str, str | None]:
    from holidays import country_holidays  # noqa: PLC0415

    country, _, part = code.partition("-")
    unknown = Unusable(f"{quoted(written)} is not a country whose holidays are known.", _MEND)
    if len(country) != 2 or not country.isalpha() or not country.isascii():
        raise unknown
    try:
        found = country_holidays(country)
    except NotImplementedError:
        raise unknown from None
    if part and part not in found.subdivisions:
        mend = f"Its parts are {', '.join(found.subdivisions)}." if found.subdivisions else f"Write {country}."
        raise Unusable(f"{quoted(written)} is not a part of {country} whose holidays are known.", mend)
    return country, part or None
