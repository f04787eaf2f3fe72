"""Texts that a spreadsheet shows and never runs.

Source: OWASP, CSV Injection. What begins with one of these characters is read as a formula, by some programs after
leading blanks too, and by some in its full-width form. An apostrophe before it makes it text, everywhere and for good:
a cell that is merely typed as text becomes a formula when somebody edits it, or saves the sheet as CSV.
"""

import re

STARTS = (
    r"=+\-@"
    "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}\N{MINUS SIGN}"
)
_BLANK = r"[\s\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\x00-\x1f]*"
_RUNS = re.compile(rf"{_BLANK}[{STARTS}]|[\t\r\n\x00]")
_RUNS_AFTER_A_SEPARATOR = re.compile(rf"([;,|\t\r\n\"'])({_BLANK})([{STARTS}])")


def harmless(text: str) -> str:
    """*text*, with an apostrophe before it if a spreadsheet could take it for a formula."""
    return f"'{text}" if _RUNS.match(text) else text


def harmless_field(text: str) -> str:
    """Like ``harmless``, for CSV: also where a program that splits at other characters would see a field begin."""
    return harmless(_RUNS_AFTER_A_SEPARATOR.sub(r"\1\2'\3", text))
