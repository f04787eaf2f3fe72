"""Read service.yaml: every fault at once, or settings in which every value is in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.service import ServiceSettings, SmtpSettings, TlsMode
from talkcycle.intake.findings import Findings
from talkcycle.intake.service_model import ServiceFile, SmtpSection, Unknown
from talkcycle.intake.unusable import quoted
from talkcycle.intake.yaml_lines import KeyPath, read_document

DATA_VARIABLE = "TALKCYCLE_DATA"
PORTS = {TlsMode.STARTTLS: 587, TlsMode.IMPLICIT: 465, TlsMode.NONE: 25}
LONGEST_SECRET = 4096
SHORTEST_KEY = 16
SECRET_KEYS: tuple[tuple[str, ...], ...] = (("smtp", "password"), ("database_password",), ("secret",))

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql+psycopg", "postgresql", "postgres")


def read_service(path: Path, env: Mapping[str, str], *, with_secrets: bool = True) -> ServiceSettings:
    """The settings of *path*, relative paths counted from its folder, secrets taken from *env* or from files.

    Args:
        with_secrets: False leaves every secret out, and does not ask whether it is there.

    Raises:
        FaultyInput: With every fault.
    """
    findings = Findings(read_document(path))
    _secrets_in_the_open(findings)
    settings = findings.section(ServiceFile, findings.document.value)
    reader = _Reader(findings, path.parent.absolute(), env, with_secrets=with_secrets)
    password = reader.secret(("smtp",), "password", settings.smtp) if findings.sound(("smtp",)) else None
    database_password = reader.secret((), "database_password", settings)
    secret = reader.secret((), "secret", settings)
    if secret is not None and len(secret) < SHORTEST_KEY:
        findings.fault(("secret_env",), "the secret is too short.", f"Give at least {SHORTEST_KEY} characters.")
    if findings.sound(("smtp",)):
        _check_login(findings, settings.smtp, password)
    data = path.parent.absolute() / (settings.data or env.get(DATA_VARIABLE) or "data")
    database = reader.database(settings.database, data, database_password)
    templates = reader.existing(("templates",), settings.templates, folder=True)
    ca_file = reader.existing(("smtp", "ca_file"), settings.smtp.ca_file) if findings.sound(("smtp",)) else None
    if findings.sound(("retry",)) and settings.retry.longest_pause < settings.retry.first_pause:
        findings.fault(("retry", "longest_pause"), "is shorter than the first pause.", "Write a longer one.")
    if findings.faults:
        raise FaultyInput(findings.faults)
    return ServiceSettings(
        data=data,
        database=database,
        smtp=_smtp(settings.smtp, password, ca_file),
        sender=settings.sender,
        templates=templates,
        per_minute=settings.per_minute,
        connections=settings.connections,
        attachment_limit=settings.attachment_limit,
        tick=settings.tick,
        retry=RetryPolicy(
            most_attempts=settings.retry.attempts,
            first_pause=settings.retry.first_pause,
            longest_pause=settings.retry.longest_pause,
            unknown_pause=settings.retry.unknown_pause,
            hold_unknown=settings.unknown is Unknown.HOLD,
        ),
        log_format=settings.log_format,
        secret=secret,
    )


def _smtp(settings: SmtpSection, password: str | None, ca_file: Path | None) -> SmtpSettings:
    return SmtpSettings(
        host=settings.host,
        port=settings.port or PORTS[settings.tls],
        tls=settings.tls,
        user=settings.user,
        password=password,
        ca_file=ca_file,
        timeout=settings.timeout,
    )


def _secrets_in_the_open(findings: Findings) -> None:
    """A secret in the file is a fault of its own, and its value is not looked at, nor shown."""
    for path in SECRET_KEYS:
        group = findings.document.value if len(path) == 1 else findings.document.value.get(path[0])
        key = path[-1]
        if isinstance(group, dict) and group.pop(key, None) is not None:
            mend = f"Take it away, and name an environment variable ({key}_env) or a file ({key}_file) that has it."
            findings.fault(path, "a secret does not belong in this file.", mend)


def _check_login(findings: Findings, smtp: SmtpSection, password: str | None) -> None:
    named = smtp.password_env or smtp.password_file
    if smtp.user and not named:
        mend = "Write password_env or password_file, or take the user away."
        findings.fault(("smtp", "user"), "there is no password for this user.", mend)
    if named and not smtp.user:
        key = "password_env" if smtp.password_env else "password_file"
        findings.fault(("smtp", key), "there is no user for this password.", "Write `user`, or take this away.")
    if smtp.tls is TlsMode.NONE and password is not None and not _is_here(smtp.host):
        mend = "Write starttls or implicit; none is for a relay on this machine."
        findings.fault(("smtp", "tls"), "the password would cross the network unencrypted.", mend)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() in {"localhost", "localhost.localdomain"}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Looks things up around the file: the environment, files beside it."""

    findings: Findings
    folder: Path
    env: Mapping[str, str]
    with_secrets: bool

    def secret(self, group: KeyPath, key: str, settings: object) -> str | None:
        """What *key*``_env`` or *key*``_file`` leads to; None when neither is given."""
        if not self.with_secrets:
            return None
        by_env, by_file = (*group, f"{key}_env"), (*group, f"{key}_file")
        if not self.findings.sound(by_env, by_file):
            return None
        variable, file = getattr(settings, f"{key}_env"), getattr(settings, f"{key}_file")
        if variable and file:
            self.findings.fault(by_file, "the secret is given twice.", f"Keep {key}_env or {key}_file.")
            return None
        if variable:
            value = self.env.get(variable, "")
            if not value:
                mend = "Set it where the service is started, or check its name."
                self.findings.fault(by_env, f"the environment has no {quoted(variable)}.", mend)
            return value or None
        return self._from_file(by_file, file) if file else None

    def _from_file(self, place: KeyPath, name: str) -> str | None:
        try:
            with (self.folder / name).open(encoding="utf-8") as opened:
                value = opened.read(LONGEST_SECRET + 1).rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = "is not there" if isinstance(error, FileNotFoundError) else "cannot be read"
            self.findings.fault(place, f"{quoted(name)} {why}.", "Check the path and who may read it.")
            return None
        if not value or len(value) > LONGEST_SECRET or not value.isprintable():
            self.findings.fault(place, f"{quoted(name)} does not have one secret in it.", "Write it on one line.")
            return None
        return value

    def existing(self, place: KeyPath, name: str | None, *, folder: bool = False) -> Path | None:
        """The path of *name* if it is there."""
        if name is None:
            return None
        path = self.folder / name
        if not (path.is_dir() if folder else path.is_file()):
            kind = "folder" if folder else "file"
            self.findings.fault(
                place, f"{quoted(name)} is not a {kind} that is there.", "Check the path; it is counted from this file."
            )
        return path

    def database(self, url: str | None, data: Path, password: str | None) -> str:
        """The complete URL: absolute for SQLite, with the password for PostgreSQL."""
        if url is None:
            if password is not None:
                self.findings.fault(("database",), "is missing, but its password is given.", "Write the database's URL.")
            return f"{_SQLITE}{data / 'talkcycle.db'}"
        if url.startswith(_SQLITE):
            return f"{_SQLITE}{self.folder / url.removeprefix(_SQLITE)}"
        scheme, _, rest = url.partition("://")
        if scheme not in _POSTGRESQL or not rest:
            mend = "Write sqlite:///talkcycle.db or postgresql+psycopg://user@host/name."
            self.findings.fault(("database",), "is not the URL of a database we can use.", mend)
            return url
        return self._postgresql(rest, password)

    def _postgresql(self, rest: str, password: str | None) -> str:
        try:
            parts = urlsplit(f"//{rest}")
            user, known = parts.username, parts.password
        except ValueError:
            self.findings.fault(("database",), "is not a URL.", "Write postgresql+psycopg://user@host/name.")
            return rest
        if known is not None or "password=" in parts.query:
            mend = "Take it away, and name database_password_env or database_password_file."
            self.findings.fault(("database",), "a password does not belong in this file.", mend)
        elif password is not None and not user:
            mend = "Write postgresql+psycopg://user@host/name."
            self.findings.fault(("database",), "there is no user for the password.", mend)
        elif password is not None:
            login, _, host = rest.partition("@")
            rest = f"{login}:{quote(password, safe='')}@{host}"
        return f"{_POSTGRESQL[0]}://{rest}"
