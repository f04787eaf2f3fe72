"""The database's URL, completed with what the file must not hold."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from talkcycle.intake.findings import Findings

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql+psycopg", "postgresql", "postgres")


def database_url(findings: Findings, folder: Path, url: str | None, data: Path, password: str | None) -> str:
    """The complete URL: absolute for SQLite, with the password for PostgreSQL. *url*: as written."""
    if url is None:
        if password is not None:
            findings.fault(("database",), "is missing, but its password is given.", "Write the database's URL.")
        return f"{_SQLITE}{data / 'talkcycle.db'}"
    if url.startswith(_SQLITE):
        return f"{_SQLITE}{folder / url.removeprefix(_SQLITE)}"
    scheme, _, rest = url.partition("://")
    if scheme not in _POSTGRESQL or not rest:
        mend = "Write sqlite:///talkcycle.db or postgresql+psycopg://user@host/name."
        findings.fault(("database",), "is not the URL of a database we can use.", mend)
        return url
    return _postgresql(findings, rest, password)


def _postgresql(findings: Findings, rest: str, password: str | None) -> str:
    try:
        parts = urlsplit(f"//{rest}")
        user, known = parts.username, parts.password
    except ValueError:
        findings.fault(("database",), "is not a URL.", "Write postgresql+psycopg://user@host/name.")
        return rest
    if known is not None or "password=" in parts.query:
        mend = "Take it away, and name database_password_env or database_password_file."
        findings.fault(("database",), "a password does not belong in this file.", mend)
    elif password is not None and not user:
        mend = "Write postgresql+psycopg://user@host/name."
        findings.fault(("database",), "there is no user for the password.", mend)
    elif password is not None:
        login, _, host = rest.partition("@")
        rest = f"{login}:{quote(password, safe='')}@{host}"
    return f"{_POSTGRESQL[0]}://{rest}"
