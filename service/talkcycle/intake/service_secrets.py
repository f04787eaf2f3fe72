"""Secrets of service.yaml: taken from the environment or from files, never written in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from talkcycle.intake.findings import Findings
from talkcycle.intake.unusable import quoted
from talkcycle.intake.yaml_lines import KeyPath

LONGEST_SECRET = 4096
SECRET_KEYS: Mapping[tuple[str, ...], str] = {
    ("smtp", "password"): "password",
    ("exchange", "password"): "password",
    ("exchange", "secret"): "secret",
    ("exchange", "client_secret"): "secret",
    ("graph", "secret"): "secret",
    ("graph", "client_secret"): "secret",
    ("graph", "certificate_password"): "certificate_password",
    ("imap", "password"): "password",
    ("imap", "secret"): "secret",
    ("imap", "client_secret"): "secret",
    ("database_password",): "database_password",
    ("secret",): "secret",
}
"""Where somebody might write one, and what its keys begin with."""


def secrets_in_the_open(findings: Findings) -> None:
    """A secret in the file is a fault of its own, and its value is not looked at, nor shown."""
    for path, key in SECRET_KEYS.items():
        group = findings.document.value if len(path) == 1 else findings.document.value.get(path[0])
        if isinstance(group, dict) and group.pop(path[-1], None) is not None:
            mend = f"Take it away, and name an environment variable ({key}_env) or a file ({key}_file) that has it."
            findings.fault(path, "a secret does not belong in this file.", mend)


@dataclass(frozen=True, slots=True)
class Around:
    """Looks things up around the file: the environment, files beside it.

    Attributes:
        folder: Absolute; paths are counted from it.
        with_secrets: False leaves every secret out, and does not ask whether it is there.
    """

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
