"""The service's secret, which wraps the keys of all rounds."""

import os
import secrets
import uuid
from contextlib import suppress
from pathlib import Path


def service_secret(given: str | None, data: Path) -> bytes:
    """What IT gave, else the data folder's ``secret``, made on first start and readable by the service alone.

    Raises:
        ValueError: It is empty.
    """
    path = data / "secret"
    if given is None and not path.exists():
        _make(path)
    secret = path.read_bytes().strip() if given is None else given.encode()
    if not secret:
        raise ValueError(f"the secret is empty: {path if given is None else 'the one that was given'}")
    return secret


def _make(path: Path) -> None:
    """Whole or not at all, and never over one that another process made meanwhile."""
    own = path.with_name(f"secret.{uuid.uuid4().hex}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(own)
    own.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
